import { ConfigurationError } from '../../sdk/node/index.mjs';

const LEVELS = ['disabled', 'basic', 'extended', 'layout', 'all'];

/**
 * @param {Record<string, any>} options
 * @returns {{outputs: string[]|undefined, graphOptimization: any}}
 */
export function readOptions(options) {
  const { outputs, graph_optimization: graphOptimization = 'all', ...unknown } = options;
  const [stranger] = Object.keys(unknown);
  if (stranger !== undefined) throw new ConfigurationError(`unknown option ${JSON.stringify(stranger)}, expected outputs or graph_optimization`);
  const names = Array.isArray(outputs) && outputs.length > 0 && outputs.every((name) => typeof name === 'string');
  if (outputs !== undefined && !names) throw new ConfigurationError(`option outputs is ${JSON.stringify(outputs)}, expected a list of names of the model's outputs`);
  if (!LEVELS.includes(graphOptimization)) {
    throw new ConfigurationError(`option graph_optimization is ${JSON.stringify(graphOptimization)}, expected one of ${LEVELS.join(', ')}`);
  }
  return { outputs, graphOptimization };
}
