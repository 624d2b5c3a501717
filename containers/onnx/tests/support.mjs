import { fileURLToPath } from 'node:url';
import { Container } from '../../sdk/node/tests/support/container.mjs';

const MAIN = new URL('../main.mjs', import.meta.url);

/** @param {string} name  @returns {string} path of a model that make_models.py wrote */
export const modelFile = (name) => fileURLToPath(new URL(`./models/${name}.onnx`, import.meta.url));

export const serveModel = (t, name, env = {}) => Container.ready(t, MAIN, { ORCHESTRATOR_ARTEFACT: modelFile(name), ...env });

/** One that is expected to end before it is ready. @returns {Promise<{code: number, fatal: string}>} */
export async function failToServe(t, artefact, env = {}) {
  const container = Container.start(t, MAIN, { ...(artefact === undefined ? {} : { ORCHESTRATOR_ARTEFACT: artefact }), ...env });
  const { code } = await container.ended;
  return { code, fatal: container.log.split('\n').filter((line) => line.startsWith('FATAL: ')).join('\n') };
}
