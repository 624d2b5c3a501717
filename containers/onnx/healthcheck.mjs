import { get } from 'node:http';

// For the image's HEALTHCHECK: the base has no curl. 'Live', not 'ready': a model may load for minutes, and whether it is ready is the orchestrator's question.
const { ORCHESTRATOR_SOCKET: socketPath, ORCHESTRATOR_PORT: port = '8080' } = process.env;
const where = socketPath ? { socketPath } : { host: '127.0.0.1', port };

get({ ...where, path: '/v2/health/live', timeout: 2000 }, (response) => process.exit(response.statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
