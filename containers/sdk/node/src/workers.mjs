import { Worker } from 'node:worker_threads';

/**
 * @callback Complete called exactly once for each accepted batch
 * @param {import('./worker.mjs').Answer} answer
 *
 * @typedef {{job: import('./worker.mjs').Job, complete: Complete, abandoned: boolean}} Entry
 */

/**
 * One worker thread per concurrency slot. Accepts as many batches as there are slots, and one more that waits; with a single slot two more.
 * With a single slot the first that waits is already sent to its worker, which saves the round trip between two batches; with several
 * it stays here until any of them is free.
 */
export class Workers {
  /** @type {{thread: Worker, sent: Entry[], ready: boolean}[]} */
  #slots = [];
  /** @type {Entry|undefined} */
  #waiting;
  #accepted = 0;
  #failed = false;
  #idle = () => {};

  /**
   * @param {{entry: URL|string, settings: import('./settings.mjs').Settings, onReady: (metadata: object) => void,
   *   onFatal: (code: number, text: string) => void}} options
   */
  constructor({ entry, settings, onReady, onFatal }) {
    this.concurrency = settings.concurrency;
    this.depth = settings.concurrency === 1 ? 2 : 1;
    this.waiting = settings.concurrency === 1 ? 2 : 1;
    this.onReady = onReady;
    this.onFatal = onFatal;
    for (let i = 0; i < settings.concurrency; i++) this.#start(entry, settings);
  }

  get full() {
    return this.#accepted >= this.concurrency + this.waiting;
  }

  /** @param {import('./worker.mjs').Job} job  @param {Complete} complete  @returns {Entry} to be given to `abandon` when nobody waits any more */
  submit(job, complete) {
    const entry = { job, complete, abandoned: false };
    this.#accepted++;
    const free = this.#free();
    if (free) this.#send(free, entry);
    else this.#waiting = entry;
    return entry;
  }

  /** The caller has gone: a batch that still waits here is not computed at all. @param {Entry} entry */
  abandon(entry) {
    entry.abandoned = true;
    if (this.#waiting !== entry) return;
    this.#waiting = undefined;
    this.#completed();
  }

  /** Resolves as soon as no accepted batch is left. */
  whenIdle() {
    if (this.#accepted === 0) return Promise.resolve();
    return new Promise((resolve) => { this.#idle = resolve; });
  }

  terminate() {
    this.#failed = true; // their end is wanted from here on
    return Promise.all(this.#slots.map((slot) => slot.thread.terminate()));
  }

  #start(entry, settings) {
    const slot = { thread: new Worker(entry, { workerData: { orchestratorContainer: settings } }), sent: [], ready: false };
    slot.thread.on('message', (message) => this.#received(slot, message));
    slot.thread.on('messageerror', (error) => this.#fail(slot, 1, `an answer of the model's worker thread could not be read: ${error.message}`));
    slot.thread.on('error', (error) => this.#fail(slot, slot.ready ? 1 : 3, crashText(slot, error)));
    slot.thread.on('exit', (code) => this.#fail(slot, slot.ready ? 1 : 3, slot.ready
      ? `the model's worker thread ended by itself with code ${code}; it must stay until the container is stopped`
      : `the model's module ended with code ${code} without calling serve({...})`));
    this.#slots.push(slot);
  }

  #free() {
    return this.#slots.find((slot) => slot.sent.length < this.depth);
  }

  #send(slot, entry) {
    slot.sent.push(entry);
    slot.thread.postMessage(entry.job, [entry.job[0]]);
  }

  #received(slot, message) {
    if (Array.isArray(message)) {
      const entry = slot.sent.shift(); // a worker answers in the order it was sent to
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if (waiting) this.#send(slot, waiting);
      this.#completed();
      entry.complete(message);
    } else if (message.ready) {
      slot.ready = true;
      if (this.#slots.every((each) => each.ready)) this.onReady(message.ready);
    } else {
      this.#fail(slot, message.code, message.failed);
    }
  }

  #completed() {
    this.#accepted--;
    if (this.#accepted === 0) this.#idle();
  }

  #fail(slot, code, text) {
    if (this.#failed) return;
    this.#failed = true;
    const lost = this.#waiting ? [...slot.sent, this.#waiting] : slot.sent;
    for (const entry of lost) entry.complete([500, `the model's worker thread ended: ${text}`, undefined, 0, 0]);
    this.onFatal(code, text);
  }
}

function crashText(slot, error) {
  const what = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  if (!slot.ready) return `the model could not be loaded: ${what}`;
  return `the model's worker thread ended by an exception outside of a batch: ${what}; catch it where it is thrown`;
}
