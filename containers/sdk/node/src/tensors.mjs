import { RequestError } from './errors.mjs';

/**
 * @typedef {object} Tensor
 * @property {string} name  @property {string} datatype  @property {number[]} shape
 * @property {any} data a typed array (INT64 and UINT64: bigints; FP16: its raw 16 bits; BOOL: 0 and 1) or, for BYTES, a list of Buffer
 */

/** One for all, because a body of nothing but empty elements would otherwise cost some hundred bytes for each four sent. */
const EMPTY = Buffer.alloc(0);

/** @param {{data: Buffer[]}} tensor a BYTES tensor  @returns {string[]} its elements as UTF-8 text */
export function toStrings(tensor) {
  return tensor.data.map((element) => element.toString('utf8'));
}

/**
 * A typed array on the body itself where the element size allows it, else one copy of these bytes.
 * @param {Buffer} body  @param {number} offset  @param {number} bytes  @param {number} count
 * @param {import('./datatypes.mjs').Datatype} type  @param {string} name
 */
export function decodeBinary(body, offset, bytes, count, type, name) {
  if (type.kind === 'bytes') return decodeBytes(body, offset, bytes, count, name);
  if (bytes !== count * type.size) {
    throw new RequestError(`input "${name}": binary_data_size is ${bytes}, expected ${count * type.size} for ${count} elements of ${type.name}`);
  }
  const start = body.byteOffset + offset;
  if (start % type.size === 0) return new type.array(body.buffer, start, count);
  return new type.array(body.buffer.slice(start, start + bytes));
}

function decodeBytes(body, offset, bytes, count, name) {
  if (bytes < 4 * count) {
    throw new RequestError(`input "${name}": binary_data_size is ${bytes}, expected at least ${4 * count} for ${count} elements of BYTES`);
  }
  const end = offset + bytes;
  const elements = new Array(count);
  let at = offset;
  for (let i = 0; i < count; i++) {
    if (at + 4 > end) throw new RequestError(`input "${name}": the data ends within element ${i} of ${count}`);
    const length = body.readUInt32LE(at);
    at += 4;
    if (length > end - at) {
      throw new RequestError(`input "${name}": element ${i} says ${length} bytes, but only ${end - at} of the tensor are left`);
    }
    elements[i] = length === 0 ? EMPTY : body.subarray(at, at + length);
    at += length;
  }
  if (at !== end) throw new RequestError(`input "${name}": ${end - at} bytes are left after its ${count} elements`);
  return elements;
}
