import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Container, binaryBody } from './support/container.mjs';
import { seeded } from './support/random.mjs';

const identity = new URL('./fixtures/identity.mjs', import.meta.url);
const good = { inputs: [{ name: 'in_FP32', datatype: 'FP32', shape: [1, 2], data: [1, 2] }] };
const alive = async (container) => assert.equal((await container.infer(good)).status, 200);
const residentMegabytes = ({ process: { pid } }) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;

/** Sends bytes as they are and gives everything that comes back until the connection ends or `until` is seen. */
async function raw(container, bytes, until) {
  const { host, port } = await container.untilListening();
  return new Promise((resolve) => {
    let received = '';
    const socket = connect(port, host, () => socket.write(bytes));
    const end = () => { socket.destroy(); resolve(received); };
    socket.setTimeout(5000, end);
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (until && received.includes(until)) end();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(received));
  });
}

test('infer_BodyOverTheLimit_Is413AndTheConnectionStaysUsable', async (t) => {
  const container = await Container.ready(t, identity, { ORCHESTRATOR_MAX_BATCH_BYTES: '1000' });
  const limit = 2 * 1000 + 1048576;
  const exactly = Buffer.from(JSON.stringify(good).padEnd(limit));
  assert.equal((await container.infer(exactly)).status, 200);
  assert.equal((await container.infer(Buffer.concat([exactly, Buffer.of(32)]))).status, 413);
  const chunked = await container.infer(Buffer.concat([exactly, Buffer.of(32)]), { 'Transfer-Encoding': 'chunked' });
  assert.equal(chunked.status, 413);
  assert.match(chunked.json.error, /1050576/);
  assert.equal((await container.infer(exactly, { 'Transfer-Encoding': 'chunked' })).status, 200);
  await alive(container);
});

test('infer_BodyWithoutEnd_IsCut', async (t) => {
  const container = await Container.ready(t, identity, { ORCHESTRATOR_MAX_BATCH_BYTES: '1000' });
  const { host, port } = await container.untilListening();
  const cut = await new Promise((resolve) => {
    const chunk = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65536), Buffer.from('\r\n')]);
    let sent = 0;
    const socket = connect(port, host, () => {
      socket.write('POST /v2/models/model/infer HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n');
      const more = () => { while (!socket.destroyed && sent < 1e9 && socket.write(chunk)) sent += chunk.length; };
      socket.on('drain', more);
      more();
    });
    socket.on('data', () => {});
    socket.on('error', () => {});
    socket.on('close', () => resolve(sent));
  });
  assert.ok(cut < 100e6, `${cut} bytes were taken`);
  await alive(container);
});

test('infer_StatedLengthThatNeverComes_CostsNoMemory', async (t) => {
  const container = await Container.ready(t, identity);
  const before = residentMegabytes(container);
  const { host, port } = await container.untilListening();
  const sockets = Array.from({ length: 50 }, () => connect(port, host));
  for (const socket of sockets) socket.on('error', () => {}).write('POST /v2/models/model/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 17825792\r\n\r\nx');
  await alive(container);
  assert.ok(residentMegabytes(container) - before < 200);
  for (const socket of sockets) socket.destroy();
  await alive(container);
});

test('infer_ShapeBombs_AreRefusedAndCostNoMemory', async (t) => {
  const container = await Container.ready(t, identity);
  await alive(container);
  const before = residentMegabytes(container);
  const sizes = [2 ** 31, 2 ** 32, 2 ** 53 - 1, 2 ** 53, 1e18, 1e308];
  for (const datatype of ['FP64', 'BYTES', 'BOOL']) {
    for (const size of sizes) {
      for (const shape of [[1, size], [size, 1], [size, size], [size, 0]]) {
        const input = { name: `in_${datatype}`, datatype, shape };
        assert.equal((await container.infer({ inputs: [{ ...input, data: [] }] })).status, 400);
        const { body, headers } = binaryBody({ inputs: [{ ...input, parameters: { binary_data_size: 8 } }] }, [Buffer.alloc(8)]);
        assert.equal((await container.infer(body, headers)).status, 400);
      }
    }
  }
  assert.ok(residentMegabytes(container) - before < 200);
  await alive(container);
});

