/** Ports that may be listened on, both ends included. */
export type PortRange = { readonly first: number; readonly last: number };

const MAX_PORT = 65_535;
const RANGE = /^(\d{1,5})-(\d{1,5})$/;

/** The ports that `30000-30100` means, or null when it is no range of ports. */
export function parsePortRange(text: string): PortRange | null {
  const [, from, to] = RANGE.exec(text) ?? [];
  const [first, last] = [Number(from), Number(to)];
  return first >= 1 && first <= last && last <= MAX_PORT ? { first, last } : null;
}
