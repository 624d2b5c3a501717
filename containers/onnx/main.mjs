import { serve } from '../sdk/node/index.mjs';

serve({
  name: 'orchestrator-onnx',
  version: '1.0.0',
  platform: 'onnx',
  // Imported here and not above: only the worker threads need ONNX Runtime, the I/O thread starts without it.
  load: async (context) => (await import('./src/load.mjs')).load(context),
});
