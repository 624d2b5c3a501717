/** The whole public surface of the SDK: one call, two errors, three helpers for tensors. */
export { serve } from './src/serve.mjs';
export { ConfigurationError, RequestError } from './src/errors.mjs';
export { floatToHalf, halfToFloat } from './src/half.mjs';
export { toStrings } from './src/tensors.mjs';
