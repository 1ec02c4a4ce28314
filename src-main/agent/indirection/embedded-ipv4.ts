import { isIPv6 } from 'node:net';

/** An IPv6 form that stands for IPv4: its first groups, and where the address or addresses are. */
type Form = {
  readonly starts: readonly number[];
  /** The group each IPv4 address begins at, and whether its bits are turned over. */
  readonly holds: readonly { readonly at: number; readonly inverted?: boolean }[];
};

const GROUPS = 8;
/** The two addresses `::` and `::1`, which look IPv4-compatible but are not. */
const LAST_OWN = 1;

const FORMS: readonly Form[] = [
  { starts: [0, 0, 0, 0, 0, 0xffff], holds: [{ at: 6 }] }, // ::ffff:a.b.c.d, IPv4-mapped (RFC 4291 §2.5.5.2)
  { starts: [0, 0, 0, 0, 0xffff, 0], holds: [{ at: 6 }] }, // ::ffff:0:a.b.c.d, IPv4-translated (RFC 2765 §2.1)
  { starts: [0, 0, 0, 0, 0, 0], holds: [{ at: 6 }] }, // ::a.b.c.d, IPv4-compatible (RFC 4291 §2.5.5.1)
  { starts: [0x64, 0xff9b, 0, 0, 0, 0], holds: [{ at: 6 }] }, // NAT64 (RFC 6052 §2.1)
  { starts: [0x2002], holds: [{ at: 1 }] }, // 6to4 (RFC 3056 §2)
  { starts: [0x2001, 0], holds: [{ at: 2 }, { at: 6, inverted: true }] }, // Teredo: server, client (RFC 4380 §4)
];

/** The IPv4 addresses that an IPv6 address, without zone, leads to; none for ordinary ones. */
export function embeddedIpv4(address: string): readonly string[] {
  const groups = groupsOf(address);
  if (groups === null) return [];
  const form = FORMS.find(({ starts }) => starts.every((group, index) => groups[index] === group));
  if (form === undefined || groups.every((group, index) => group <= (index === GROUPS - 1 ? LAST_OWN : 0)))
    return [];
  return form.holds.map(({ at, inverted = false }) => dotted(groups.slice(at, at + 2), inverted));
}

function dotted(pair: readonly number[], inverted: boolean): string {
  return pair
    .map((group) => (inverted ? group ^ 0xffff : group))
    .flatMap((group) => [group >> 8, group & 0xff])
    .join('.');
}

/** The eight 16-bit groups of an IPv6 address in any spelling (RFC 4291 §2.2), or null. */
function groupsOf(address: string): readonly number[] | null {
  if (!isIPv6(address)) return null;
  const hex = address.replace(
    /(\d+)\.(\d+)\.(\d+)\.(\d+)$/,
    (_all, a: string, b: string, c: string, d: string) =>
      `${hexOf(Number(a) * 256 + Number(b))}:${hexOf(Number(c) * 256 + Number(d))}`,
  );
  const [head = [], tail] = hex.split('::').map((side) => side.split(':').filter((group) => group !== ''));
  const missing = tail === undefined ? 0 : GROUPS - head.length - tail.length;
  const all = [...head, ...new Array<string>(Math.max(0, missing)).fill('0'), ...(tail ?? [])];
  return all.length === GROUPS ? all.map((group) => Number.parseInt(group, 16)) : null;
}

function hexOf(value: number): string {
  return value.toString(16);
}