test('infer_ManyTinyElements_AreServedWithinTheBodyLimit', async (t) => {
  const container = await Container.ready(t, identity);
  const count = 1_600_000;
  const one = Buffer.of(1, 0, 0, 0, 65);
  const tensor = Buffer.alloc(count * one.length, one);
  const { body, headers } = binaryBody({
    inputs: [{ name: 'in_BYTES', datatype: 'BYTES', shape: [1, count], parameters: { binary_data_size: tensor.length } }],
    outputs: [{ name: 'out_BYTES', parameters: { binary_data: true } }],
  }, [tensor]);
  assert.equal((await container.infer(body, headers)).status, 200);
  await alive(container);
});

test('infer_ThousandsOfBrokenBodies_AreRefusedAndNeverHarm', async (t) => {
  const container = await Container.ready(t, identity);
  const random = seeded(20);
  const { body, headers } = binaryBody({
    id: 'x',
    parameters: { binary_data_output: true },
    inputs: [
      { name: 'in_FP32', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
      { name: 'in_BYTES', datatype: 'BYTES', shape: [1, 2], parameters: { binary_data_size: 11 } },
      { name: 'in_INT64', datatype: 'INT64', shape: [1, 2], data: [[1, 9007199254740993]] },
    ],
    outputs: [{ name: 'out_FP32' }, { name: 'out_BYTES', parameters: { binary_data: true } }],
  }, [Buffer.alloc(8), Buffer.of(2, 0, 0, 0, 65, 66, 1, 0, 0, 0, 67)]);
  const seen = new Map();
  for (let i = 0; i < 4000; i++) {
    const broken = mutate(body, random);
    const length = random.below(8) === 0 ? String(random.below(2 * body.length)) : headers['Inference-Header-Content-Length'];
    const answer = await container.infer(broken, { 'Inference-Header-Content-Length': length });
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
    // Some mutations are harmless, such as another letter in a string; 500 would mean that a check is missing.
    assert.ok(answer.status === 200 || answer.status === 400, `case ${i}: ${answer.status} ${answer.body} for ${broken.toString('latin1')}`);
    if (answer.status === 400) assert.equal(typeof answer.json.error, 'string');
  }
  assert.ok(seen.get(400) > 2000, JSON.stringify([...seen]));
  await alive(container);
});

const TOKENS = ['{', '}', '[', ']', ',', ':', '"', 'null', 'true', '-1', '1e999', '9'.repeat(30), '{"a":1}', '[]', '""', '\\u0000', '__proto__', '0'];

function mutate(body, random) {
  let bytes = Buffer.from(body);
  for (let n = 1 + random.below(3); n > 0; n--) {
    const at = random.below(bytes.length + 1);
    const kind = random.below(5);
    if (kind === 0 && at < bytes.length) bytes[at] = random.below(256);
    else if (kind === 1) bytes = bytes.subarray(0, at);
    else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(random.pick(TOKENS)), bytes.subarray(at)]);
    else if (kind === 3) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.below(20))]);
    else bytes = replaceValue(bytes, random);
    if (bytes.length === 0) return bytes;
  }
  return bytes;
}

/** Swaps one JSON value of the header for another token, of the same length where it fits, so that the structure stays valid. */
function replaceValue(bytes, random) {
  const text = bytes.toString('latin1');
  const values = [...text.matchAll(/(?<=[:[,])("[^"]*"|\d+|true)/g)];
  if (values.length === 0) return bytes;
  const { index, 0: old } = random.pick(values);
  return Buffer.from(text.slice(0, index) + random.pick(TOKENS).padEnd(old.length) + text.slice(index + old.length), 'latin1');
}

test('http_ThatIsBroken_IsRefusedAsJsonAndHarmsNobody', async (t) => {
  const container = await Container.ready(t, identity);
  const answer = await raw(container, 'NONSENSE\r\n\r\n');
  assert.match(answer, /^HTTP\/1\.1 400 [^]*application\/json[^]*\{"error":"the request is not valid HTTP/);
  assert.match(await raw(container, `GET /v2 HTTP/1.1\r\nHost: x\r\nA: ${'a'.repeat(70_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
  assert.match(await raw(container, 'POST /v2/models/model/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await raw(container, 'GET //../%2e HTTP/1.1\r\nHost: x\r\n\r\n', '}'), /^HTTP\/1\.1 404 /);
  await alive(container);
});
