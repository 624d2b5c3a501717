import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Container } from './support/container.mjs';

const fixture = (name) => new URL(`./fixtures/${name}.mjs`, import.meta.url);
const odd = (mode) => ({ ORCHESTRATOR_OPTIONS: JSON.stringify({ mode }) });
const sleepFor = (ms) => ({ inputs: [{ name: 'ms', datatype: 'INT32', shape: [1], data: [ms] }] });
const X = { inputs: [{ name: 'x', datatype: 'FP32', shape: [1], data: [1] }] };

test('health_WhileABatchComputesFiveSeconds_AnswersAtOnce', async (t) => {
  const container = await Container.ready(t, fixture('slow'));
  let done = false;
  const batch = container.infer(sleepFor(5000)).then((answer) => { done = true; return answer; });
  let worst = 0;
  let asked = 0;
  while (!done) {
    const start = performance.now();
    assert.equal((await container.get('/v2/health/ready')).status, 200);
    worst = Math.max(worst, performance.now() - start);
    asked++;
    await new Promise((resolve) => { setTimeout(resolve, 20); });
  }
  assert.equal((await batch).status, 200);
  assert.ok(asked > 20, `asked ${asked} times`);
  assert.ok(worst < 2000, `${worst} ms`);
});

test('infer_MoreThanConcurrency_WaitAndTheNextIsRefusedBusy', async (t) => {
  for (const [concurrency, waiting] of [[1, 2], [2, 1]]) {
    const container = await Container.ready(t, fixture('slow'), { ORCHESTRATOR_CONCURRENCY: String(concurrency) });
    const sent = Array.from({ length: concurrency + waiting + 2 }, () => container.infer(sleepFor(700)));
    const answers = await Promise.all(sent);
    const refused = answers.filter((answer) => answer.status === 503);
    assert.equal(refused.length, 2, `concurrency ${concurrency}`);
    for (const answer of refused) assert.equal(answer.headers['orchestrator-busy'], '1');
    const waited = answers.filter((answer) => answer.status === 200 && Number(answer.headers['orchestrator-queue-us']) > 300_000);
    assert.equal(waited.length, waiting, `concurrency ${concurrency}`);
    assert.ok(answers.every((answer) => answer.status !== 200 || Number(answer.headers['orchestrator-compute-us']) > 600_000));
    assert.equal((await container.infer(sleepFor(0))).status, 200);
  }
});

test('infer_DeadlinePassesWhileWaiting_Is504AndNotComputed', async (t) => {
  const container = await Container.ready(t, fixture('slow'));
  const first = container.infer(sleepFor(600));
  const second = container.infer(sleepFor(600), { 'Orchestrator-Deadline-Ms': '200' });
  const answers = await Promise.all([first, second]);
  assert.deepEqual(answers.map((answer) => answer.status), [200, 504]);
  assert.equal(answers[1].headers['orchestrator-compute-us'], '0');
});

test('infer_CallerGoesWhileWaiting_FreesThePlace', async (t) => {
  const container = await Container.ready(t, fixture('slow'), { ORCHESTRATOR_CONCURRENCY: '2' });
  const running = [container.infer(sleepFor(2000)), container.infer(sleepFor(2000))];
  const caller = new AbortController();
  const gone = assert.rejects(container.infer(sleepFor(0), {}, caller.signal));
  await container.until('busy', async () => ((await container.infer(sleepFor(0))).status === 503 ? true : undefined));
  caller.abort();
  await gone;
  const next = await container.until('a free place', async () => {
    const answer = await container.infer(sleepFor(0));
    return answer.status === 503 ? undefined : answer;
  });
  // It waited, so it was accepted while the two were still at work.
  assert.ok(Number(next.headers['orchestrator-queue-us']) > 100_000);
  assert.deepEqual((await Promise.all(running)).map((answer) => answer.status), [200, 200]);
});

test('sigterm_WhileABatchRuns_FinishesItAndEndsWith0', async (t) => {
  const container = await Container.ready(t, fixture('slow'));
  const running = container.infer(sleepFor(1000));
  const waiting = Promise.all([container.infer(sleepFor(100)), container.infer(sleepFor(100))]);
  await container.until('busy', async () => ((await container.infer(sleepFor(0))).status === 503 ? true : undefined));
  container.process.kill('SIGTERM');
  await container.until('draining', async () => ((await container.get('/v2/health/ready')).status === 503 ? true : undefined));
  assert.equal((await container.get('/v2/health/live')).status, 200);
  const refused = await container.infer(sleepFor(0));
  assert.equal(refused.status, 503);
  assert.equal(refused.headers['orchestrator-busy'], undefined);
  assert.deepEqual([await running, ...await waiting].map((answer) => answer.status), [200, 200, 200]);
  assert.deepEqual(await container.ended, { code: 0, signal: null });
});

test('sigterm_BatchRunsLongerThanTheDrain_IsGivenUp', async (t) => {
  const container = await Container.ready(t, fixture('slow'), { ORCHESTRATOR_DRAIN_SECONDS: '0.3' });
  const running = container.infer(sleepFor(60_000));
  const waiting = [container.infer(sleepFor(60_000)), container.infer(sleepFor(60_000))];
  await container.until('busy', async () => ((await container.infer(sleepFor(0))).status === 503 ? true : undefined));
  const start = performance.now();
  container.process.kill('SIGTERM');
  await Promise.all([running, ...waiting].map((answer) => assert.rejects(answer)));
  await container.ended;
  assert.ok(performance.now() - start < 20_000);
  assert.match(container.log, /given up/);
});

