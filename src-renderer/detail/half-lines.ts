const HALF = 8;
/** Two digits and a space for each byte. */
const HALF_HEX = 3 * HALF;

/** A hex dump of sixteen bytes a line (src-main/content/hex-dump.ts) with eight bytes a line. */
export function inHalfLines(dump: string): string {
  return dump.split('\n').flatMap(halves).join('\n');
}

function halves(line: string): readonly string[] {
  const [, offset = '', hex = '', text = ''] = /^([0-9a-f]{8}) {2}(.{47}) {2}(.*)$/.exec(line) ?? [];
  if (offset === '') return [line];
  const first = `${offset}  ${hex.slice(0, HALF_HEX - 1)}  ${text.slice(0, HALF)}`;
  if (text.length <= HALF) return [first];
  const next = (Number.parseInt(offset, 16) + HALF).toString(16).padStart(offset.length, '0');
  return [first, `${next}  ${hex.slice(HALF_HEX)}  ${text.slice(HALF)}`];
}
