import { datatypeOf } from './elements.mjs';

/**
 * @typedef {{name: string, isTensor: boolean, type: string, shape: (number|string)[]}} Metadata as ONNX Runtime gives it; an unknown
 *   rank and rank 0 look the same: []
 * @typedef {{name: string, datatype: any, shape: number[], type: string}} InputSpec
 * @typedef {{name: string, datatype: any, shape: number[], wrapped: boolean}} OutputSpec wrapped: the model gives no batch dimension
 */

const open = (dimension) => (typeof dimension === 'number' ? dimension : -1);

/** @param {Metadata[]} metadata  @returns {InputSpec[]} */
export function describeInputs(metadata) {
  if (metadata.length === 0) throw new Error('the model has no inputs, expected at least one with a batch dimension');
  return metadata.map(({ name, isTensor, type, shape }) => {
    const datatype = isTensor ? datatypeOf(type) : undefined;
    if (datatype === undefined) throw new Error(`input ${name} is ${isTensor ? `of type ${type}` : 'a map or a sequence'}, expected a tensor of numbers, bools or strings; export the model without it`);
    if (shape.length === 0) throw new Error(`input ${name} has rank 0 or an unknown rank, expected a batch dimension first; export the model with the shape of its inputs`);
    return { name, datatype, type, shape: [-1, ...shape.slice(1).map(open)] };
  });
}

/**
 * @param {Metadata[]} metadata of the inputs
 * @returns {number|undefined} the rows the model always takes; undefined: any number
 */
export function fixedBatch(metadata) {
  const fixed = [...new Set(metadata.map(({ shape }) => shape[0]).filter((dimension) => typeof dimension === 'number'))];
  if (fixed.length > 1) throw new Error(`the inputs have the batch dimensions ${fixed.join(' and ')}, expected the same for all; export the model with one batch dimension`);
  if (fixed[0] === 0) throw new Error('the batch dimension of the inputs is 0, expected at least 1 or a dynamic one');
  return /** @type {number|undefined} */ (fixed[0]);
}

/**
 * Which outputs can be answered row by row. What the metadata leaves open is decided by a trial run, where there is one.
 * @param {Metadata[]} metadata  @param {number|undefined} fixed  @param {number} trialRows
 * @param {Record<string, {dims: readonly number[]}>|undefined} trial outputs of the trial run; undefined: the model refused its zeros
 * @returns {{outputs: OutputSpec[], warnings: string[]}}
 */
export function describeOutputs(metadata, fixed, trialRows, trial) {
  /** @type {OutputSpec[]} */
  const outputs = [];
  const warnings = [];
  for (const each of metadata) {
    const problem = untransferable(each);
    const shape = problem ? undefined : outputShape(each, fixed, trialRows, trial?.[each.name]?.dims);
    if (shape) outputs.push({ name: each.name, datatype: datatypeOf(each.type), ...shape });
    else warnings.push(`output ${each.name} is left out: ${problem ?? 'it has no batch dimension, so it cannot be told which row it belongs to'}`);
  }
  if (outputs.length === 0) throw new Error(`the model has no output that can be served: ${warnings.join('; ')}`);
  return { outputs, warnings };
}

/** @param {Metadata} metadata  @returns {string|undefined} why this output cannot be fetched at all */
export function untransferable({ isTensor, type }) {
  if (!isTensor) return 'it is a map or a sequence, not a tensor; with skl2onnx export with zipmap=False';
  if (datatypeOf(type) === undefined) return `its type ${type} has no datatype in the protocol`;
  return undefined;
}

function outputShape({ shape }, fixed, trialRows, dims) {
  const known = shape.length > 0;
  const tail = known ? shape.map(open) : dims?.map(() => -1);
  if (!tail) return undefined;
  // A model for one row can name its result as it likes: nobody else's row is in it.
  if (fixed === 1 && !(known ? shape[0] === 1 : dims[0] === 1)) return { shape: [-1, ...tail], wrapped: true };
  return hasBatch(shape, fixed, trialRows, dims) ? { shape: [-1, ...tail.slice(1)], wrapped: false } : undefined;
}

function hasBatch(shape, fixed, trialRows, dims) {
  const [first] = shape;
  if (dims) {
    // A dimension that is written down as the trial's number of rows only happens to be equal, unless the batch is fixed.
    return dims[0] === trialRows && (fixed !== undefined || first !== trialRows);
  }
  return typeof first === 'string' || (first !== undefined && first === fixed);
}
