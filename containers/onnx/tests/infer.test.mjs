import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DATATYPES } from '../../sdk/node/src/datatypes.mjs';
import { Container, binaryBody, bytesOf, splitAnswer } from '../../sdk/node/tests/support/container.mjs';
import { modelFile, serveModel } from './support.mjs';

const TYPES = {
  bool: 'BOOL', uint8: 'UINT8', uint16: 'UINT16', uint32: 'UINT32', uint64: 'UINT64', int8: 'INT8', int16: 'INT16', int32: 'INT32',
  int64: 'INT64', float16: 'FP16', float32: 'FP32', float64: 'FP64', string: 'BYTES',
};

for (const [onnxType, datatype] of Object.entries(TYPES)) {
  test(`infer_IdentityOf_${onnxType}_ComesBackByteForByte`, async (t) => {
    const container = await serveModel(t, `identity_${onnxType}`);
    const metadata = (await container.get('/v2/models/model')).json;
    assert.deepEqual(metadata.inputs, [{ name: 'x', datatype, shape: [-1, 2] }]);
    assert.deepEqual(metadata.outputs, [{ name: 'y', datatype, shape: [-1, 2] }]);
    const { size } = DATATYPES.get(datatype);
    const tensor = datatype === 'BYTES'
      ? Buffer.concat(['', 'é', 'a\n"b', '😀'].map((text) => Buffer.concat([Buffer.of(Buffer.byteLength(text), 0, 0, 0), Buffer.from(text)])))
      : Buffer.from(Array.from({ length: 4 * size }, (_, i) => (datatype === 'BOOL' ? i % 2 : 16 * i + 1)));
    const { body, headers } = binaryBody({
      parameters: { binary_data_output: true }, inputs: [{ name: 'x', datatype, shape: [2, 2], parameters: { binary_data_size: tensor.length } }],
    }, [tensor]);
    const answer = await container.infer(body, headers);
    assert.equal(answer.status, 200, answer.body.toString());
    const { header, tail } = splitAnswer(answer);
    assert.deepEqual(header.outputs[0].shape, [2, 2]);
    assert.deepEqual(tail, tensor);
  });
}

test('infer_TwoInputsTwoOutputs_AreMatchedByName', async (t) => {
  const container = await serveModel(t, 'two');
  const inputs = [
    { name: 'b', datatype: 'INT64', shape: [1, 3], data: [1, 2, 3] }, { name: 'a', datatype: 'FP32', shape: [1, 3], data: [0.5, 0.5, 0.5] },
  ];
  const all = (await container.infer({ inputs })).json;
  assert.deepEqual(all.outputs.map(({ name, data }) => [name, data]), [['sum', [1.5, 2.5, 3.5]], ['same', [1, 2, 3]]]);
  const some = (await container.infer({ inputs, outputs: [{ name: 'same' }] })).json;
  assert.deepEqual(some.outputs.map(({ name }) => name), ['same']);
  const missing = await container.infer({ inputs: [inputs[0]] });
  assert.deepEqual([missing.status, missing.json.error], [400, 'input "a" is missing, expected "a", "b"']);
});

test('infer_FixedBatch_IsPaddedAndCut', async (t) => {
  const numbers = await serveModel(t, 'fixed4');
  assert.equal((await numbers.get('/v2/models/model')).json.properties.max_batch_size, '4');
  for (let rows = 1; rows <= 4; rows++) {
    const data = Array.from({ length: 2 * rows }, (_, i) => i);
    const answer = (await numbers.infer({ inputs: [{ name: 'x', datatype: 'FP32', shape: [rows, 2], data }] })).json;
    assert.deepEqual(answer.outputs[0], { name: 'y', datatype: 'FP32', shape: [rows, 2], data: data.map((value) => value + 1) });
  }
  assert.equal((await numbers.infer({ inputs: [{ name: 'x', datatype: 'FP32', shape: [5, 2], data: new Array(10).fill(0) }] })).status, 400);
  const strings = await serveModel(t, 'fixed4_string');
  const answer = (await strings.infer({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [2, 1], data: ['a', 'b'] }] })).json;
  assert.deepEqual(answer.outputs[0].data, ['a', 'b']);
});

test('infer_FixedBatchOfOne_GivesOutputsABatchDimension', async (t) => {
  const container = await serveModel(t, 'fixed1');
  const answer = (await container.infer({ inputs: [{ name: 'x', datatype: 'FP32', shape: [1, 3], data: [1, 2, 3] }] })).json;
  assert.deepEqual(answer.outputs.map(({ name, shape, data }) => [name, shape, data]), [['total', [1], [6]], ['row', [1, 3], [1, 2, 3]]]);
});

test('infer_StringThatOnnxCannotHold_Is400', async (t) => {
  const container = await serveModel(t, 'identity_string');
  for (const [byte, message] of [[0xff, /"x": element 0 is not UTF-8 text/], [0, /"x": element 0 has a zero byte/]]) {
    const tensor = Buffer.of(1, 0, 0, 0, byte, 0, 0, 0, 0);
    const { body, headers } = binaryBody({ inputs: [{ name: 'x', datatype: 'BYTES', shape: [1, 2], parameters: { binary_data_size: 9 } }] }, [tensor]);
    const answer = await container.infer(body, headers);
    assert.equal(answer.status, 400);
    assert.match(answer.json.error, message);
  }
});

test('infer_SeveralWorkersAndThreads_GiveTheSameAnswers', async (t) => {
  const container = await Container.ready(t, new URL('../main.mjs', import.meta.url), {
    ORCHESTRATOR_ARTEFACT: modelFile('mlp'), ORCHESTRATOR_CONCURRENCY: '2', ORCHESTRATOR_THREADS: '2',
  });
  const rows = Float32Array.from({ length: 128 }, (_, i) => Math.sin(i));
  const ask = async () => {
    const { body, headers } = binaryBody({
      parameters: { binary_data_output: true }, inputs: [{ name: 'input', datatype: 'FP32', shape: [2, 64], parameters: { binary_data_size: 512 } }],
    }, [bytesOf(rows)]);
    return splitAnswer(await container.infer(body, headers)).tail.toString('hex');
  };
  const first = await ask();
  for (let i = 0; i < 30; i++) assert.deepEqual(await Promise.all([ask(), ask(), ask()]), [first, first, first]);
});
