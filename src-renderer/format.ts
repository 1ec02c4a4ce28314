const UNITS = ['B', 'KB', 'MB', 'GB', 'TB'] as const;
const SECOND_MS = 1000;

/** `4.1 KB`, `340 MB`: decimal units, at most three digits. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits).replace(/\.0$/, '')} ${UNITS[unit]}`;
}

const COUNT = new Intl.NumberFormat('en-US');

/** An exact number with its thousands apart: `70,000`. */
export function formatCount(count: number): string {
  return COUNT.format(count);
}

/** `82 MB/s`. */
export function formatSpeed(bytesPerSecond: number): string {
  return `${formatBytes(bytesPerSecond)}/s`;
}

/** Time left as `2 s left`, `3 min left`; empty while it cannot be told. */
export function formatTimeLeft(remaining: number, bytesPerSecond: number): string {
  if (bytesPerSecond <= 0 || remaining <= 0) return '';
  const seconds = Math.max(1, Math.round(remaining / bytesPerSecond));
  if (seconds < 90) return `${seconds} s left`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min left` : `${Math.round(minutes / 60)} h left`;
}

/** `0:42`, `28:41`, `1:02:03`; never below zero. */
export function formatCountdown(ms: number): string {
  const total = Math.max(0, Math.ceil(ms / SECOND_MS));
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60];
  const tail = String(seconds).padStart(2, '0');
  return hours === 0 ? `${minutes}:${tail}` : `${hours}:${String(minutes).padStart(2, '0')}:${tail}`;
}

/** Local time of day; with the date in front when it was not today. */
export function formatTime(iso: string, now: Date = new Date()): string {
  const date = new Date(iso);
  return date.toDateString() === now.toDateString() ? clockOf(date) : formatDateTime(iso);
}

/** Local date and time, `2026-11-21 12:00:01`: no country reads the day for the month. */
export function formatDateTime(iso: string): string {
  const date = new Date(iso);
  const day = [date.getMonth() + 1, date.getDate()].map(twoDigits).join('-');
  return `${String(date.getFullYear()).padStart(4, '0')}-${day} ${clockOf(date)}`;
}

/** Local time of day with milliseconds, for Delivery. */
export function formatPreciseTime(iso: string): string {
  const date = new Date(iso);
  return `${clockOf(date)}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/** An address for reading: without scheme, `gr` hidden (RFC 5627 §4.6). */
export function formatAddress(uri: string): string {
  return uri.replace(/^sips?:/i, '').replace(/;.*$/, '');
}

/** The telling end of a GRUU: `gr=…00a0c91e6bf6`. */
export function formatGruu(gruu: string): string {
  const value = /;gr=([^;>]+)/.exec(gruu)?.[1];
  return value === undefined ? `…${gruu.slice(-14)}` : `gr=…${value.slice(-12)}`;
}

/** The telling end of an instance id: `…00a0c91e6bf6`; short ones as they are. */
export function formatInstance(instance: string): string {
  return instance.length <= 16 ? instance : `…${instance.slice(-12)}`;
}

/** Both ends of a hash: `72:24:5F…A2:CE:2E`. */
export function formatHash(hash: string): string {
  return hash.length <= 20 ? hash : `${hash.slice(0, 8)}…${hash.slice(-8)}`;
}

/** Percent of a total, 0 to 100; null when the total is not known. */
export function percentOf(received: number, total: number | null): number | null {
  if (total === null) return null;
  return total === 0 ? 100 : Math.min(100, Math.floor((received / total) * 100));
}

function clockOf(date: Date): string {
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
