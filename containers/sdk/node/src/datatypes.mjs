import { floatToHalf, halfToFloat } from './half.mjs';

/**
 * @typedef {'BOOL'|'UINT8'|'UINT16'|'UINT32'|'UINT64'|'INT8'|'INT16'|'INT32'|'INT64'|'FP16'|'FP32'|'FP64'|'BYTES'} DatatypeName
 * @typedef {'bool'|'integer'|'bigint'|'half'|'float'|'bytes'} Kind
 * @typedef {{name: DatatypeName, kind: Kind, size: number, array: any, min?: number|bigint, max?: number|bigint}} Datatype
 *   size: bytes of one element, for BYTES the least that one element takes on the wire (its length prefix)
 */

const integer = (name, array, min, max) => ({ name, kind: 'integer', size: array.BYTES_PER_ELEMENT, array, min, max });

/** @type {Map<string, Datatype>} */
export const DATATYPES = new Map([
  { name: 'BOOL', kind: 'bool', size: 1, array: Uint8Array },
  integer('UINT8', Uint8Array, 0, 255),
  integer('UINT16', Uint16Array, 0, 65535),
  integer('UINT32', Uint32Array, 0, 4294967295),
  integer('INT8', Int8Array, -128, 127),
  integer('INT16', Int16Array, -32768, 32767),
  integer('INT32', Int32Array, -2147483648, 2147483647),
  { name: 'UINT64', kind: 'bigint', size: 8, array: BigUint64Array, min: 0n, max: 18446744073709551615n },
  { name: 'INT64', kind: 'bigint', size: 8, array: BigInt64Array, min: -9223372036854775808n, max: 9223372036854775807n },
  { name: 'FP16', kind: 'half', size: 2, array: Uint16Array },
  { name: 'FP32', kind: 'float', size: 4, array: Float32Array },
  { name: 'FP64', kind: 'float', size: 8, array: Float64Array },
  { name: 'BYTES', kind: 'bytes', size: 4, array: Array },
].map((type) => [type.name, /** @type {Datatype} */ (type)]));

const isInteger = (type) => type.kind === 'integer' || type.kind === 'bigint';
const isFloat = (type) => type.kind === 'float' || type.kind === 'half';

/** @param {Datatype} from  @param {Datatype} to  @returns {boolean} whether `convert` may succeed, depending on the values */
export function convertible(from, to) {
  return from === to || (isFloat(to) && (isInteger(from) || isFloat(from))) || (isInteger(to) && isInteger(from));
}

/**
 * Converts where no value changes its meaning: any number to a float (rounded as floats are), integers to integers that hold them.
 * @param {any} data  @param {Datatype} from  @param {Datatype} to `convertible` and different
 * @returns {any} the converted array, or the index of the first value that does not fit
 */
export function convert(data, from, to) {
  return isFloat(to) ? toFloats(data, from, to) : toIntegers(data, from, to);
}

function toFloats(data, from, to) {
  const result = new to.array(data.length);
  for (let i = 0; i < data.length; i++) {
    const value = from.kind === 'half' ? halfToFloat(data[i]) : Number(data[i]);
    result[i] = to.kind === 'half' ? floatToHalf(value) : value;
    const stored = to.kind === 'half' ? halfToFloat(result[i]) : result[i];
    if (!Number.isFinite(stored) && Number.isFinite(value)) return i;
  }
  return result;
}

function toIntegers(data, from, to) {
  const result = new to.array(data.length);
  const big = to.kind === 'bigint';
  for (let i = 0; i < data.length; i++) {
    const value = data[i];
    if (value < to.min || value > to.max) return i; // numbers and bigints compare with each other
    result[i] = big ? BigInt(value) : Number(value);
  }
  return result;
}
