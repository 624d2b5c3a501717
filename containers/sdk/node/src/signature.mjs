import { DATATYPES } from './datatypes.mjs';
import { quote } from './errors.mjs';

/**
 * @typedef {{name: string, datatype: import('./datatypes.mjs').DatatypeName, shape: number[]}} TensorSpec dimension 0 is the batch, -1
 * @typedef {TensorSpec & {type: import('./datatypes.mjs').Datatype, jsonName: string, optional: boolean}} CompiledSpec
 * @typedef {object} Signature
 * @property {CompiledSpec[]} inputs  @property {Map<string, CompiledSpec>} inputsByName
 * @property {CompiledSpec[]} outputs  @property {Map<string, CompiledSpec>} outputsByName
 * @property {number|undefined} maxBatchSize
 */

/**
 * Checks what the author declared, once, so that a request is only ever compared with something sound.
 * @param {{inputs: TensorSpec[], outputs: TensorSpec[], optionalInputs?: string[], maxBatchSize?: number}} model
 * @returns {Signature}
 */
export function compileSignature(model) {
  const optional = new Set(model.optionalInputs ?? []);
  const inputs = compileList('inputs', model.inputs, optional);
  const outputs = compileList('outputs', model.outputs, new Set());
  for (const name of optional) {
    if (!inputs.some((spec) => spec.name === name)) throw new TypeError(`optionalInputs names ${quote(name)}, which is not an input`);
  }
  const { maxBatchSize } = model;
  if (maxBatchSize !== undefined && !(Number.isInteger(maxBatchSize) && maxBatchSize > 0)) {
    throw new TypeError(`maxBatchSize is ${quote(maxBatchSize)}, expected a whole number above 0`);
  }
  return { inputs, outputs, inputsByName: byName(inputs), outputsByName: byName(outputs), maxBatchSize };
}

const byName = (specs) => new Map(specs.map((spec) => [spec.name, spec]));

function compileList(what, specs, optional) {
  if (!Array.isArray(specs) || specs.length === 0) throw new TypeError(`${what}: expected a list of at least one {name, datatype, shape}`);
  const seen = new Set();
  return specs.map((spec) => {
    const { name, datatype, shape } = spec;
    if (typeof name !== 'string' || name === '') throw new TypeError(`${what}: expected a name, got ${quote(name)}`);
    if (name === '__proto__') throw new TypeError(`${what}: "__proto__" cannot be a tensor's name`);
    if (seen.has(name)) throw new TypeError(`${what}: ${quote(name)} is declared twice`);
    seen.add(name);
    const type = DATATYPES.get(datatype);
    if (!type) throw new TypeError(`${what}: ${quote(name)} has datatype ${quote(datatype)}, expected one of ${[...DATATYPES.keys()].join(', ')}`);
    const sound = Array.isArray(shape) && shape[0] === -1 && shape.every((d) => Number.isInteger(d) && d >= -1);
    if (!sound) throw new TypeError(`${what}: ${quote(name)} has shape ${quote(shape)}, expected [-1, ...]: dimension 0 is the batch`);
    return { name, datatype, shape: [...shape], type, jsonName: JSON.stringify(name), optional: optional.has(name) };
  });
}

/**
 * The answer to `GET /v2/models/{m}`.
 * @param {import('./settings.mjs').Settings} settings  @param {string} platform  @param {Signature} signature
 * @param {{framework?: string, warnings?: string[], properties?: Record<string, string>}} model
 */
export function describeModel(settings, platform, signature, model) {
  /** @type {Record<string, string>} */
  const properties = { ...model.properties, concurrency: String(settings.concurrency) };
  if (signature.maxBatchSize !== undefined) properties.max_batch_size = String(signature.maxBatchSize);
  if (model.framework) properties.framework = model.framework;
  if (model.warnings?.length) properties.warnings = model.warnings.join('\n');
  const optional = signature.inputs.filter((spec) => spec.optional).map((spec) => spec.name);
  if (optional.length) properties.optional_inputs = optional.join(',');
  const plain = ({ name, datatype, shape }) => ({ name, datatype, shape });
  return {
    name: settings.model,
    versions: [settings.version],
    platform,
    inputs: signature.inputs.map(plain),
    outputs: signature.outputs.map(plain),
    properties,
  };
}
