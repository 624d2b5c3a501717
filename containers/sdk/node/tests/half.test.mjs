import assert from 'node:assert/strict';
import { test } from 'node:test';
import { floatToHalf, halfToFloat } from '../src/half.mjs';

test('half_EveryBitPattern_SurvivesBothWays', () => {
  for (let half = 0; half < 65536; half++) {
    const value = halfToFloat(half);
    if (Number.isNaN(value)) assert.ok(Number.isNaN(halfToFloat(floatToHalf(value))));
    else assert.equal(floatToHalf(value), half, `0x${half.toString(16)} is ${value}`);
  }
});

test('floatToHalf_BetweenTwoHalves_RoundsToNearestEven', () => {
  const between = (half, part) => halfToFloat(half) + part * (halfToFloat(half + 1) - halfToFloat(half));
  for (const half of [0x0000, 0x0001, 0x03fe, 0x03ff, 0x0400, 0x3c00, 0x3c01, 0x7bfe]) {
    assert.equal(floatToHalf(between(half, 0.25)), half);
    assert.equal(floatToHalf(between(half, 0.75)), half + 1);
    assert.equal(floatToHalf(between(half, 0.5)), half + (half & 1));
  }
  assert.equal(floatToHalf(65519), 0x7bff);
  assert.equal(floatToHalf(65520), 0x7c00);
});
