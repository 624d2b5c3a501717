import { floatToHalf, halfToFloat } from './half.mjs';
import { quote } from './errors.mjs';

/** Stands before the digits of an integer that `markBigIntegers` kept as text. */
const MARK = '\u0000';

/** Thrown by a reader of 64-bit integers that met a number JSON.parse had to round: the text has to be read again. */
export const ROUNDED = Symbol('rounded');

/**
 * Fills a typed array (BYTES: a list) from JSON data of exactly this shape, flat or nested.
 * @param {any} data  @param {number[]} shape  @param {number} count product of the shape
 * @param {import('./datatypes.mjs').Datatype} type
 * @param {(text: string) => Error} fail makes the error to throw
 */
export function readJson(data, shape, count, type, fail) {
  if (!Array.isArray(data)) throw fail(`data is ${quote(data)}, expected a list`);
  const nested = Array.isArray(data[0]);
  // All lengths are compared before anything is allocated: a shape alone must not cost memory.
  if (nested) checkNesting(data, shape, 0, fail);
  else if (data.length !== count) throw fail(`data has ${data.length} elements, expected ${count} for shape [${shape}]`);
  const target = type.kind === 'bytes' ? [] : new type.array(count);
  const read = READERS[type.kind];
  if (nested) readNested(data, shape.length, target, 0, read, type, fail);
  else read(data, target, 0, type, fail);
  return target;
}

function checkNesting(data, shape, depth, fail) {
  if (data.length !== shape[depth]) throw fail(`data has ${data.length} elements at depth ${depth}, expected ${shape[depth]} for shape [${shape}]`);
  if (depth + 1 === shape.length) return;
  for (const part of data) {
    if (!Array.isArray(part)) throw fail(`data has ${quote(part)} at depth ${depth + 1}, expected a list for shape [${shape}]`);
    checkNesting(part, shape, depth + 1, fail);
  }
}

function readNested(data, rank, target, at, read, type, fail) {
  if (rank === 1) {
    read(data, target, at, type, fail);
    return at + data.length;
  }
  for (const part of data) at = readNested(part, rank - 1, target, at, read, type, fail);
  return at;
}

const wrong = (fail, index, value, expected) => fail(`element ${index} is ${quote(value)}, expected ${expected}`);

const READERS = {
  float(data, target, at, type, fail) {
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      target[at + i] = value;
      if (typeof value !== 'number' || !Number.isFinite(target[at + i])) throw wrong(fail, at + i, value, `a number that ${type.name} can hold`);
    }
  },
  half(data, target, at, type, fail) {
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      target[at + i] = floatToHalf(value);
      if (typeof value !== 'number' || !Number.isFinite(halfToFloat(target[at + i]))) throw wrong(fail, at + i, value, 'a number that FP16 can hold');
    }
  },
  integer(data, target, at, type, fail) {
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      if (!Number.isInteger(value) || value < type.min || value > type.max) {
        throw wrong(fail, at + i, value, `an integer from ${type.min} to ${type.max} (${type.name})`);
      }
      target[at + i] = value;
    }
  },
  bigint(data, target, at, type, fail) {
    for (let i = 0; i < data.length; i++) {
      const value = exact(data[i]);
      if (value === undefined || value < type.min || value > type.max) {
        throw wrong(fail, at + i, data[i], `an integer from ${type.min} to ${type.max} (${type.name}), in plain digits`);
      }
      target[at + i] = value;
    }
  },
  bool(data, target, at, type, fail) {
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      if (value !== true && value !== false && value !== 0 && value !== 1) throw wrong(fail, at + i, value, 'true, false, 1 or 0');
      target[at + i] = Number(value);
    }
  },
  bytes(data, target, at, type, fail) {
    for (let i = 0; i < data.length; i++) {
      const value = data[i];
      // A lone surrogate has no UTF-8 form and would silently become another character.
      if (typeof value !== 'string' || !value.isWellFormed()) throw wrong(fail, at + i, value, 'a string of valid Unicode');
      target.push(Buffer.from(value, 'utf8'));
    }
  },
};

/** @returns {bigint|undefined} undefined: not an integer */
function exact(value) {
  if (typeof value === 'bigint') return value;
  if (Number.isSafeInteger(value)) return BigInt(value);
  if (Number.isInteger(value)) throw ROUNDED;
  if (typeof value === 'string' && value.startsWith(MARK)) return BigInt(value.slice(1));
  return undefined;
}

/**
 * Rewrites a valid JSON text so that integers JSON.parse may round (16 digits and more) become marked strings.
 * Numbers with a fraction or an exponent stay as they are. A hand-written scan: a regular expression over megabytes of text can
 * run out of its backtracking stack.
 * @param {string} text  @returns {any} the parsed document
 */
export function parseKeepingIntegers(text) {
  const parts = [];
  let copied = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x22) i = endOfString(text, i);
    else if (c === 0x2d || isDigit(c)) {
      const end = endOfDigits(text, i + 1);
      const next = text.charCodeAt(end);
      const plain = next !== 0x2e && next !== 0x65 && next !== 0x45;
      // No 64-bit integer has more than 20 digits; longer ones stay numbers, so that BigInt never sees a megabyte of digits.
      if (plain && end - i >= 16 && end - i <= 21) {
        parts.push(text.slice(copied, i), '"\\u0000', text.slice(i, end), '"');
        copied = end;
        i = end - 1;
      } else i = endOfNumber(text, end) - 1;
    }
  }
  parts.push(text.slice(copied));
  return JSON.parse(parts.join(''));
}

const isDigit = (c) => c >= 0x30 && c <= 0x39;

function endOfString(text, i) {
  for (i++; text.charCodeAt(i) !== 0x22; i++) if (text.charCodeAt(i) === 0x5c) i++;
  return i;
}

function endOfDigits(text, i) {
  while (isDigit(text.charCodeAt(i))) i++;
  return i;
}

function endOfNumber(text, i) {
  for (; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (!isDigit(c) && c !== 0x2e && c !== 0x65 && c !== 0x45 && c !== 0x2b && c !== 0x2d) break;
  }
  return i;
}

/**
 * The inverse: JSON text of a tensor's data, flat. 64-bit integers keep all their digits; NaN and infinities, which JSON does not
 * have, are null (binary answers keep them).
 * @param {any} data  @param {import('./datatypes.mjs').Datatype} type  @param {string} name  @returns {string}
 */
export function writeJson(data, type, name) {
  switch (type.kind) {
    case 'integer': case 'bigint': return `[${data.join(',')}]`;
    case 'float': return writeFloats(data);
    case 'half': return writeFloats(Array.from(data, halfToFloat));
    case 'bool': return `[${Array.from(data, (value) => (value ? 'true' : 'false')).join(',')}]`;
    default: return JSON.stringify(data.map((value, i) => text(value, i, name)));
  }
}

function writeFloats(data) {
  const joined = data.join(',');
  // 'N' and 'I' occur in no finite number, so the common case is one native scan.
  if (!joined.includes('N') && !joined.includes('I')) return `[${joined}]`;
  return JSON.stringify(Array.from(data));
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function text(value, index, name) {
  if (typeof value === 'string') return value;
  try {
    return utf8.decode(value);
  } catch {
    throw new TypeError(`output "${name}": element ${index} is not UTF-8 text and cannot be answered as JSON; ask for binary_data`);
  }
}
