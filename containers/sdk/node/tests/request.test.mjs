import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeRequest } from '../src/request.mjs';
import { bytesOf } from './support/container.mjs';
import { body, signature } from './support/model.mjs';

const X = { name: 'x', datatype: 'FP32', shape: [-1, 2] };
const S = { name: 's', datatype: 'BYTES', shape: [-1] };
const BOTH = signature({ inputs: [X, S], optionalInputs: ['s'], maxBatchSize: 4 });
const x = { name: 'x', datatype: 'FP32', shape: [2, 2], data: [1, 2, 3, 4] };
const binary = (tensor, size) => ({ ...tensor, data: undefined, parameters: { binary_data_size: size } });
const refused = (header, message, ...tensors) => assert.throws(() => decodeRequest(...body(header, ...tensors), BOTH), { name: 'RequestError', message });

test('decodeRequest_Json_GivesTensorsByName', () => {
  const batch = decodeRequest(...body({ id: '7', parameters: { a: 1 }, inputs: [x] }), BOTH);
  assert.equal(batch.id, '7');
  assert.equal(batch.rows, 2);
  assert.deepEqual(batch.parameters, { a: 1 });
  assert.deepEqual(batch.inputs.x, { name: 'x', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
  assert.deepEqual(batch.outputs.map(({ spec, binary: raw }) => [spec.name, raw]), [['y', false]]);
});

test('decodeRequest_BinaryAligned_IsAViewOfTheBody', () => {
  const json = Buffer.from(JSON.stringify({ inputs: [binary(x, 16)] }).padEnd(128));
  const whole = Buffer.allocUnsafeSlow(144);
  json.copy(whole);
  bytesOf(Float32Array.of(1, 2, 3, 4)).copy(whole, 128);
  const { data } = decodeRequest(whole, 128, BOTH).inputs.x;
  assert.deepEqual(data, Float32Array.of(1, 2, 3, 4));
  assert.equal(data.buffer, whole.buffer);
});

test('decodeRequest_BinaryMisaligned_IsCopied', () => {
  for (let pad = 0; pad < 4; pad++) {
    const header = { inputs: [binary(x, 16)], id: 'p'.repeat(pad) };
    assert.deepEqual(decodeRequest(...body(header, bytesOf(Float32Array.of(1, 2, 3, 4))), BOTH).inputs.x.data, Float32Array.of(1, 2, 3, 4));
  }
});

test('decodeRequest_BinaryBytes_GivesBuffers', () => {
  const elements = Buffer.concat([Buffer.of(2, 0, 0, 0), Buffer.from('hi'), Buffer.of(0, 0, 0, 0)]);
  const header = { inputs: [x, binary({ name: 's', datatype: 'BYTES', shape: [2] }, elements.length)] };
  assert.deepEqual(decodeRequest(...body(header, elements), BOTH).inputs.s.data, [Buffer.from('hi'), Buffer.alloc(0)]);
});

test('decodeRequest_BrokenBytes_SaysWhichElement', () => {
  const s = (shape, size) => ({ inputs: [x, binary({ name: 's', datatype: 'BYTES', shape }, size)] });
  refused(s([2], 8), /input "s": element 0 says 4294967295 bytes, but only 4/, Buffer.from([255, 255, 255, 255, 0, 0, 0, 0]));
  refused(s([2], 9), /input "s": the data ends within element 1/, Buffer.from([3, 0, 0, 0, 1, 1, 1, 0, 0]));
  refused(s([2], 9), /1 bytes are left after its 2 elements/, Buffer.alloc(9));
  refused(s([2], 7), /expected at least 8 for 2 elements/, Buffer.alloc(7));
});

test('decodeRequest_WrongInputs_SaysWhichAndWhatWasExpected', () => {
  const cases = [
    [{}, /inputs is undefined/], [{ inputs: {} }, /expected a list/], [{ inputs: [] }, /input "x" is missing/],
    [{ inputs: [null] }, /inputs\[0\] is null/], [{ inputs: [{ ...x, name: 'z' }] }, /unknown input "z", expected "x", "s"/],
    [{ inputs: [{ ...x, name: '__proto__' }] }, /unknown input "__proto__"/], [{ inputs: [x, x] }, /"x" is given twice/],
    [{ inputs: [{ ...x, datatype: 'FP128' }] }, /datatype is "FP128", expected FP32/], [{ inputs: [{ ...x, datatype: 'BYTES' }] }, /datatype is "BYTES", expected FP32/],
    [{ inputs: [{ ...x, shape: [2, 3] }] }, /shape is \[2,3\], expected \[-1,2\]/], [{ inputs: [{ ...x, shape: [4] }] }, /expected \[-1,2\]/],
    [{ inputs: [{ ...x, shape: [-1, 2] }] }, /shape is \[-1,2\]/], [{ inputs: [{ ...x, shape: [2.5, 2] }] }, /shape/],
    [{ inputs: [{ ...x, shape: ['2', 2] }] }, /shape/], [{ inputs: [{ ...x, shape: [0, 2], data: [] }] }, /no rows/],
    [{ inputs: [{ ...x, data: [1] }] }, /input "x": data has 1 elements, expected 4/], [{ inputs: [{ ...x, data: undefined }] }, /neither data nor/],
    [{ inputs: [{ ...x, parameters: { binary_data_size: 16 } }] }, /both data and binary_data_size/],
    [{ inputs: [{ ...x, parameters: 1 }] }, /input "x": parameters is 1/], [{ inputs: [{ ...x, parameters: { shared_memory_region: 'r' } }] }, /shared memory/],
    [{ inputs: [x, { name: 's', datatype: 'BYTES', shape: [3], data: ['a', 'b', 'c'] }] }, /input "s": 3 rows, expected 2/],
    [{ inputs: [{ ...x, shape: [5, 2], data: new Array(10).fill(0) }] }, /5 rows, expected at most 4/],
    [{ inputs: [{ ...x, datatype: 'FP64', data: [1, 2, 3, 1e300] }] }, /element 3 is 1e\+300 as FP64, which FP32 cannot hold/],
    [{ inputs: [x], id: 1 }, /id is 1/], [{ inputs: [x], parameters: [] }, /parameters is \[\]/],
    [{ inputs: [x], outputs: [{ name: 'q' }] }, /unknown output "q", expected "y"/], [{ inputs: [x], outputs: 'y' }, /outputs is "y"/],
    [{ inputs: [x], outputs: [null] }, /unknown output undefined/], [{ inputs: [x], outputs: [{ name: 'y' }, { name: 'y' }] }, /at most 1/],
    [{ inputs: [x], outputs: [{ name: 'y', parameters: { binary_data: 1 } }] }, /binary_data is 1, expected true or false/],
    [{ inputs: [x], parameters: { binary_data_output: 'yes' } }, /binary_data_output is "yes"/],
  ];
  for (const [header, message] of cases) refused(header, message);
});

test('decodeRequest_BinarySizes_HaveToAddUp', () => {
  refused({ inputs: [binary(x, 12)] }, /binary_data_size is 12, expected 16 for 4 elements of FP32/, Buffer.alloc(12));
  refused({ inputs: [binary(x, 16)] }, /only 12 bytes of the body are left/, Buffer.alloc(12));
  refused({ inputs: [binary(x, 16)] }, /4 bytes are left after the last input/, Buffer.alloc(20));
  refused({ inputs: [binary(x, -1)] }, /binary_data_size is -1/, Buffer.alloc(16));
  refused({ inputs: [binary(x, '16')] }, /binary_data_size is "16"/, Buffer.alloc(16));
});

test('decodeRequest_ShapeBomb_IsRefusedWithoutAllocating', () => {
  const wide = signature({ inputs: [{ name: 'x', datatype: 'FP64', shape: [-1, -1, -1] }] });
  for (const shape of [[1e9, 1e9, 1e9], [2 ** 53 - 1, 1, 1], [1, 0, 2 ** 40], [1, 2 ** 31, 0], [1e308, 1e308, 1]]) {
    const bomb = { inputs: [{ name: 'x', datatype: 'FP64', shape, data: [] }] };
    assert.throws(() => decodeRequest(...body(bomb), wide), /more elements than the body has bytes/, `[${shape}]`);
  }
  const long = { inputs: [{ name: 'x', datatype: 'FP64', shape: new Array(1000).fill(1), data: [] }] };
  assert.throws(() => decodeRequest(...body(long), wide), /shape is/);
});

test('decodeRequest_BrokenText_IsRefused', () => {
  const decode = (text, length) => decodeRequest(Buffer.from(text), length, BOTH);
  for (const text of ['', '{', '[]', 'null', '1', '"x"', '\ufeff{}']) assert.throws(() => decode(text), { name: 'RequestError' }, text);
  assert.throws(() => decode('{}', 3), /Inference-Header-Content-Length is 3, but the body has 2/);
  assert.throws(() => decodeRequest(Buffer.from([0x22, 0xff, 0x22]), undefined, BOTH), /UTF-8/);
  assert.throws(() => decode('['.repeat(1e6)), { name: 'RequestError' });
  assert.throws(() => decode(`{"inputs":[{"name":${'['.repeat(1e5)}${']'.repeat(1e5)}}]}`), { name: 'RequestError' });
});

test('decodeRequest_BigIntegers_KeepAllDigitsOrAreRefused', () => {
  const ids = signature({ inputs: [{ name: 'x', datatype: 'INT64', shape: [-1] }] });
  const decode = (digits) => decodeRequest(Buffer.from(`{"inputs":[{"name":"x","datatype":"INT64","shape":[1],"data":[${digits}]}]}`), undefined, ids).inputs.x.data[0];
  assert.equal(decode('9007199254740993'), 9007199254740993n);
  assert.equal(decode('-9223372036854775808'), -9223372036854775808n);
  assert.throws(() => decode('9223372036854775808'), /an integer from -9223372036854775808 to 9223372036854775807/);
  assert.throws(() => decode('9007199254740993.0'), /would lose precision/);
  assert.throws(() => decode('1e17'), /would lose precision/);
  assert.throws(() => decode('1'.repeat(400)), /an integer|would lose precision/);
});

test('decodeRequest_OtherNumericType_IsConverted', () => {
  const batch = decodeRequest(...body({ inputs: [{ ...x, datatype: 'INT32', data: [[1, 2], [3, 4]] }] }), BOTH);
  assert.deepEqual(batch.inputs.x, { name: 'x', datatype: 'FP32', shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) });
});
