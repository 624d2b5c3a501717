import { parentPort } from 'node:worker_threads';
import { nowMicros } from './clock.mjs';
import { ConfigurationError, RequestError, describe } from './errors.mjs';
import { decodeRequest } from './request.mjs';
import { encodeResponse } from './response.mjs';
import { compileSignature, describeModel } from './signature.mjs';

/**
 * What the I/O thread sends for one batch. A list, because cloning one is cheaper than cloning an object.
 * @typedef {[buffer: ArrayBuffer, start: number, headerLength: number|undefined, arrived: number, deadline: number|undefined, traceparent: string|undefined]} Job
 * @typedef {[status: number, body: Uint8Array|string, headerLength: number|undefined, queueMicros: number, computeMicros: number]} Answer
 */

/**
 * The worker's side of `serve`: loads the author's model, then decodes, computes and encodes one batch after the other.
 * All work on tensors is done here, so that the I/O thread only moves bytes and health always answers.
 * @param {import('./serve.mjs').Definition} definition  @param {import('./settings.mjs').Settings} settings
 */
export async function runWorker(definition, settings) {
  let batches;
  try {
    const model = await loadModel(definition, settings);
    const signature = compileSignature(model);
    batches = new Batches(model, signature, settings);
    parentPort.postMessage({ ready: describeModel(settings, definition.platform ?? 'node', signature, model) });
  } catch (error) {
    const [failed, code] = error instanceof ConfigurationError ? [error.message, 2] : [describeFailedLoad(error), 3];
    parentPort.postMessage({ failed, code });
    return;
  }
  parentPort.on('message', (job) => batches.add(job));
}

/** A plain Error is written for the reader already; of anything else the type helps. @param {unknown} error */
function describeFailedLoad(error) {
  return `the model could not be loaded: ${error instanceof Error && error.name === 'Error' ? error.message : describe(error)}`;
}

async function loadModel(definition, settings) {
  const { artefact, options, threads, model, version } = settings;
  const loaded = definition.load ? await definition.load({ artefact, options, threads, model, version }) : definition;
  if (typeof loaded?.predict !== 'function') throw new TypeError('expected a batch function "predict", in serve({...}) or in what load() returns');
  return loaded;
}

/** Runs batches strictly one after the other; the I/O thread may send the next one early, so that no round trip lies between two. */
class Batches {
  /** @type {Job[]} */
  #waiting = [];
  #running = false;

  constructor(model, signature, settings) {
    this.model = model;
    this.signature = signature;
    this.opening = `{"model_name":${JSON.stringify(settings.model)},"model_version":${JSON.stringify(settings.version)},`;
  }

  /** @param {Job} job */
  async add(job) {
    this.#waiting.push(job);
    if (this.#running) return;
    this.#running = true;
    for (let next = this.#waiting.shift(); next; next = this.#waiting.shift()) {
      const answer = await this.#answer(next);
      const body = answer[1];
      parentPort.postMessage(answer, typeof body === 'string' ? [] : [body.buffer]);
    }
    this.#running = false;
  }

  /** @param {Job} job  @returns {Promise<Answer>} */
  async #answer([buffer, start, headerLength, arrived, deadline, traceparent]) {
    const queueMicros = Math.round(nowMicros() - arrived);
    let began;
    try {
      const batch = decodeRequest(Buffer.from(buffer, start), headerLength, this.signature);
      const failures = new Map();
      const context = new BatchContext(batch, failures, traceparent);
      const now = nowMicros();
      if (deadline !== undefined && now > deadline) throw new RequestError('the deadline had passed before the batch began to compute', 504);
      began = now;
      const result = await this.model.predict(batch.inputs, context);
      const computeMicros = Math.round(nowMicros() - began);
      const { body, headerLength: answerHeader } = encodeResponse(this.opening, batch, result, failures);
      return [200, body, answerHeader, queueMicros, computeMicros];
    } catch (error) {
      const computeMicros = began === undefined ? 0 : Math.round(nowMicros() - began);
      if (error instanceof RequestError) return [error.status, error.message, undefined, queueMicros, computeMicros];
      return [500, describe(error), undefined, queueMicros, computeMicros];
    }
  }
}

/** What the batch function is told besides the tensors. */
class BatchContext {
  #failures;

  constructor(batch, failures, traceparent) {
    this.rows = batch.rows;
    this.id = batch.id;
    this.parameters = batch.parameters;
    this.outputs = batch.outputs.map((output) => output.spec.name); // the others need not be computed
    this.traceparent = traceparent;
    this.#failures = failures;
  }

  /**
   * Marks one row as failed; the others are answered. What the outputs hold for it does not matter.
   * A RequestError says that the row's input is at fault, not the model: its caller gets 400 instead of 500.
   * @param {number} row  @param {unknown} error an Error or a text
   */
  fail(row, error) {
    if (!Number.isInteger(row) || row < 0 || row >= this.rows) throw new RangeError(`row ${row} of a batch of ${this.rows} cannot fail`);
    const isInvalid = error instanceof RequestError;
    this.#failures.set(row, { text: isInvalid ? error.message : typeof error === 'string' ? error : describe(error), isInvalid });
  }
}