test('sigterm_Twice_EndsAtOnce', async (t) => {
  const container = await Container.ready(t, fixture('slow'), { ORCHESTRATOR_DRAIN_SECONDS: '600' });
  const running = assert.rejects(container.infer(sleepFor(600_000)));
  const waiting = Promise.all([assert.rejects(container.infer(sleepFor(600_000))), assert.rejects(container.infer(sleepFor(600_000)))]);
  await container.until('busy', async () => ((await container.infer(sleepFor(0))).status === 503 ? true : undefined));
  container.process.kill('SIGTERM');
  await container.until('draining', () => (container.log.includes('draining') ? true : undefined));
  container.process.kill('SIGINT');
  assert.deepEqual(await container.ended, { code: null, signal: 'SIGINT' });
  await Promise.all([running, waiting]);
});

test('start_WhileTheModelLoads_IsLiveAndNotReady', async (t) => {
  const container = Container.start(t, fixture('odd'), odd('never'));
  assert.equal((await container.get('/v2/health/live')).status, 200);
  assert.deepEqual((await container.get('/v2/health/ready')).json, { ready: false });
  assert.equal((await container.get('/v2/models/model')).status, 503);
  assert.equal((await container.get('/v2/models/model/ready')).status, 503);
  const refused = await container.infer(X);
  assert.deepEqual([refused.status, refused.headers['orchestrator-busy']], [503, undefined]);
  container.process.kill('SIGTERM');
  assert.deepEqual(await container.ended, { code: 0, signal: null });
});

test('start_ModelCannotBeLoaded_SaysFatalInOneLineAndEndsWith3', async (t) => {
  for (const [mode, text] of [['loadThrows', 'weights are missing'], ['crashes', 'in the background'], ['signature', 'inputs: expected a list']]) {
    const container = Container.start(t, fixture('odd'), odd(mode));
    assert.equal((await container.ended).code, 3, container.log);
    assert.match(container.log, new RegExp(`^FATAL: .*${text}.*$`, 'm'));
    assert.equal(container.log.match(/FATAL/g).length, 1);
  }
});

test('start_ModuleDoesNotServe_EndsByItself', async (t) => {
  const container = Container.start(t, fixture('silent'));
  assert.equal((await container.ended).code, 0);
});

test('start_WrongVariableOrOption_SaysFatalAndEndsWith2', async (t) => {
  for (const env of [{ ORCHESTRATOR_PORT: 'http' }, odd('configuration'), { ORCHESTRATOR_OPTIONS: 'x' }, { ORCHESTRATOR_SOCKET: '/nowhere/at/all' }]) {
    const container = Container.start(t, fixture('odd'), env);
    assert.equal((await container.ended).code, 2, container.log);
    assert.match(container.log, /^FATAL: .+expected|^FATAL: .+choose/m);
  }
});

test('start_PortTaken_SaysFatalAndEndsWith2', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  t.after(() => taken.close());
  await new Promise((resolve) => { taken.once('listening', resolve); });
  const container = Container.start(t, fixture('odd'), { ORCHESTRATOR_PORT: String(/** @type {any} */ (taken.address()).port) });
  assert.equal((await container.ended).code, 2);
  assert.match(container.log, /FATAL: cannot listen on .*EADDRINUSE/);
});

test('worker_EndsOutsideOfABatch_TheProcessEndsWithFatal', async (t) => {
  for (const [mode, text] of [['crash', 'outside'], ['crashNow', 'outside'], ['exits', 'ended by itself']]) {
    const container = await Container.ready(t, fixture('odd'), odd(mode));
    const answer = await container.infer(X);
    assert.equal(answer.status, mode === 'crash' ? 200 : 500);
    assert.equal((await container.ended).code, 1);
    assert.match(container.log, new RegExp(`^FATAL: .*${text}`, 'm'));
  }
});

test('route_ThrowsOutsideOfARequest_TheProcessEndsWithFatal', async (t) => {
  const container = await Container.ready(t, fixture('routes'));
  await container.get('/escape').catch(() => {});
  assert.equal((await container.ended).code, 1);
  assert.match(container.log, /^FATAL: an exception outside of a request: Error: late/m);
});

test('socket_InsteadOfPort_IsServedAndALeftOverReplaced', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'orchestrator-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const env = { ORCHESTRATOR_SOCKET: join(folder, 's') };
  const first = await Container.ready(t, fixture('odd'), env);
  assert.equal((await first.infer(X)).status, 200);
  const second = Container.start(t, fixture('odd'), env);
  assert.equal((await second.ended).code, 2);
  first.process.kill('SIGKILL');
  await first.ended;
  assert.ok(existsSync(env.ORCHESTRATOR_SOCKET));
  const third = await Container.ready(t, fixture('odd'), env);
  assert.equal((await third.infer(X)).status, 200);
  third.process.kill('SIGTERM');
  assert.equal((await third.ended).code, 0);
  assert.ok(!existsSync(env.ORCHESTRATOR_SOCKET));
});
