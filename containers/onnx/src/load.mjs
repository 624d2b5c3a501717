import { findModelFile } from './artefact.mjs';
import { toModel, zeros } from './elements.mjs';
import { describeInputs, describeOutputs, fixedBatch, untransferable } from './interface.mjs';
import { readOptions } from './options.mjs';
import { ConfigurationError } from '../../sdk/node/index.mjs';

/** Rows of the trial run: a number that rarely stands in a model as a dimension. */
const TRIAL_ROWS = 3;

/**
 * @param {import('../../sdk/node/src/serve.mjs').LoadContext} context
 * @returns {Promise<import('../../sdk/node/src/serve.mjs').Model>}
 */
export async function load({ artefact, options, threads }) {
  const { outputs: wanted, graphOptimization } = readOptions(options);
  const file = findModelFile(artefact);
  const ort = await importRuntime();
  const session = await createSession(ort, file, threads, graphOptimization);
  const inputs = describeInputs(session.inputMetadata);
  const fixed = fixedBatch(session.inputMetadata);
  const candidates = chooseOutputs(session.outputMetadata, wanted);
  const trial = await tryOnZeros(ort, session, inputs, fixed ?? TRIAL_ROWS, candidates);
  const { outputs, warnings } = describeOutputs(candidates, fixed, fixed ?? TRIAL_ROWS, trial);
  const model = new OnnxModel(ort, session, inputs, outputs, fixed);
  return {
    inputs,
    outputs,
    warnings,
    maxBatchSize: fixed,
    framework: `onnxruntime ${ort.env.versions.node ?? ort.env.versions.common}`,
    predict: (tensors, context) => model.predict(tensors, context),
  };
}

async function importRuntime() {
  try {
    return (await import('onnxruntime-node')).default;
  } catch (error) {
    throw new Error(`onnxruntime-node cannot be loaded (${error.message}); run "npm ci --ignore-scripts" in the folder of the container`);
  }
}

async function createSession(ort, file, threads, graphOptimizationLevel) {
  try {
    return await ort.InferenceSession.create(file, {
      intraOpNumThreads: threads, interOpNumThreads: 1, executionMode: 'sequential', graphOptimizationLevel, logSeverityLevel: 3,
    });
  } catch (error) {
    throw new Error(`${file} is not a model that ONNX Runtime can load: ${error.message}; check it with onnx.checker and export it with an opset this runtime knows`);
  }
}

function chooseOutputs(metadata, wanted) {
  if (wanted === undefined) return metadata;
  return wanted.map((name) => {
    const found = metadata.find((each) => each.name === name);
    if (!found) throw new ConfigurationError(`option outputs names ${JSON.stringify(name)}, the model has ${metadata.map((each) => each.name).join(', ')}`);
    return found;
  });
}

/** Warms the session up and shows the true shapes of the outputs. Zeros are no valid input for every model; then the metadata has to do. */
async function tryOnZeros(ort, session, inputs, rows, outputs) {
  const names = outputs.filter((each) => !untransferable(each)).map((each) => each.name);
  if (names.length === 0) return undefined;
  const feeds = {};
  for (const { name, type, shape } of inputs) {
    const dims = [rows, ...shape.slice(1).map((dimension) => (dimension === -1 ? 1 : dimension))];
    feeds[name] = new ort.Tensor(type, zeros(type, dims, ARRAYS), dims);
  }
  try {
    return await session.run(feeds, names);
  } catch (error) {
    process.stderr.write(`the trial run on zeros failed, the shapes of the outputs are taken from the model's metadata: ${error.message}\n`);
    return undefined;
  }
}

const ARRAYS = {
  bool: Uint8Array, uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, uint64: BigUint64Array, int8: Int8Array,
  int16: Int16Array, int32: Int32Array, int64: BigInt64Array, float16: Uint16Array, float32: Float32Array, float64: Float64Array,
};

class OnnxModel {
  #ort;
  #session;
  #inputs;
  #outputs;
  #fixed;

  constructor(ort, session, inputs, outputs, fixed) {
    this.#ort = ort;
    this.#session = session;
    this.#inputs = inputs;
    this.#outputs = new Map(outputs.map((spec) => [spec.name, spec]));
    this.#fixed = fixed;
  }

  /** Only the outputs that were asked for are fetched, so ONNX Runtime need not compute the others. */
  async predict(tensors, context) {
    const rows = this.#fixed ?? context.rows;
    const feeds = {};
    for (const { name, type } of this.#inputs) {
      const tensor = tensors[name];
      feeds[name] = new this.#ort.Tensor(type, toModel(tensor, rows), [rows, ...tensor.shape.slice(1)]);
    }
    const results = await this.#session.run(feeds, context.outputs);
    const answer = {};
    for (const name of context.outputs) answer[name] = this.#cut(results[name], this.#outputs.get(name), context.rows);
    return answer;
  }

  #cut({ data, dims }, { name, wrapped }, rows) {
    if (wrapped) return { data, shape: [1, ...dims] };
    if (dims[0] === rows) return { data, shape: dims };
    if (dims[0] !== this.#fixed) throw new Error(`output ${name} has ${dims[0]} rows, expected ${this.#fixed ?? rows}: its dimension 0 is not the batch; leave it out with the option outputs`);
    const size = data.length / dims[0];
    return { data: Array.isArray(data) ? data.slice(0, rows * size) : data.subarray(0, rows * size), shape: [rows, ...dims.slice(1)] };
  }
}
