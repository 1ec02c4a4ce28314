let time = 0;
let text = '';

/** The time now, ISO 8601 in UTC to the millisecond. A burst asks many times in one, and each text would be made anew. */
export function isoNow(): string {
  const now = Date.now();
  if (now !== time || text === '') {
    text = new Date(now).toISOString();
    time = now;
  }
  return text;
}
