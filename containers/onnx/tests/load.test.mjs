import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { failToServe, modelFile, serveModel } from './support.mjs';

const metadataOf = async (container) => (await container.get('/v2/models/model')).json;

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), 'orchestrator-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test('load_ZipMap_IsLeftOutWithAWarning', async (t) => {
  const container = await serveModel(t, 'zipmap');
  const { outputs, properties } = await metadataOf(container);
  assert.deepEqual(outputs, [{ name: 'label', datatype: 'INT64', shape: [-1] }]);
  assert.match(properties.warnings, /output probabilities is left out: .*zipmap=False/);
  assert.match(properties.framework, /^onnxruntime \d/);
  const answer = (await container.infer({ inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 2], data: [3, 1, 1, 3] }] })).json;
  assert.deepEqual(answer.outputs[0].data, [0, 1]);
});

test('load_OutputsWithoutBatchDimension_AreLeftOutWithAWarning', async (t) => {
  const { outputs, properties } = await metadataOf(await serveModel(t, 'no_batch'));
  assert.deepEqual(outputs.map(({ name, shape }) => [name, shape]), [['y', [-1, 2]], ['late', [-1, 2, 1]]]);
  assert.match(properties.warnings, /^output total is left out: it has no batch dimension/);
});

test('load_OptionOutputs_LimitsAndOrdersThem', async (t) => {
  const { outputs } = await metadataOf(await serveModel(t, 'two', { ORCHESTRATOR_OPTIONS: '{"outputs":["same"]}' }));
  assert.deepEqual(outputs.map(({ name }) => name), ['same']);
});

test('load_ModelThatCannotBeServed_EndsWith3AndSaysWhatToDo', async (t) => {
  const broken = join(folder(t), 'broken.onnx');
  writeFileSync(broken, 'no model');
  const cases = [
    [modelFile('only_zipmap'), /no output that can be served: .*export with zipmap=False/], [modelFile('only_total'), /no output that can be served/],
    [modelFile('scalar_input'), /input x has rank 0 or an unknown rank/], [broken, /not a model that ONNX Runtime can load/],
    [join(folder(t), 'absent.onnx'), /does not exist/], [folder(t), /exactly one \.onnx file, found none/],
    [fileURLToPath(new URL('./models', import.meta.url)), /exactly one \.onnx file, found fixed1\.onnx, /],
  ];
  for (const [artefact, message] of cases) {
    const { code, fatal } = await failToServe(t, artefact);
    assert.equal(code, 3, fatal);
    assert.match(fatal, message);
  }
});

test('load_WrongOption_EndsWith2', async (t) => {
  const cases = [
    [{ outputs: ['absent'] }, /option outputs names "absent", the model has sum, same/], [{ outputs: 'sum' }, /expected a list/],
    [{ method: 'predict' }, /unknown option "method"/], [{ graph_optimization: 'most' }, /expected one of disabled/],
  ];
  for (const [options, message] of cases) {
    const { code, fatal } = await failToServe(t, modelFile('two'), { ORCHESTRATOR_OPTIONS: JSON.stringify(options) });
    assert.equal(code, 2, fatal);
    assert.match(fatal, message);
  }
  assert.equal((await failToServe(t, undefined)).code, 2);
});

test('load_FolderWithExternalData_IsServed', async (t) => {
  const path = folder(t);
  for (const name of ['model.onnx', 'weights.bin']) copyFileSync(new URL(`./models/external/${name}`, import.meta.url), join(path, name));
  const request = { inputs: [{ name: 'input', datatype: 'FP32', shape: [1, 64], data: Array.from({ length: 64 }, (_, i) => Math.cos(i)) }] };
  const outside = (await (await serveModel(t, 'mlp', { ORCHESTRATOR_ARTEFACT: path })).infer(request)).json;
  const inside = (await (await serveModel(t, 'mlp')).infer(request)).json;
  assert.deepEqual(outside, inside);
  assert.equal(outside.outputs[0].data.length, 10);
});
