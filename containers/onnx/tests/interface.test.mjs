import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeInputs, describeOutputs, fixedBatch } from '../src/interface.mjs';

const tensor = (name, shape, type = 'float32') => ({ name, isTensor: true, type, shape });
const shapeOf = (metadata, fixed, rows, dims) => {
  try {
    const { outputs } = describeOutputs([metadata], fixed, rows, dims && { y: { dims } });
    return outputs[0].wrapped ? ['wrapped', ...outputs[0].shape] : outputs[0].shape;
  } catch {
    return 'left out';
  }
};

test('describeInputs_WhatCannotBeSent_IsRefused', () => {
  assert.throws(() => describeInputs([]), /no inputs/);
  assert.throws(() => describeInputs([tensor('x', [])]), /rank 0/);
  assert.throws(() => describeInputs([tensor('x', ['N'], 'int4')]), /of type int4/);
  assert.throws(() => describeInputs([{ name: 'x', isTensor: false }]), /a map or a sequence/);
});

test('fixedBatch_OfTheInputs_IsOneNumberOrNone', () => {
  assert.equal(fixedBatch([tensor('a', ['N', 2]), tensor('b', ['', 3])]), undefined);
  assert.equal(fixedBatch([tensor('a', ['N', 2]), tensor('b', [4])]), 4);
  assert.throws(() => fixedBatch([tensor('a', [2]), tensor('b', [4])]), /batch dimensions 2 and 4/);
  assert.throws(() => fixedBatch([tensor('a', [0])]), /is 0/);
});

test('describeOutputs_MetadataAndTrial_DecideTheBatchDimension', () => {
  const cases = [
    // metadata, fixed batch, rows of the trial, dims of the trial, expected
    [['N', 2], undefined, 3, [3, 2], [-1, 2]], [['N', 2], undefined, 3, [7, 2], 'left out'], [['N', 'M'], undefined, 3, undefined, [-1, -1]],
    [[1, 10], undefined, 3, [3, 10], [-1, 10]], // an exporter that forgot to make the output dynamic
    [[3, 10], undefined, 3, [3, 10], 'left out'], [[5], undefined, 3, [5], 'left out'], [[5], undefined, 3, undefined, 'left out'],
    [[], undefined, 3, [3, 2], [-1, -1]], [[], undefined, 3, [], 'left out'], [[], undefined, 3, undefined, 'left out'],
    [[4, 2], 4, 4, [4, 2], [-1, 2]], [[4, 2], 4, 4, undefined, [-1, 2]], [[8], 4, 4, [8], 'left out'],
    [[1, 2], 1, 1, [1, 2], [-1, 2]], [[10], 1, 1, [10], ['wrapped', -1, 10]], [['M', 6], 1, 1, [1, 6], ['wrapped', -1, -1, 6]],
    [[], 1, 1, [], ['wrapped', -1]], [[], 1, 1, [1, 2], [-1, -1]],
  ];
  for (const [shape, fixed, rows, dims, expected] of cases) {
    assert.deepEqual(shapeOf(tensor('y', shape), fixed, rows, dims), expected, JSON.stringify({ shape, fixed, dims }));
  }
});
