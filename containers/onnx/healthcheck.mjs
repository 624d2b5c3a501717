import { get } from 'node:http';

// For the image's HEALTHCHECK: the base has no curl.
const { ORCHESTRATOR_SOCKET: socketPath, ORCHESTRATOR_PORT: port = '8080' } = process.env;
const where = socketPath ? { socketPath } : { host: '127.0.0.1', port };

get({ ...where, path: '/v2/health/ready', timeout: 2000 }, (response) => process.exit(response.statusCode === 200 ? 0 : 1))
  .on('timeout', () => process.exit(1))
  .on('error', () => process.exit(1));
