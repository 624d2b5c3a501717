import { connect } from 'node:net';
import { unlinkSync } from 'node:fs';
import { ConfigurationError } from './errors.mjs';

/**
 * @param {import('node:http').Server} http  @param {import('./settings.mjs').Settings} settings
 * @returns {Promise<string>} the address, for people
 */
export async function listen(http, settings) {
  const { socket, host, port } = settings;
  const where = socket ? { path: socket } : { host, port };
  try {
    await tryListen(http, where);
  } catch (error) {
    if (!(socket && error.code === 'EADDRINUSE' && await isLeftOver(socket))) throw cannotListen(error, socket ?? `${host}:${port}`);
    unlinkSync(socket);
    await tryListen(http, where).catch((again) => { throw cannotListen(again, socket); });
  }
  const bound = http.address();
  return typeof bound === 'string' ? bound : `http://${bound.family === 'IPv6' ? `[${bound.address}]` : bound.address}:${bound.port}`;
}

function tryListen(http, where) {
  return new Promise((resolve, reject) => {
    http.once('error', reject);
    http.listen(where, () => {
      http.off('error', reject);
      resolve();
    });
  });
}

/** A socket file whose process was killed: it exists, but refuses. */
function isLeftOver(path) {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => { probe.destroy(); resolve(false); });
    probe.once('error', (error) => resolve(/** @type {any} */ (error).code === 'ECONNREFUSED'));
  });
}

function cannotListen(error, address) {
  return new ConfigurationError(`cannot listen on ${address}: ${error.message}; choose another ORCHESTRATOR_PORT, ORCHESTRATOR_HOST or ORCHESTRATOR_SOCKET`);
}
