import { isUtf8 } from 'node:buffer';
import { RequestError } from '../../sdk/node/index.mjs';

/** ONNX element types that a tensor of the protocol can carry; the typed arrays are the same on both sides, so nothing is converted. */
const DATATYPE_OF = new Map(Object.entries({
  bool: 'BOOL', uint8: 'UINT8', uint16: 'UINT16', uint32: 'UINT32', uint64: 'UINT64', int8: 'INT8', int16: 'INT16', int32: 'INT32',
  int64: 'INT64', float16: 'FP16', float32: 'FP32', float64: 'FP64', string: 'BYTES',
}));

/** @param {string} type ONNX Runtime's name  @returns {any} undefined: the protocol has no such datatype (int4, uint4) */
export const datatypeOf = (type) => DATATYPE_OF.get(type);

/**
 * The data as ONNX Runtime takes it: strings as text, a fixed batch padded with zeros (empty strings).
 * @param {import('../../sdk/node/src/tensors.mjs').Tensor} tensor  @param {number} rows how many the model wants
 */
export function toModel(tensor, rows) {
  const data = tensor.datatype === 'BYTES' ? toText(tensor) : tensor.data;
  const count = tensor.shape[0] === rows ? data.length : (data.length / tensor.shape[0]) * rows;
  if (count === data.length) return data;
  if (Array.isArray(data)) return data.concat(new Array(count - data.length).fill(''));
  const padded = new data.constructor(count);
  padded.set(data);
  return padded;
}

function toText({ name, data }) {
  return data.map((element, i) => {
    if (!isUtf8(element)) throw new RequestError(`input "${name}": element ${i} is not UTF-8 text, which ONNX strings are`);
    // The binding passes C strings: it would silently cut here.
    if (element.includes(0)) throw new RequestError(`input "${name}": element ${i} has a zero byte, which ONNX Runtime's binding cannot pass`);
    return element.toString('utf8');
  });
}

/** As many elements of this type as a shape has, all zero or empty. @param {string} type  @param {number[]} shape  @param {any} arrays */
export function zeros(type, shape, arrays) {
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  return type === 'string' ? new Array(count).fill('') : new arrays[type](count);
}
