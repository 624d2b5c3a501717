import { readJson, writeJson } from './json-tensors.mjs';
import { quote } from './errors.mjs';

/**
 * Brings what the author returned for one output into the signature's datatype and a full shape.
 * Allowed are {data, shape} or the data alone; data is the datatype's typed array or a list of plain values, flat or nested.
 * @param {any} value  @param {import('./signature.mjs').CompiledSpec} spec  @param {number} rows
 * @returns {{data: any, shape: number[]}}
 */
export function normalizeOutput(value, spec, rows) {
  const fail = (text) => new TypeError(`output "${spec.name}": ${text}`);
  if (value === undefined || value === null) throw fail('missing from what the batch function returned');
  const given = ArrayBuffer.isView(value) || Array.isArray(value) ? { data: value } : value;
  let { data } = given;
  if (!ArrayBuffer.isView(data) && !Array.isArray(data)) throw fail(`data is ${quote(data)}, expected a typed array or a list`);
  if (Array.isArray(data) && Array.isArray(data[0])) data = data.flat(Infinity);
  const shape = given.shape ?? inferShape(data.length, spec, rows, fail);
  const count = shape.reduce((product, dimension) => product * dimension, 1);
  const fits = shape.length === spec.shape.length && shape[0] === rows && shape.every((d, i) => i === 0 || spec.shape[i] === -1 || spec.shape[i] === d);
  if (!fits || count !== data.length) {
    throw fail(`${data.length} elements of shape [${shape}], expected [${[rows, ...spec.shape.slice(1)]}]`);
  }
  return { shape, data: inDatatype(data, shape, count, spec.type, fail) };
}

function inferShape(length, spec, rows, fail) {
  const shape = [rows, ...spec.shape.slice(1)];
  const open = shape.indexOf(-1);
  if (open === -1) return shape;
  if (shape.indexOf(-1, open + 1) !== -1) throw fail('has several variable dimensions, expected {data, shape}');
  const rest = shape.reduce((product, dimension, i) => (i === open ? product : product * dimension), 1);
  shape[open] = rest === 0 ? 0 : length / rest;
  if (!Number.isInteger(shape[open])) throw fail(`${length} elements do not fill shape [${[rows, ...spec.shape.slice(1)]}]`);
  return shape;
}

function inDatatype(data, shape, count, type, fail) {
  if (type.kind === 'bytes') return Array.from(data, (element, i) => bytesElement(element, i, fail));
  if (data instanceof type.array) return data;
  if (type.kind === 'half' && data.constructor.name === 'Float16Array') return new Uint16Array(data.buffer, data.byteOffset, data.length);
  // NaN is a legal prediction but no legal JSON, so floats do not take the checked way of plain lists.
  if (type.kind === 'float') return type.array.from(data, Number);
  return readJson(Array.isArray(data) ? data : Array.from(data), shape, count, type, fail);
}

function bytesElement(element, index, fail) {
  if (typeof element === 'string' || element instanceof Uint8Array) return element;
  if (element === undefined || element === null) return '';
  throw fail(`element ${index} is ${quote(element)}, expected a string or bytes`);
}

/** @param {{data: any, shape: number[]}} tensor  @param {import('./datatypes.mjs').Datatype} type  @param {number} row */
function clearRow(tensor, type, row) {
  const size = tensor.data.length / tensor.shape[0];
  const empty = type.kind === 'bytes' ? '' : type.kind === 'bigint' ? 0n : 0;
  tensor.data.fill(empty, row * size, (row + 1) * size);
}

/**
 * @typedef {{id: string|undefined, rows: number, outputs: {spec: import('./signature.mjs').CompiledSpec, binary: boolean}[]}} Asked
 * @param {string} opening the JSON that starts every answer of this model, up to the outputs
 * @param {Asked} asked  @param {any} result what the batch function returned
 * @param {Map<number, {text: string, isInvalid: boolean}>} failures failed rows
 * @returns {{body: Buffer, headerLength: number|undefined}} headerLength is set when tensors follow the JSON
 */
export function encodeResponse(opening, asked, result, failures) {
  if (result === null || typeof result !== 'object') throw new TypeError(`the batch function returned ${quote(result)}, expected an object from output names to tensors`);
  const tails = [];
  const described = asked.outputs.map(({ spec, binary }) => {
    const tensor = normalizeOutput(result[spec.name], spec, asked.rows);
    if (failures.size > 0) tensor.data = tensor.data.slice(); // it may be an array the author keeps
    for (const row of failures.keys()) clearRow(tensor, spec.type, row);
    const start = `{"name":${spec.jsonName},"datatype":"${spec.datatype}","shape":[${tensor.shape}],`;
    if (!binary) return `${start}"data":${writeJson(tensor.data, spec.type, spec.name)}}`;
    const tail = spec.type.kind === 'bytes' ? packBytes(tensor.data) : bytesOf(tensor.data);
    tails.push(tail);
    return `${start}"parameters":{"binary_data_size":${tail.byteLength}}}`;
  });
  const id = asked.id === undefined ? '' : `"id":${JSON.stringify(asked.id)},`;
  return assemble(`${opening}${id}${describeFailures(failures)}"outputs":[${described.join(',')}]}`, tails);
}

/** The response's parameters, whose values are texts since the protocol's parameters hold no objects. */
function describeFailures(failures) {
  if (failures.size === 0) return '';
  const entries = [...failures];
  const errors = JSON.stringify(Object.fromEntries(entries.map(([row, { text }]) => [row, text])));
  const invalid = entries.filter(([, { isInvalid }]) => isInvalid).map(([row]) => row);
  const blamed = invalid.length === 0 ? '' : `,"invalid_rows":${JSON.stringify(JSON.stringify(invalid))}`;
  return `"parameters":{"errors":${JSON.stringify(errors)}${blamed}},`;
}

function assemble(json, tails) {
  const length = Buffer.byteLength(json);
  // Padded like the orchestrator's requests, so that a reader of the answer finds the first tensor aligned too.
  const headerLength = tails.length === 0 ? length : Math.ceil(length / 64) * 64;
  const total = tails.reduce((sum, tail) => sum + tail.byteLength, headerLength);
  // Not from the pool: the buffer is moved to the I/O thread as a whole.
  const body = Buffer.allocUnsafeSlow(total);
  body.write(json, 'utf8');
  body.fill(0x20, length, headerLength);
  let at = headerLength;
  for (const tail of tails) {
    body.set(tail, at);
    at += tail.byteLength;
  }
  return { body, headerLength: tails.length === 0 ? undefined : headerLength };
}

const bytesOf = (data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function packBytes(elements) {
  const lengths = elements.map((element) => (typeof element === 'string' ? Buffer.byteLength(element) : element.byteLength));
  const packed = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0));
  let at = 0;
  elements.forEach((element, i) => {
    at = packed.writeUInt32LE(lengths[i], at);
    if (typeof element === 'string') packed.write(element, at, 'utf8');
    else packed.set(element, at);
    at += lengths[i];
  });
  return packed;
}
