import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeResponse, normalizeOutput } from '../src/response.mjs';
import { signature } from './support/model.mjs';

const compiled = (datatype, shape) => signature({ inputs: [{ name: 'x', datatype: 'FP32', shape: [-1] }], outputs: [{ name: 'y', datatype, shape }] }).outputs[0];
const normal = (value, datatype = 'FP32', shape = [-1, 2], rows = 2) => normalizeOutput(value, compiled(datatype, shape), rows);
const encode = (spec, value, { rows = 2, binary = false, failures = new Map(), id = undefined } = {}) =>
  encodeResponse('{"model_name":"m",', { id, rows, outputs: [{ spec, binary }] }, { y: value }, failures);

test('normalizeOutput_AllForms_GiveTypedDataAndShape', () => {
  const expected = { data: Float32Array.of(1, 2, 3, 4), shape: [2, 2] };
  for (const value of [[1, 2, 3, 4], [[1, 2], [3, 4]], Float32Array.of(1, 2, 3, 4), Float64Array.of(1, 2, 3, 4), { data: [1, 2, 3, 4] }, { data: [1, 2, 3, 4], shape: [2, 2] }]) {
    assert.deepEqual(normal(value), expected);
  }
  assert.deepEqual(normal([1, 2n], 'INT64', [-1]).data, BigInt64Array.of(1n, 2n));
  assert.deepEqual(normal([1, 0.5], 'FP16', [-1]).data, Uint16Array.of(0x3c00, 0x3800));
  assert.deepEqual(normal([true, false], 'BOOL', [-1]).data, Uint8Array.of(1, 0));
  assert.deepEqual(normal([1, 2, 3, 4], 'FP32', [-1, -1]).shape, [2, 2]);
  assert.deepEqual(normal(['a', undefined], 'BYTES', [-1]).data, ['a', '']);
});

test('normalizeOutput_WrongResult_SaysWhichOutput', () => {
  const cases = [
    [undefined, /"y": missing/], [{ data: 1 }, /data is 1/], [[1, 2, 3], /3 elements of shape \[2,2\]/], [{ data: [1, 2], shape: [1, 2] }, /expected \[2,2\]/],
    [{ data: [1, 2, 3, 4], shape: [2, 2, 1] }, /expected \[2,2\]/],
  ];
  for (const [value, message] of cases) assert.throws(() => normal(value), { name: 'TypeError', message });
  assert.throws(() => normal([300, 0], 'UINT8', [-1]), /element 0 is 300/);
  assert.throws(() => normal([1, 'a'], 'BYTES', [-1]), /expected a string or bytes/);
  assert.throws(() => normal([1, 2, 3], 'FP32', [-1, -1]), /do not fill/);
  assert.throws(() => normal([1], 'FP32', [-1, -1, -1]), /several variable dimensions/);
});

test('encodeResponse_Json_HasNoBinaryHeader', () => {
  const { body, headerLength } = encode(compiled('INT64', [-1]), BigInt64Array.of(1n, 2n ** 60n), { id: 'a"b' });
  assert.equal(headerLength, undefined);
  assert.equal(body.toString(), '{"model_name":"m","id":"a\\"b","outputs":[{"name":"y","datatype":"INT64","shape":[2],"data":[1,1152921504606846976]}]}');
});

test('encodeResponse_Binary_StartsTheFirstTensorAt64', () => {
  const { body, headerLength } = encode(compiled('BYTES', [-1]), ['é', Buffer.of(1, 2, 3)], { binary: true });
  assert.equal(headerLength % 64, 0);
  const header = JSON.parse(body.subarray(0, headerLength).toString());
  assert.deepEqual(header.outputs[0].parameters, { binary_data_size: 13 });
  assert.deepEqual([...body.subarray(headerLength)], [2, 0, 0, 0, 0xc3, 0xa9, 3, 0, 0, 0, 1, 2, 3]);
});

test('encodeResponse_FailedRows_HavePlaceholdersAndLeaveTheAuthorsArrayAlone', () => {
  const data = Float32Array.of(1, 2, 3, 4);
  const { body } = encode(compiled('FP32', [-1, 2]), data, { failures: new Map([[1, { text: 'ValueError: "x"', isInvalid: false }]]) });
  const answer = JSON.parse(body.toString());
  assert.deepEqual(answer.parameters, { errors: JSON.stringify({ 1: 'ValueError: "x"' }) });
  assert.deepEqual(answer.outputs[0].data, [1, 2, 0, 0]);
  assert.deepEqual(data, Float32Array.of(1, 2, 3, 4));
});
