import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DATATYPES } from '../src/datatypes.mjs';
import { Container, binaryBody, bytesOf, splitAnswer } from './support/container.mjs';

const fixture = (name) => new URL(`./fixtures/${name}.mjs`, import.meta.url);
const odd = (t, mode) => Container.ready(t, fixture('odd'), { ORCHESTRATOR_OPTIONS: JSON.stringify({ mode }) });
const X = (data) => ({ inputs: [{ name: 'x', datatype: 'FP32', shape: [data.length], data }] });

const SAMPLES = {
  BOOL: [true, false], UINT8: [0, 255], UINT16: [0, 65535], UINT32: [0, 4294967295], UINT64: ['0', '18446744073709551615'], INT8: [-128, 127],
  INT16: [-32768, 32767], INT32: [-2147483648, 2147483647], INT64: ['-9223372036854775808', '9007199254740993'], FP16: [0.5, -65504],
  FP32: [0.5, -16777216], FP64: [0.1, -1e300], BYTES: ['é', ''],
};
const jsonOf = (datatype) => `[${SAMPLES[datatype].map((v) => (datatype.endsWith('64') && datatype !== 'FP64' ? v : JSON.stringify(v))).join(',')}]`;

test('infer_EveryDatatypeAsJson_ComesBackDigitForDigit', async (t) => {
  const container = await Container.ready(t, fixture('identity'));
  for (const datatype of DATATYPES.keys()) {
    const text = `{"inputs":[{"name":"in_${datatype}","datatype":"${datatype}","shape":[1,2],"data":[${jsonOf(datatype)}]}],"outputs":[{"name":"out_${datatype}"}]}`;
    const answer = await container.infer(Buffer.from(text));
    assert.equal(answer.status, 200, answer.body.toString());
    assert.ok(answer.body.toString().includes(`"data":${jsonOf(datatype)}`), answer.body.toString());
  }
});

test('infer_EveryDatatypeAsBinary_ComesBackByteForByte', async (t) => {
  const container = await Container.ready(t, fixture('identity'));
  const inputs = [];
  const tensors = [];
  for (const { name, kind, size } of DATATYPES.values()) {
    // An odd number of one-byte elements first, so that the following tensors are misaligned.
    const tensor = kind === 'bytes' ? Buffer.of(1, 0, 0, 0, 65, 0, 0, 0, 0, 2, 0, 0, 0, 0xff, 0xfe) : Buffer.from(Array.from({ length: 3 * size }, (_, i) => (kind === 'bool' ? i % 2 : i + 1)));
    inputs.push({ name: `in_${name}`, datatype: name, shape: [1, 3], parameters: { binary_data_size: tensor.length } });
    tensors.push(tensor);
  }
  const { body, headers } = binaryBody({ inputs, outputs: inputs.map(({ datatype }) => ({ name: `out_${datatype}` })), parameters: { binary_data_output: true } }, tensors);
  const answer = await container.infer(body, headers);
  assert.equal(answer.status, 200, answer.body.toString());
  const { header, tail } = splitAnswer(answer);
  assert.deepEqual(header.outputs.map((output) => output.shape), inputs.map(() => [1, 3]));
  assert.deepEqual(tail, Buffer.concat(tensors));
});

test('infer_OneOutputBinary_TheOtherStaysJson', async (t) => {
  const container = await Container.ready(t, fixture('identity'));
  const answer = await container.infer({
    id: 'mine',
    inputs: [{ name: 'in_FP32', datatype: 'FP32', shape: [1, 2], data: [1, 2] }, { name: 'in_INT8', datatype: 'INT8', shape: [1, 1], data: [[-1]] }],
    outputs: [{ name: 'out_INT8' }, { name: 'out_FP32', parameters: { binary_data: true } }],
  });
  const { header, tail } = splitAnswer(answer);
  assert.deepEqual(header, {
    model_name: 'model', model_version: '1', id: 'mine',
    outputs: [{ name: 'out_INT8', datatype: 'INT8', shape: [1, 1], data: [-1] }, { name: 'out_FP32', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } }],
  });
  assert.deepEqual(tail, bytesOf(Float32Array.of(1, 2)));
});

