import { formatPreciseTime } from '../format.ts';

/** Local time of day with milliseconds, of microseconds since the epoch. */
export function clockOf(micros: number): string {
  return formatPreciseTime(new Date(micros / 1000).toISOString());
}

/** The same with microseconds. */
export function exactClockOf(micros: number): string {
  return `${clockOf(Math.floor(micros / 1000) * 1000)}${String(micros % 1000).padStart(3, '0')}`;
}

/** Time between two messages: `+850 µs`, `+1.2 ms`, `+3.4 s`, `+12 min`. */
export function gapOf(micros: number): string {
  if (micros < 1_000) return `+${Math.round(micros)} µs`;
  if (micros < 1_000_000) return `+${digits(micros / 1_000)} ms`;
  if (micros < 100_000_000) return `+${digits(micros / 1_000_000)} s`;
  return `+${Math.round(micros / 60_000_000)} min`;
}

function digits(value: number): string {
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}
