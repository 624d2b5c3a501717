/** Up to here a body is received straight into its final buffer; above, memory is only taken as bytes arrive. */
const TRUSTED_LENGTH = 1048576;
/** What a client may go on sending after its body was refused, as a multiple of the limit, before the connection is cut. */
const DISCARD_FACTOR = 4;

/**
 * Receives a body into one buffer of its own whose byte `headerLength` (where the first tensor starts) is aligned to 64.
 * That is the only copy made, and it makes every tensor of a well-formed request readable in place.
 * @param {import('node:http').IncomingMessage} request  @param {number} limit  @param {number} headerLength
 * @param {(buffer: ArrayBuffer, start: number) => void} done  @param {() => void} tooLarge
 */
export function receiveBody(request, limit, headerLength, done, tooLarge) {
  const stated = request.headers['content-length'];
  const length = stated === undefined ? undefined : Number(stated);
  const start = (64 - (headerLength % 64)) % 64;
  if (length > limit) {
    tooLarge();
    discard(request, limit);
  } else if (length <= TRUSTED_LENGTH) receiveDirect(request, length, start, done);
  else receiveChunks(request, limit, start, done, tooLarge);
}

function receiveDirect(request, length, start, done) {
  const target = Buffer.allocUnsafeSlow(start + length);
  let at = start;
  request.on('data', (chunk) => {
    target.set(chunk, at);
    at += chunk.length;
  });
  request.on('end', () => done(target.buffer, start));
}

function receiveChunks(request, limit, start, done, tooLarge) {
  let chunks = [];
  let size = 0;
  request.on('data', (chunk) => {
    size += chunk.length;
    if (chunks === undefined) return;
    chunks.push(chunk);
    if (size > limit) {
      chunks = undefined;
      tooLarge();
      discard(request, limit);
    }
  });
  request.on('end', () => {
    if (chunks === undefined) return;
    const target = Buffer.allocUnsafeSlow(start + size);
    let at = start;
    for (const chunk of chunks) {
      target.set(chunk, at);
      at += chunk.length;
    }
    done(target.buffer, start);
  });
}

/** Reads on without keeping, for a client that only looks at the answer after it has sent everything. */
function discard(request, limit) {
  let left = DISCARD_FACTOR * limit;
  request.on('data', (chunk) => {
    left -= chunk.length;
    if (left < 0) request.destroy();
  });
}
