import { ConfigurationError, quote } from './errors.mjs';

/**
 * @typedef {object} Settings
 * @property {string} model  @property {string} version  @property {string|undefined} artefact
 * @property {string} host  @property {number} port  @property {string|undefined} socket
 * @property {number} concurrency  @property {number} threads  @property {number} maxBatchBytes  @property {number} maxBodyBytes
 * @property {number} drainSeconds  @property {Record<string, any>} options
 */

const DEFAULTS = {
  model: 'model', version: '1', host: '127.0.0.1', port: 8080, concurrency: 1, threads: 1, maxBatchBytes: 8388608, drainSeconds: 10,
};

/** The kernel's limit for a Unix socket's path (sun_path, with its ending zero); longer ones are cut silently by some systems. */
const LONGEST_SOCKET_PATH = 107;

/**
 * Reads the contract's variables; an empty one counts as unset.
 * @param {Record<string, string|undefined>} env  @returns {Settings}
 */
export function readSettings(env) {
  const text = (name) => env[`ORCHESTRATOR_${name}`] || undefined;
  const whole = (name, fallback, least, most) => number(name, text(name), fallback, least, most, true);
  const maxBatchBytes = whole('MAX_BATCH_BYTES', DEFAULTS.maxBatchBytes, 1, 2 ** 30);
  return {
    model: text('MODEL') ?? DEFAULTS.model,
    version: text('VERSION') ?? DEFAULTS.version,
    artefact: text('ARTEFACT'),
    host: text('HOST') ?? DEFAULTS.host,
    port: whole('PORT', DEFAULTS.port, 0, 65535),
    socket: socket(text('SOCKET')),
    concurrency: whole('CONCURRENCY', DEFAULTS.concurrency, 1, 256),
    threads: whole('THREADS', DEFAULTS.threads, 1, 1024),
    maxBatchBytes,
    maxBodyBytes: 2 * maxBatchBytes + 1048576,
    drainSeconds: number('DRAIN_SECONDS', text('DRAIN_SECONDS'), DEFAULTS.drainSeconds, 0, 86400, false),
    options: options(text('OPTIONS')),
  };
}

function number(name, value, fallback, least, most, whole) {
  if (value === undefined) return fallback;
  const parsed = /^\d+(\.\d+)?$/.test(value) ? Number(value) : NaN;
  if (parsed >= least && parsed <= most && (!whole || Number.isInteger(parsed))) return parsed;
  const kind = whole ? 'a whole number' : 'a number';
  throw new ConfigurationError(`ORCHESTRATOR_${name} is ${quote(value)}, expected ${kind} from ${least} to ${most}`);
}

function socket(path) {
  if (path === undefined || Buffer.byteLength(path) <= LONGEST_SOCKET_PATH) return path;
  throw new ConfigurationError(`ORCHESTRATOR_SOCKET has ${Buffer.byteLength(path)} bytes, a socket's path may have ${LONGEST_SOCKET_PATH}; choose a shorter folder`);
}

function options(text) {
  let value;
  try { value = JSON.parse(text ?? '{}'); } catch { value = null; }
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  throw new ConfigurationError(`ORCHESTRATOR_OPTIONS is ${quote(text)}, expected a JSON object such as {"columns":["a","b"]}`);
}
