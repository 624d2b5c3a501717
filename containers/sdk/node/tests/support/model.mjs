import { compileSignature } from '../../src/signature.mjs';

/** A signature for tests of single functions. @param {object} model */
export const signature = (model) => compileSignature({ outputs: [{ name: 'y', datatype: 'FP32', shape: [-1] }], ...model });

/** @param {object} header  @param {...Buffer} tensors  @returns {[Buffer, number|undefined]} a body as decodeRequest takes it, misaligned on purpose */
export function body(header, ...tensors) {
  const json = Buffer.from(JSON.stringify(header));
  return [Buffer.concat([json, ...tensors]), tensors.length ? json.length : undefined];
}
