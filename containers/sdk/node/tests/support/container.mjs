import { spawn } from 'node:child_process';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

const PATIENCE_MS = 20_000;

/**
 * A real container process for a test. Give it the test's context, so that it ends with the test.
 */
export class Container {
  /** @param {import('node:test').TestContext} t  @param {URL} entry  @param {Record<string, string>} [env] */
  static start(t, entry, env = {}) {
    return new Container(t, entry, env);
  }

  /** Started, and the model loaded. */
  static async ready(t, entry, env = {}) {
    const container = new Container(t, entry, env);
    await container.untilReady();
    return container;
  }

  constructor(t, entry, env) {
    this.log = '';
    this.agent = new Agent({ keepAlive: true });
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ORCHESTRATOR_')));
    this.process = spawn(process.execPath, [fileURLToPath(entry)], {
      env: { ...inherited, ORCHESTRATOR_PORT: '0', ...env }, stdio: ['ignore', 'inherit', 'pipe'],
    });
    this.process.stderr.setEncoding('utf8').on('data', (text) => { this.log += text; });
    /** @type {Promise<{code: number|null, signal: string|null}>} */
    this.ended = new Promise((resolve) => this.process.on('close', (code, signal) => resolve({ code, signal })));
    t.after(async () => {
      this.agent.destroy();
      this.process.kill('SIGKILL');
      await this.ended;
    });
  }

  /** Polls until `attempt` gives something other than undefined. */
  async until(what, attempt) {
    const end = performance.now() + PATIENCE_MS;
    while (performance.now() < end) {
      const result = await attempt();
      if (result !== undefined) return result;
      if (this.process.exitCode !== null) throw new Error(`ended while waiting for ${what}: ${this.log}`);
      await new Promise((resolve) => { setTimeout(resolve, 5); });
    }
    throw new Error(`no ${what} within ${PATIENCE_MS} ms: ${this.log}`);
  }

  async untilListening() {
    this.where ??= await this.until('listening', () => {
      const [, address] = this.log.match(/^listening on (\S+),/m) ?? [];
      if (!address) return undefined;
      if (address.startsWith('/')) return { socketPath: address };
      const url = new URL(address);
      return { host: url.hostname, port: Number(url.port) };
    });
    return this.where;
  }

  async untilReady() {
    await this.untilListening();
    await this.until('ready', async () => ((await this.get('/v2/health/ready')).status === 200 ? true : undefined));
  }

  get(path, headers) {
    return this.send('GET', path, undefined, headers);
  }

  /** An inference: an object becomes JSON, a Buffer goes as it is. */
  infer(body, headers = {}, signal = undefined) {
    return this.send('POST', '/v2/models/model/infer', Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body)), headers, signal);
  }

  /** @returns {Promise<{status: number, headers: import('node:http').IncomingHttpHeaders, body: Buffer, json: any}>} */
  async send(method, path, body, headers = {}, signal = undefined) {
    const where = await this.untilListening();
    return new Promise((resolve, reject) => {
      const outgoing = request({ ...where, method, path, headers, signal, agent: this.agent }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const received = Buffer.concat(chunks);
          resolve({ status: response.statusCode, headers: response.headers, body: received, get json() { return JSON.parse(received.toString('utf8')); } });
        });
      });
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  }
}

/**
 * A binary request: JSON header padded to `align` bytes, then the tensors.
 * @param {object} header  @param {Buffer[]} tensors  @param {number} [align]
 */
export function binaryBody(header, tensors, align = 64) {
  const json = JSON.stringify(header);
  const padded = Buffer.from(json.padEnd(Math.ceil(Buffer.byteLength(json) / align) * align));
  return { body: Buffer.concat([padded, ...tensors]), headers: { 'Inference-Header-Content-Length': String(padded.length) } };
}

/** The JSON header and the bytes behind it. */
export function splitAnswer(answer) {
  const length = Number(answer.headers['inference-header-content-length']);
  return { header: JSON.parse(answer.body.subarray(0, length).toString('utf8')), tail: answer.body.subarray(length) };
}

export const bytesOf = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
