import { describe } from './errors.mjs';

/** How long threads that compute may take to stop at the end; native code cannot be interrupted. */
const TERMINATE_MS = 1000;

/** One line, whatever the text holds: the orchestrator looks for it. @param {string} text */
export function fatal(text) {
  process.stderr.write(`FATAL: ${text.replace(/\s*[\r\n]+\s*/g, ' ')}\n`);
}

/** What escapes on the I/O thread (an author's route that throws from a timer) is told like any other end. */
export function endOnEscape() {
  process.on('uncaughtException', (error) => {
    fatal(`an exception outside of a request: ${describe(error)}; catch it where it is thrown`);
    process.exit(1);
  });
  // Nobody reading the log is no reason to end.
  process.stderr.on('error', () => {});
}

/**
 * The first signal drains, the second ends at once.
 * @param {import('./server.mjs').ContainerServer} server  @param {import('./workers.mjs').Workers} workers  @param {number} seconds
 */
export function drainOnSignal(server, workers, seconds) {
  let draining = false;
  const onSignal = (signal) => {
    if (draining) return dieBy(signal);
    draining = true;
    process.stderr.write(`${signal}: draining for up to ${seconds} s\n`);
    server.becomeDraining();
    drain(server, workers, seconds);
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}

async function drain(server, workers, seconds) {
  const limit = new Promise((resolve) => { setTimeout(resolve, seconds * 1000, 'limit'); });
  // The listener stays open until the batches are done, so that health can say "not ready" meanwhile.
  const finished = workers.whenIdle().then(() => closeServer(server.http));
  if (await Promise.race([finished, limit]) === 'limit') process.stderr.write(`the drain took more than ${seconds} s, what still runs is given up\n`);
  await endNow(workers, 0);
}

/** Resolves when the last answer has been written. */
function closeServer(http) {
  return new Promise((resolve) => {
    http.close(resolve);
    http.closeIdleConnections();
  });
}

/** @param {import('./workers.mjs').Workers} workers  @param {number} code */
export async function endNow(workers, code) {
  const late = new Promise((resolve) => { setTimeout(resolve, TERMINATE_MS, 'late'); });
  // process.exit waits for every thread. One that is inside native code would hold it for as long as that takes.
  if (await Promise.race([workers.terminate(), late]) === 'late') dieBy('SIGKILL');
  process.exit(code);
}

/** Lets the kernel end the process, which needs no thread to agree. */
function dieBy(signal) {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
