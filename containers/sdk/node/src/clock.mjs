/** Microseconds of the machine's monotonic clock: the same in every thread, unlike performance.now(). */
export function nowMicros() {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1e6 + nanos / 1e3;
}
