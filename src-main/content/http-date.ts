/** Weekday (which counts for nothing), day, month by its first three letters, year, time, zone. */
const DATE =
  /^(?:[a-z]{3,9},? +)?(\d{1,2}) +([a-z]{3})[a-z]{0,6} +(\d{4}) +(\d{2}):(\d{2})(?::(\d{2}))? +(?:GMT|UTC?|Z|([+-])(\d{2})(\d{2})(?: +\([^)]*\))?)$/i;
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
/** No date is longer; longer text is not even looked at. */
const MAX_LENGTH = 80;
const MS_PER_MINUTE = 60_000;

/**
 * Reads the date of RFC 1123 §5.2.14, such as `Mon, 24 Jun 2002 09:00:00 GMT`. Like the samples of RFC 4483 it may
 * spell the month out and be wrong about the weekday; RFC 2046 §5.2.3 has numeric zones. Null when it is no date.
 */
export function parseHttpDate(text: string): Date | null {
  const match = text.length > MAX_LENGTH ? null : DATE.exec(text.trim());
  if (match === null) return null;
  const [, day, name = '', year, hour, minute, second = '0', sign, zoneHour = '0', zoneMinute = '0'] = match;
  const month = MONTHS.indexOf(name.toLowerCase());
  if (month < 0) return null;
  // Second 60 is a leap second; Date moves it into the next minute.
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return null;
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return null;
  const midnight = new Date(Date.UTC(Number(year), month, Number(day)));
  if (midnight.getUTCDate() !== Number(day) || midnight.getUTCMonth() !== month) return null;
  const local = Date.UTC(Number(year), month, Number(day), Number(hour), Number(minute), Number(second));
  const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * MS_PER_MINUTE;
  return new Date(sign === '-' ? local + offset : local - offset);
}
