import { serve } from '../sdk/node/index.mjs';

// ONNX Runtime's own builds report usage to their maker; a server inside somebody's network must not. Set here, as a worker's environment is only a copy.
process.env.ORT_DISABLE_TELEMETRY ??= '1';

serve({
  name: 'orchestrator-onnx',
  version: '1.0.0',
  platform: 'onnx',
  // Imported here and not above: only the worker threads need ONNX Runtime, the I/O thread starts without it.
  load: async (context) => (await import('./src/load.mjs')).load(context),
});
