import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DATATYPES } from '../src/datatypes.mjs';
import { ROUNDED, parseKeepingIntegers, readJson, writeJson } from '../src/json-tensors.mjs';
import { seeded } from './support/random.mjs';

const fail = (text) => new Error(text);
const read = (datatype, data, shape) => readJson(data, shape, shape.reduce((a, b) => a * b, 1), DATATYPES.get(datatype), fail);
const write = (datatype, data) => writeJson(data, DATATYPES.get(datatype), 'y');

test('readJson_FlatOrNested_GivesTheSame', () => {
  assert.deepEqual(read('FP32', [1, 2, 3, 4], [2, 2]), Float32Array.of(1, 2, 3, 4));
  assert.deepEqual(read('FP32', [[1, 2], [3, 4]], [2, 2]), Float32Array.of(1, 2, 3, 4));
  assert.deepEqual(read('INT8', [[[1], [2]], [[3], [4]]], [2, 2, 1]), Int8Array.of(1, 2, 3, 4));
  assert.deepEqual(read('BYTES', [['a'], ['é']], [2, 1]), [Buffer.from('a'), Buffer.from('é')]);
  assert.deepEqual(read('BOOL', [true, 0, 1, false], [4]), Uint8Array.of(1, 0, 1, 0));
  assert.deepEqual(read('FP32', [[], []], [2, 0]), new Float32Array(0));
});

test('readJson_DataThatDoesNotFit_SaysWhere', () => {
  const cases = [
    ['FP32', [1, 2], [3], /2 elements, expected 3/], ['FP32', [[1], [2, 3]], [2, 1], /2 elements at depth 1, expected 1/],
    ['FP32', [[1], 2], [2, 1], /2 at depth 1, expected a list/], ['FP32', [1, '2'], [2], /element 1 is "2"/],
    ['FP32', [1, null], [2], /element 1 is null/], ['FP32', [1e39], [1], /FP32 can hold/], ['FP16', [65520], [1], /FP16 can hold/],
    ['FP64', [[[1]]], [1, 1], /element 0 is \[1\]/], ['INT8', [128], [1], /from -128 to 127/], ['INT8', [1.5], [1], /an integer/],
    ['UINT64', [-1], [1], /from 0 to/], ['INT64', ['1'], [1], /an integer/], ['BOOL', [2], [1], /true, false, 1 or 0/],
    ['BYTES', [1], [1], /a string/], ['BYTES', ['\ud800'], [1], /valid Unicode/], ['FP32', 'x', [1], /expected a list/],
    ['FP32', [true], [1], /a number/], ['FP32', [[1, 2], [3, 4]], [4], /2 elements at depth 0, expected 4/],
  ];
  for (const [datatype, data, shape, message] of cases) assert.throws(() => read(datatype, data, shape), message);
});

test('readJson_RoundedInteger_AsksForTheDigits', () => {
  assert.throws(() => read('INT64', [9007199254740993], [1]), (thrown) => thrown === ROUNDED);
  const { data } = parseKeepingIntegers('{"data":[9007199254740993,-9223372036854775808,12]}');
  assert.deepEqual(read('INT64', data, [3]), BigInt64Array.of(9007199254740993n, -9223372036854775808n, 12n));
});

test('parseKeepingIntegers_TextsOfAllKinds_OnlyChangesLongIntegers', () => {
  const text = String.raw`{"a":"1234567890123456789 \" 1234567890123456789","b":[1e400,-1.2345678901234567890e5,1234567890123456789.5,0.12345678901234567890],"c":{"1234567890123456789":-1234567890123456789},"d":12345678901234567890123}`;
  const expected = JSON.parse(text);
  expected.c['1234567890123456789'] = '\u0000-1234567890123456789';
  assert.deepEqual(parseKeepingIntegers(text), expected);
});

test('parseKeepingIntegers_RandomIntegers_AreExact', () => {
  const random = seeded(7);
  const values = Array.from({ length: 500 }, () => BigInt.asIntN(64, (BigInt(random.below(2 ** 32)) << 32n) | BigInt(random.below(2 ** 32))));
  const { data } = parseKeepingIntegers(`{"data":[${values.join(', ')}]}`);
  assert.deepEqual(read('INT64', data, [500]), BigInt64Array.from(values));
});

test('writeJson_EveryDatatype_IsWhatReadJsonTakes', () => {
  assert.equal(write('INT64', BigInt64Array.of(9007199254740993n, -1n)), '[9007199254740993,-1]');
  assert.equal(write('BOOL', Uint8Array.of(1, 0)), '[true,false]');
  assert.equal(write('FP16', Uint16Array.of(0x3c00, 0x7c00)), '[1,null]');
  assert.equal(write('FP64', Float64Array.of(0.1, NaN, -Infinity, 1e21)), '[0.1,null,null,1e+21]');
  assert.equal(write('BYTES', ['a"', Buffer.from('é')]), '["a\\"","é"]');
  assert.throws(() => write('BYTES', [Buffer.of(0xff)]), /element 0 is not UTF-8 text/);
});
