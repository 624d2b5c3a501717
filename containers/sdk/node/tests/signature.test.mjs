import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileSignature, describeModel } from '../src/signature.mjs';

const x = { name: 'x', datatype: 'FP32', shape: [-1, 3] };
const y = { name: 'y', datatype: 'INT64', shape: [-1] };

test('compileSignature_WrongDeclaration_SaysWhich', () => {
  const cases = [
    [{ inputs: [], outputs: [y] }, /inputs: expected a list/],
    [{ inputs: [x], outputs: undefined }, /outputs: expected a list/],
    [{ inputs: [x, x], outputs: [y] }, /"x" is declared twice/],
    [{ inputs: [{ ...x, datatype: 'FLOAT' }], outputs: [y] }, /"x" has datatype "FLOAT", expected one of BOOL/],
    [{ inputs: [{ ...x, shape: [4, 3] }], outputs: [y] }, /dimension 0 is the batch/],
    [{ inputs: [{ ...x, shape: [] }], outputs: [y] }, /dimension 0 is the batch/],
    [{ inputs: [{ ...x, name: '' }], outputs: [y] }, /expected a name/],
    [{ inputs: [{ ...x, name: '__proto__' }], outputs: [y] }, /__proto__/],
    [{ inputs: [x], outputs: [y], optionalInputs: ['z'] }, /"z", which is not an input/],
    [{ inputs: [x], outputs: [y], maxBatchSize: 0 }, /maxBatchSize/],
  ];
  for (const [model, message] of cases) assert.throws(() => compileSignature(model), message);
});

test('describeModel_AllProperties_AreStrings', () => {
  const model = { inputs: [x], outputs: [y], optionalInputs: ['x'], maxBatchSize: 32, framework: 'f 1', warnings: ['a', 'b'], properties: { own: 'z' } };
  const settings = /** @type {any} */ ({ model: 'm', version: '7', concurrency: 2 });
  assert.deepEqual(describeModel(settings, 'test', compileSignature(model), model), {
    name: 'm', versions: ['7'], platform: 'test', inputs: [x], outputs: [y],
    properties: { own: 'z', concurrency: '2', max_batch_size: '32', framework: 'f 1', warnings: 'a\nb', optional_inputs: 'x' },
  });
});
