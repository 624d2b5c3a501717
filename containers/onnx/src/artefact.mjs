import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigurationError } from '../../sdk/node/index.mjs';

/**
 * @param {string|undefined} path a .onnx file, or a folder with exactly one (and whatever external data lies beside it)
 * @returns {string} the file
 */
export function findModelFile(path) {
  if (path === undefined) throw new ConfigurationError('ORCHESTRATOR_ARTEFACT is not set, expected the path of a .onnx file or of a folder with one');
  if (!existsSync(path)) throw new Error(`ORCHESTRATOR_ARTEFACT is ${path}, which does not exist; expected a .onnx file or a folder with one`);
  if (!statSync(path).isDirectory()) return path;
  const files = readdirSync(path).filter((name) => name.toLowerCase().endsWith('.onnx')).sort();
  if (files.length === 1) return join(path, files[0]);
  const found = files.length === 0 ? 'none' : files.join(', ');
  throw new Error(`the folder ${path} must hold exactly one .onnx file, found ${found}; deploy the file itself or leave one in the folder`);
}
