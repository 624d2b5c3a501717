import { createServer } from 'node:http';
import { receiveBody } from './body.mjs';
import { nowMicros } from './clock.mjs';
import { describe, quote } from './errors.mjs';

const KEEP_ALIVE_MS = 120_000;
const EXTENSIONS = ['binary_tensor_data', 'orchestrator_container_1'];

/**
 * The I/O thread's side: answers health and metadata itself and passes bodies to the workers, never looking into them.
 */
export class ContainerServer {
  #definition;
  #settings;
  #modelPath;
  #versionPath;
  /** @type {import('./workers.mjs').Workers|undefined} */
  #workers;
  /** @type {'loading'|'ready'|'draining'} */
  #state = 'loading';
  #metadata = '';

  /** @param {import('./serve.mjs').Definition} definition  @param {import('./settings.mjs').Settings} settings */
  constructor(definition, settings) {
    this.#definition = definition;
    this.#settings = settings;
    this.#modelPath = `/v2/models/${encodeURIComponent(settings.model)}`;
    this.#versionPath = `${this.#modelPath}/versions/${encodeURIComponent(settings.version)}`;
    this.inferPaths = new Set([`${this.#modelPath}/infer`, `${this.#versionPath}/infer`]);
    this.http = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (request, response) => this.#answer(request, response));
    this.http.on('clientError', refuseBrokenHttp);
  }

  /** @param {import('./workers.mjs').Workers} workers */
  attach(workers) {
    this.#workers = workers;
  }

  /** @param {object} metadata */
  becomeReady(metadata) {
    this.#metadata = JSON.stringify(metadata);
    if (this.#state === 'loading') this.#state = 'ready';
  }

  becomeDraining() {
    this.#state = 'draining';
  }

  #answer(request, response) {
    // The common case first, with the very text the orchestrator sends.
    if (request.method === 'POST' && this.inferPaths.has(request.url)) return this.#infer(request, response);
    const path = normalPath(request.url);
    if (path === undefined) return this.#refuse(request, response, 400, 'the path is not valid percent-encoding');
    const [verb, answer] = this.#route(path, request.method) ?? [];
    if (!answer) return this.#refuse(request, response, 404, `nothing is served at ${quote(path)}; this is ${this.#versionPath}`);
    if (verb !== '*' && request.method !== verb) {
      response.setHeader('Allow', verb);
      return this.#refuse(request, response, 405, `${request.method} is not allowed at ${quote(path)}, expected ${verb}`);
    }
    answer(request, response);
  }

