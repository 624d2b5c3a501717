import { isUtf8 } from 'node:buffer';
import { DATATYPES, convert, convertible } from './datatypes.mjs';
import { RequestError, quote } from './errors.mjs';
import { ROUNDED, parseKeepingIntegers, readJson } from './json-tensors.mjs';
import { decodeBinary } from './tensors.mjs';

/** More dimensions than any model has; ends a shape bomb before it is multiplied out. */
const MAX_RANK = 32;

/**
 * @typedef {object} Batch
 * @property {string|undefined} id  @property {number} rows  @property {Record<string, import('./tensors.mjs').Tensor>} inputs
 * @property {{spec: import('./signature.mjs').CompiledSpec, binary: boolean}[]} outputs what to answer, in order
 * @property {Record<string, any>} parameters
 */

/**
 * Decodes and checks one inference request. Whatever the body holds, it ends in a batch that fits the signature or a RequestError,
 * and never allocates more than a small multiple of the body.
 * @param {Buffer} body  @param {number|undefined} headerLength length of the JSON header; undefined: all of the body is JSON
 * @param {import('./signature.mjs').Signature} signature
 * @returns {Batch}
 */
export function decodeRequest(body, headerLength, signature) {
  const source = new Source(body, headerLength);
  const header = source.header;
  const parameters = object(header.parameters, 'parameters');
  if (header.id !== undefined && typeof header.id !== 'string') throw new RequestError(`id is ${quote(header.id)}, expected a string`);
  if (!Array.isArray(header.inputs)) throw new RequestError(`inputs is ${quote(header.inputs)}, expected a list of tensors`);
  /** @type {Record<string, any>} */
  const inputs = {};
  let rows = -1;
  for (let i = 0; i < header.inputs.length; i++) {
    const tensor = decodeInput(source, header.inputs[i], i, signature, inputs);
    inputs[tensor.name] = tensor;
    if (rows === -1) rows = tensor.shape[0];
    else if (tensor.shape[0] !== rows) {
      throw new RequestError(`input "${tensor.name}": ${tensor.shape[0]} rows, expected ${rows} as in the inputs before it`);
    }
  }
  source.end();
  checkComplete(inputs, rows, signature);
  return { id: header.id, rows, inputs, outputs: decodeOutputs(header.outputs, parameters.binary_data_output, signature), parameters };
}

/** The body with a cursor for the binary tensors, which follow the header in the order of the inputs. */
class Source {
  constructor(body, headerLength) {
    this.body = body;
    if (headerLength !== undefined && !(headerLength <= body.length)) {
      throw new RequestError(`Inference-Header-Content-Length is ${headerLength}, but the body has ${body.length} bytes`);
    }
    this.at = headerLength ?? body.length;
    const bytes = body.subarray(0, this.at);
    if (!isUtf8(bytes)) throw new RequestError('the JSON header is not valid UTF-8');
    this.text = bytes.toString('utf8');
    this.header = parse(this.text);
  }

  take(size, name) {
    if (!Number.isInteger(size) || size < 0) {
      throw new RequestError(`input "${name}": binary_data_size is ${quote(size)}, expected a number of bytes`);
    }
    const left = this.body.length - this.at;
    if (size > left) throw new RequestError(`input "${name}": binary_data_size is ${size}, but only ${left} bytes of the body are left`);
    this.at += size;
    return this.at - size;
  }

  end() {
    const left = this.body.length - this.at;
    if (left > 0) throw new RequestError(`${left} bytes are left after the last input; binary_data_size of each binary input says how many belong to it`);
  }

  /** The data of one input once more, with the big integers still as their digits. */
  exactData(index) {
    this.exact ??= parseKeepingIntegers(this.text);
    return this.exact.inputs[index].data;
  }
}

function parse(text) {
  let header;
  try { header = JSON.parse(text); } catch (error) { throw new RequestError(`the body is not JSON: ${error.message}`); }
  if (header === null || typeof header !== 'object' || Array.isArray(header)) {
    throw new RequestError('the body is not a JSON object with "inputs"');
  }
  return header;
}

function object(value, what) {
  if (value === undefined) return {};
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  throw new RequestError(`${what} is ${quote(value)}, expected an object`);
}

function decodeInput(source, input, index, signature, seen) {
  if (input === null || typeof input !== 'object') throw new RequestError(`inputs[${index}] is ${quote(input)}, expected an object with name, datatype, shape and data`);
  const spec = typeof input.name === 'string' ? signature.inputsByName.get(input.name) : undefined;
  if (!spec) throw new RequestError(`inputs[${index}]: unknown input ${quote(input.name)}, expected ${names(signature.inputs)}`);
  const { name } = spec;
  if (Object.hasOwn(seen, name)) throw new RequestError(`input "${name}" is given twice`);
  const type = typeof input.datatype === 'string' ? DATATYPES.get(input.datatype) : undefined;
  if (!type || !convertible(type, spec.type)) throw new RequestError(`input "${name}": datatype is ${quote(input.datatype)}, expected ${spec.datatype}`);
  const count = checkShape(input.shape, spec, source.body.length);
  const parameters = object(input.parameters, `input "${name}": parameters`);
  if (parameters.shared_memory_region !== undefined) throw new RequestError(`input "${name}": shared memory is not supported, send the data`);
  const data = readData(source, input, index, parameters.binary_data_size, count, type, name);
  return { name, datatype: spec.datatype, shape: input.shape, data: type === spec.type ? data : converted(data, type, spec) };
}

