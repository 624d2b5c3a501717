import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from '../src/settings.mjs';

test('readSettings_NothingSet_GivesTheDefaultsOfTheContract', () => {
  assert.deepEqual(readSettings({ ORCHESTRATOR_SOCKET: '' }), {
    model: 'model', version: '1', artefact: undefined, host: '127.0.0.1', port: 8080, socket: undefined, concurrency: 1, threads: 1,
    maxBatchBytes: 8388608, maxBodyBytes: 2 * 8388608 + 1048576, drainSeconds: 10, options: {},
  });
});

test('readSettings_WrongValue_NamesTheVariableAndWhatWasExpected', () => {
  const cases = [
    ['PORT', '65536', /ORCHESTRATOR_PORT is "65536", expected a whole number from 0 to 65535/],
    ['PORT', '80a', /PORT/], ['CONCURRENCY', '0', /from 1/], ['THREADS', '1.5', /whole/], ['DRAIN_SECONDS', '-1', /DRAIN_SECONDS/],
    ['MAX_BATCH_BYTES', '0', /MAX_BATCH_BYTES/], ['OPTIONS', '[]', /JSON object/], ['OPTIONS', '{', /JSON object/],
    ['SOCKET', `/${'x'.repeat(107)}`, /107/],
  ];
  for (const [name, value, message] of cases) {
    assert.throws(() => readSettings({ [`ORCHESTRATOR_${name}`]: value }), { name: 'ConfigurationError', message });
  }
});

test('readSettings_ValuesGiven_AreRead', () => {
  const settings = readSettings({ ORCHESTRATOR_OPTIONS: '{"a":[1]}', ORCHESTRATOR_DRAIN_SECONDS: '0.5', ORCHESTRATOR_CONCURRENCY: '3' });
  assert.deepEqual(settings.options, { a: [1] });
  assert.equal(settings.drainSeconds, 0.5);
  assert.equal(settings.concurrency, 3);
});