  /** @returns {[verb: string, answer: Function]|undefined} */
  #route(path, method) {
    const get = (status, body) => ['GET', (request, response) => this.#send(request, response, status, body)];
    const ready = this.#state === 'ready';
    const status = ready ? 200 : 503;
    if (path === '/v2/health/live') return get(200, '{"live":true}');
    if (path === '/v2/health/ready') return get(status, `{"ready":${ready}}`);
    if (path === '/v2') return get(200, JSON.stringify({ name: this.#definition.name ?? 'orchestrator-node', version: this.#definition.version ?? '1.0.0', extensions: EXTENSIONS }));
    const rest = this.#restOfModelPath(path);
    if (rest === '') return this.#metadata ? get(200, this.#metadata) : get(503, JSON.stringify({ error: 'the model is loading' }));
    if (rest === '/ready') return get(status, JSON.stringify({ name: this.#settings.model, ready }));
    if (rest === '/infer') return ['POST', (request, response) => this.#infer(request, response)];
    return this.#authorRoute(path, method);
  }

  #restOfModelPath(path) {
    const base = path.startsWith(this.#versionPath) ? this.#versionPath : this.#modelPath;
    if (!path.startsWith(base)) return undefined;
    return path.slice(base.length);
  }

  #authorRoute(path, method) {
    const routes = (this.#definition.routes ?? []).filter((route) => normalPath(route.path) === path);
    const route = routes.find((each) => each.method === method) ?? routes[0];
    if (!route) return undefined;
    return [route.method, (request, response) => this.#runAuthorRoute(route, request, response)];
  }

  async #runAuthorRoute(route, request, response) {
    try {
      await route.handle(request, response, { infer: (body) => this.#inferLocally(body, request.headers.traceparent) });
    } catch (error) {
      if (response.headersSent) response.destroy();
      else this.#refuse(request, response, 500, describe(error));
    }
  }

  /** For the author's own routes: an OIP request as an object, its answer as one. Counts as a batch like any other. */
  #inferLocally(body, traceparent) {
    return new Promise((resolve, reject) => {
      if (this.#state !== 'ready' || this.#workers.full) return reject(new Error(this.#state === 'ready' ? 'busy' : `the model is ${this.#state}`));
      const text = Buffer.from(JSON.stringify(body));
      const buffer = Buffer.allocUnsafeSlow(text.length);
      buffer.set(text);
      this.#workers.submit([buffer.buffer, 0, undefined, nowMicros(), undefined, traceparent], ([status, answer]) => {
        if (status === 200) resolve(JSON.parse(Buffer.from(answer).toString('utf8')));
        else reject(new Error(String(answer)));
      });
    });
  }

  #infer(request, response) {
    const arrived = nowMicros();
    const { headers } = request;
    const problem = headerProblem(headers);
    if (problem) return this.#refuse(request, response, 400, problem);
    const length = headers['inference-header-content-length'];
    const headerLength = length === undefined ? undefined : Number(length);
    const budget = headers['orchestrator-deadline-ms'];
    const deadline = budget === undefined ? undefined : arrived + Number(budget) * 1000;
    receiveBody(request, this.#settings.maxBodyBytes, headerLength ?? 0,
      (buffer, start) => this.#submit(request, response, [buffer, start, headerLength, nowMicros(), deadline, headers.traceparent]),
      () => this.#send(request, response, 413, errorJson(`the body has more than ${this.#settings.maxBodyBytes} bytes, the limit of this container (twice ORCHESTRATOR_MAX_BATCH_BYTES plus 1 MiB)`)));
  }

  #submit(request, response, job) {
    if (this.#state !== 'ready') return this.#refuse(request, response, 503, `the model is ${this.#state}`);
    if (this.#workers.full) {
      response.setHeader('Orchestrator-Busy', '1');
      return this.#refuse(request, response, 503, `busy: ${this.#settings.concurrency} computing and ${this.#workers.waiting} waiting`);
    }
    const entry = this.#workers.submit(job, (answer) => this.#complete(entry, response, answer));
    response.on('close', () => this.#workers.abandon(entry));
  }

  #complete(entry, response, [status, body, headerLength, queueMicros, computeMicros]) {
    if (entry?.abandoned) return;
    const content = status === 200 ? body : errorJson(body);
    /** @type {Record<string, string|number>} */
    const headers = {
      'Content-Type': headerLength === undefined ? 'application/json' : 'application/octet-stream',
      'Content-Length': Buffer.byteLength(content),
      'Orchestrator-Queue-Us': queueMicros,
      'Orchestrator-Compute-Us': computeMicros,
      'Orchestrator-Model-Version': this.#settings.version,
    };
    if (headerLength !== undefined) headers['Inference-Header-Content-Length'] = headerLength;
    if (this.#state === 'draining') headers.Connection = 'close';
    response.writeHead(status, headers);
    response.end(content);
  }

  #refuse(request, response, status, text) {
    this.#send(request, response, status, errorJson(text));
  }

  /** Every short answer. A body that nobody reads is let through, so that the connection stays usable. */
  #send(request, response, status, body) {
    if (response.writableEnded || response.destroyed) return;
    if (this.#state === 'draining') response.setHeader('Connection', 'close');
    response.writeHead(status, { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) });
    response.end(body);
    if (!request.readableFlowing) request.resume();
  }
}

export const errorJson = (text) => JSON.stringify({ error: text });

/** @returns {string|undefined} the path without its query, percent-encoded the way encodeURIComponent does it; undefined: not decodable */
function normalPath(url) {
  const path = url.split('?', 1)[0];
  try {
    return path.split('/').map((part) => encodeURIComponent(decodeURIComponent(part))).join('/');
  } catch {
    return undefined;
  }
}

/** Checked before the body is read. @returns {string|undefined} */
function headerProblem(headers) {
  const length = headers['inference-header-content-length'];
  if (length !== undefined && !/^\d{1,10}$/.test(length)) {
    return `Inference-Header-Content-Length is ${quote(length)}, expected the length of the JSON header in bytes`;
  }
  const budget = headers['orchestrator-deadline-ms'];
  if (budget !== undefined && !/^-?\d{1,15}(\.\d{1,15})?$/.test(budget)) {
    return `Orchestrator-Deadline-Ms is ${quote(budget)}, expected milliseconds in decimal`;
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return `Content-Encoding is ${quote(encoding)}, expected none`;
  return undefined;
}

/** What is not HTTP at all. Node's own answer has no JSON body. */
function refuseBrokenHttp(error, socket) {
  if (!socket.writable || error.code === 'ECONNRESET') return socket.destroy();
  const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : '400 Bad Request';
  const body = errorJson(`the request is not valid HTTP: ${error.message}`);
  socket.end(`HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`);
}
