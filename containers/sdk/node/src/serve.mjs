import { pathToFileURL } from 'node:url';
import { isMainThread, workerData } from 'node:worker_threads';
import { ConfigurationError, describe } from './errors.mjs';
import { listen } from './listen.mjs';
import { drainOnSignal, endNow, endOnEscape, fatal } from './lifecycle.mjs';
import { ContainerServer } from './server.mjs';
import { readSettings } from './settings.mjs';
import { runWorker } from './worker.mjs';
import { Workers } from './workers.mjs';

/**
 * @callback Predict the batch function: all rows at once
 * @param {Record<string, import('./tensors.mjs').Tensor>} inputs by name, already checked against the signature
 * @param {{rows: number, id: string|undefined, parameters: Record<string, any>, outputs: string[],
 *   traceparent: string|undefined, fail: (row: number, error: unknown) => void}} context
 * @returns {Record<string, any>|Promise<Record<string, any>>} by output name: {data, shape} or data alone
 *
 * @typedef {object} Model
 * @property {import('./signature.mjs').TensorSpec[]} inputs  @property {import('./signature.mjs').TensorSpec[]} outputs
 * @property {Predict} predict
 * @property {string[]} [optionalInputs]  @property {number} [maxBatchSize]
 * @property {string} [framework] name and version  @property {string[]} [warnings]  @property {Record<string, string>} [properties]
 *
 * @typedef {{artefact: string|undefined, options: Record<string, any>, threads: number, model: string, version: string}} LoadContext
 *
 * @typedef {{method: string, path: string, handle: (request: import('node:http').IncomingMessage,
 *   response: import('node:http').ServerResponse, api: {infer: (request: object) => Promise<any>}) => any}} Route
 *
 * @typedef {object} ServeOptions
 * @property {string} [name] of the container program  @property {string} [version] of the container program
 * @property {string} [platform] as in the metadata
 * @property {(context: LoadContext) => Model|Promise<Model>} [load] instead of a signature and predict given directly
 * @property {Route[]} [routes] the author's own; they run on the I/O thread and must not compute there
 * @property {string|URL} [entry] the module that calls serve, if it is not the program's main module
 *
 * @typedef {ServeOptions & Partial<Model>} Definition
 */

/**
 * Serves one version of one model. The module that calls this is run twice: by the main thread, which listens, and by each worker
 * thread, where `load` and `predict` run. Keep what is slow or needs the artefact inside `load`.
 * @param {Definition} definition
 */
export function serve(definition) {
  const settings = isMainThread ? undefined : workerData?.orchestratorContainer;
  if (settings) return runWorker(definition, settings);
  return runMain(definition);
}

async function runMain(definition) {
  endOnEscape();
  try {
    const settings = readSettings(process.env);
    const server = new ContainerServer(definition, settings);
    // Listening comes first: live answers while the model loads.
    const address = await listen(server.http, settings);
    process.stderr.write(`listening on ${address}, model ${settings.model} version ${settings.version}\n`);
    const workers = new Workers({
      entry: definition.entry ? new URL(definition.entry) : pathToFileURL(process.argv[1]),
      settings,
      onReady: (metadata) => {
        server.becomeReady(metadata);
        process.stderr.write('ready\n');
      },
      onFatal: (code, text) => {
        fatal(text);
        // Answers that say so may still be on their way out; one turn of the loop is enough to hand them to the kernel.
        setTimeout(() => endNow(workers, code), 50);
      },
    });
    server.attach(workers);
    drainOnSignal(server, workers, settings.drainSeconds);
  } catch (error) {
    fatal(error instanceof ConfigurationError ? error.message : describe(error));
    process.exit(error instanceof ConfigurationError ? 2 : 1);
  }
}