function readData(source, input, index, binarySize, count, type, name) {
  if (binarySize !== undefined) {
    if (input.data !== undefined) throw new RequestError(`input "${name}" has both data and binary_data_size, expected one of them`);
    return decodeBinary(source.body, source.take(binarySize, name), binarySize, count, type, name);
  }
  if (input.data === undefined) throw new RequestError(`input "${name}" has neither data nor parameters.binary_data_size`);
  const fail = (text) => new RequestError(`input "${name}": ${text}`);
  try {
    return readJson(input.data, input.shape, count, type, fail);
  } catch (thrown) {
    if (thrown !== ROUNDED) throw thrown;
  }
  try {
    return readJson(source.exactData(index), input.shape, count, type, fail);
  } catch (thrown) {
    throw thrown === ROUNDED ? fail(`a number beyond 2^53 is not written in plain digits of ${type.name}; it would lose precision`) : thrown;
  }
}

function converted(data, type, spec) {
  const result = convert(data, type, spec.type);
  if (typeof result === 'number') {
    throw new RequestError(`input "${spec.name}": element ${result} is ${data[result]} as ${type.name}, which ${spec.datatype} cannot hold`);
  }
  return result;
}

/** @returns {number} the number of elements */
function checkShape(shape, spec, bodyLength) {
  const sound = Array.isArray(shape) && shape.length <= MAX_RANK && shape.every((d) => Number.isInteger(d) && d >= 0);
  const fits = sound && shape.length === spec.shape.length && shape.every((d, i) => spec.shape[i] === -1 || spec.shape[i] === d);
  if (!fits) throw new RequestError(`input "${spec.name}": shape is ${quote(shape)}, expected [${spec.shape}]`);
  if (shape[0] === 0) throw new RequestError(`input "${spec.name}": shape [${shape}] has no rows, expected at least one`);
  let count = 1;
  let bound = 1; // as if empty dimensions had one element: [1,0,9e15] must not reach the author either
  for (const dimension of shape) {
    count *= dimension;
    bound *= Math.max(dimension, 1);
  }
  // An element takes at least one byte of the body, so nothing is allocated that was not sent.
  if (bound > bodyLength) throw new RequestError(`input "${spec.name}": shape [${shape}] has more elements than the body has bytes (${bodyLength})`);
  return count;
}

function checkComplete(inputs, rows, signature) {
  for (const spec of signature.inputs) {
    if (!spec.optional && !Object.hasOwn(inputs, spec.name)) throw new RequestError(`input "${spec.name}" is missing, expected ${names(signature.inputs)}`);
  }
  if (rows === -1) throw new RequestError(`inputs is empty, expected at least one of ${names(signature.inputs)}`);
  const most = signature.maxBatchSize;
  if (most !== undefined && rows > most) throw new RequestError(`${rows} rows, expected at most ${most} (max_batch_size)`);
}

function decodeOutputs(outputs, binaryByDefault, signature) {
  const fallback = flag(binaryByDefault, 'parameters.binary_data_output', false);
  if (outputs === undefined || (Array.isArray(outputs) && outputs.length === 0)) {
    return signature.outputs.map((spec) => ({ spec, binary: fallback }));
  }
  if (!Array.isArray(outputs)) throw new RequestError(`outputs is ${quote(outputs)}, expected a list of {"name": ...}`);
  if (outputs.length > signature.outputs.length) throw new RequestError(`${outputs.length} outputs asked for, expected at most ${signature.outputs.length}: ${names(signature.outputs)}`);
  const seen = new Set();
  return outputs.map((output, i) => {
    const spec = output !== null && typeof output === 'object' ? signature.outputsByName.get(output.name) : undefined;
    if (!spec) throw new RequestError(`outputs[${i}]: unknown output ${quote(output?.name)}, expected ${names(signature.outputs)}`);
    if (seen.has(spec)) throw new RequestError(`output "${spec.name}" is asked for twice`);
    seen.add(spec);
    const parameters = object(output.parameters, `output "${spec.name}": parameters`);
    return { spec, binary: flag(parameters.binary_data, `output "${spec.name}": binary_data`, fallback) };
  });
}

function flag(value, what, fallback) {
  if (value === undefined) return fallback;
  if (typeof value === 'boolean') return value;
  throw new RequestError(`${what} is ${quote(value)}, expected true or false`);
}

const names = (specs) => specs.map((spec) => `"${spec.name}"`).join(', ');