test('answers_AllPaths_FollowTheContract', async (t) => {
  const container = await Container.ready(t, fixture('odd'), { ORCHESTRATOR_MODEL: 'a b', ORCHESTRATOR_VERSION: '3' });
  const cases = [
    ['GET', '/v2/health/live', 200], ['GET', '/v2/health/ready', 200], ['GET', '/v2', 200], ['GET', '/v2/models/a%20b', 200],
    ['GET', '/v2/models/a%20b/versions/3', 200], ['GET', '/v2/models/a%20b/ready', 200], ['GET', '/v2/models/a%20b/versions/3/ready', 200],
    ['GET', '/v2/models/%61%20b/ready?x=1', 200], ['GET', '/v2/models/other', 404], ['GET', '/v2/models/a%20b/versions/4', 404],
    ['POST', '/v2/models/other/infer', 404], ['POST', '/v2/models/a%20b/versions/4/infer', 404], ['GET', '/v2/models/a%20b/infer', 405],
    ['POST', '/v2/health/live', 405], ['DELETE', '/v2', 405], ['GET', '/', 404], ['GET', '/v2/models/%zz', 400], ['GET', '/v2/models/a%20b2', 404],
  ];
  for (const [method, path, status] of cases) {
    const answer = await container.send(method, path, method === 'POST' ? '{}' : undefined);
    assert.equal(answer.status, status, `${method} ${path}`);
    assert.equal(answer.headers['content-type'], 'application/json');
    if (status >= 400) assert.equal(typeof answer.json.error, 'string');
  }
  assert.deepEqual((await container.get('/v2')).json, { name: 'orchestrator-node', version: '1.0.0', extensions: ['binary_tensor_data', 'orchestrator_container_1'] });
  assert.deepEqual((await container.get('/v2/models/a%20b/versions/3/ready')).json, { name: 'a b', ready: true });
  assert.deepEqual((await container.get('/v2/models/a%20b')).json.properties, { concurrency: '1', max_batch_size: '8', framework: 'odd 1.0', warnings: 'first\nsecond' });
  const answer = await container.send('POST', '/v2/models/a%20b/versions/3/infer', JSON.stringify(X([1])));
  assert.equal(answer.headers['orchestrator-model-version'], '3');
  assert.match(answer.headers['orchestrator-queue-us'], /^\d+$/);
  assert.match(answer.headers['orchestrator-compute-us'], /^\d+$/);
  assert.match(answer.headers['keep-alive'], /timeout=120/);
});

test('infer_BatchFails_IsAnswered500WithTheCause', async (t) => {
  const expected = {
    throws: 'RangeError: no such city', rejects: 'TypeError: later', nothing: 'TypeError: the batch function returned', short: 'TypeError: output "y": 1 elements',
  };
  for (const [mode, text] of Object.entries(expected)) {
    const answer = await (await odd(t, mode)).infer(X([1, 2]));
    assert.equal(answer.status, 500);
    assert.ok(answer.json.error.startsWith(text), answer.json.error);
  }
});

test('infer_AuthorsRefusal_Is400', async (t) => {
  const answer = await (await odd(t, 'refuses')).infer(X([1]));
  assert.deepEqual([answer.status, answer.json], [400, { error: 'only on weekdays' }]);
});

test('infer_FailedRows_AreListedAndTheOthersAnswered', async (t) => {
  const answer = await (await odd(t, 'rows')).infer(X([1, -2, 3, 100]));
  assert.equal(answer.status, 200);
  assert.deepEqual(JSON.parse(answer.json.parameters.errors), { 1: 'RangeError: row of -2', 3: '100 is beyond 99' });
  assert.equal(answer.json.parameters.invalid_rows, '[3]');
  assert.deepEqual(answer.json.outputs[0].data, [1, 0, 3, 0]);
});

test('infer_Traceparent_ReachesTheAuthor', async (t) => {
  const container = await odd(t, 'trace');
  assert.equal((await container.infer(X([1]), { traceparent: 'the-trace' })).status, 200);
  assert.equal((await container.infer(X([1]))).status, 500);
});

test('infer_Headers_AreChecked', async (t) => {
  const container = await odd(t, 'none');
  const refused = async (headers, message) => {
    const answer = await container.infer(X([1]), headers);
    assert.equal(answer.status, 400);
    assert.match(answer.json.error, message);
  };
  await refused({ 'Inference-Header-Content-Length': '-1' }, /Inference-Header-Content-Length is "-1"/);
  await refused({ 'Inference-Header-Content-Length': '99999' }, /but the body has/);
  await refused({ 'Orchestrator-Deadline-Ms': 'soon' }, /Orchestrator-Deadline-Ms is "soon"/);
  await refused({ 'Content-Encoding': 'gzip' }, /Content-Encoding is "gzip"/);
  for (const passed of ['0', '-3', '0.001']) assert.equal((await container.infer(X([1]), { 'Orchestrator-Deadline-Ms': passed })).status, 504);
  assert.equal((await container.infer(X([1]), { 'Orchestrator-Deadline-Ms': '60000.5' })).status, 200);
});

test('routes_OfTheAuthor_AreServed', async (t) => {
  const container = await Container.ready(t, fixture('routes'));
  assert.equal((await container.get('/count')).body.toString(), 'data: 0\n\ndata: 1\n\ndata: 2\n\n');
  assert.equal((await container.send('POST', '/double', '')).body.toString(), '42');
  assert.equal((await container.get('/double')).status, 405);
  assert.deepEqual((await container.get('/broken')).json, { error: 'Error: route' });
});
