/** A wrong variable or option: the process ends with code 2. */
export class ConfigurationError extends Error {
  name = 'ConfigurationError';
}

/** The request cannot be served as it is; everything else that is thrown counts as a failure of the batch (500). */
export class RequestError extends Error {
  name = 'RequestError';

  /** @param {string} message what is wrong and what was expected  @param {number} [status] HTTP status */
  constructor(message, status = 400) {
    super(message);
    this.status = status;
  }
}

/** @param {unknown} error  @returns {string} the exception's type and message */
export function describe(error) {
  if (error instanceof Error) return `${error.name}: ${error.message}`;
  return `Error: ${String(error)}`;
}

/** A client-supplied text as it may stand in an error: quoted and short, whatever it holds. @param {unknown} value */
export function quote(value) {
  let text;
  try { text = JSON.stringify(value) ?? typeof value; } catch { text = typeof value; }
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}
