import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DATATYPES, convert, convertible } from '../src/datatypes.mjs';

const type = (name) => DATATYPES.get(name);
const change = (data, from, to) => convert(data, type(from), type(to));

test('convertible_AllPairs_NumbersToFloatsAndIntegersToIntegers', () => {
  const integers = new Set(['UINT8', 'UINT16', 'UINT32', 'UINT64', 'INT8', 'INT16', 'INT32', 'INT64']);
  const floats = new Set(['FP16', 'FP32', 'FP64']);
  for (const from of DATATYPES.keys()) {
    for (const to of DATATYPES.keys()) {
      const expected = from === to || (floats.has(to) && (floats.has(from) || integers.has(from))) || (integers.has(to) && integers.has(from));
      assert.equal(convertible(type(from), type(to)), expected, `${from} to ${to}`);
    }
  }
});

test('convert_ValuesThatFit_KeepTheirMeaning', () => {
  assert.deepEqual(change(Int32Array.of(-1, 7), 'INT32', 'FP32'), Float32Array.of(-1, 7));
  assert.deepEqual(change(BigInt64Array.of(-1n, 7n), 'INT64', 'FP64'), Float64Array.of(-1, 7));
  assert.deepEqual(change(Float64Array.of(0.1, NaN, -Infinity), 'FP64', 'FP32'), Float32Array.of(0.1, NaN, -Infinity));
  assert.deepEqual(change(Uint16Array.of(0x3c00), 'FP16', 'FP32'), Float32Array.of(1));
  assert.deepEqual(change(Float32Array.of(1), 'FP32', 'FP16'), Uint16Array.of(0x3c00));
  assert.deepEqual(change(BigInt64Array.of(255n), 'INT64', 'UINT8'), Uint8Array.of(255));
  assert.deepEqual(change(Uint32Array.of(4294967295), 'UINT32', 'INT64'), BigInt64Array.of(4294967295n));
});

test('convert_FirstValueThatDoesNotFit_GivesItsIndex', () => {
  assert.equal(change(Float64Array.of(1, 1e300), 'FP64', 'FP32'), 1);
  assert.equal(change(Int32Array.of(70000), 'INT32', 'FP16'), 0);
  assert.equal(change(BigInt64Array.of(0n, 256n), 'INT64', 'UINT8'), 1);
  assert.equal(change(Int8Array.of(-1), 'INT8', 'UINT64'), 0);
  assert.equal(change(BigUint64Array.of(2n ** 63n), 'UINT64', 'INT64'), 0);
});
