import type { TraceSummary } from '../../src-main/ipc/contract.ts';

/** A column of the ladder. `key` is what `ownLane` and `peerLane` answer. */
export type Lane = { readonly key: string; readonly title: string; readonly address: string };

/** Columns of a ladder; what would need more shares the last. */
export const MAX_LANES = 6;
const OTHERS: Lane = { key: 'others', title: 'Others', address: 'several addresses' };

export function ownLane({ terminal }: TraceSummary): string {
  return `t ${terminal}`;
}

export function peerLane({ protocol, remote }: TraceSummary): string {
  return `${protocol} ${remote}`;
}

/** The columns for some messages: terminals first, then cores, then MSRP peers, each in the order they show up. */
export function lanesOf(
  messages: readonly TraceSummary[],
  nameOf: (terminal: string) => string,
): readonly Lane[] {
  const own = new Map<string, Lane>();
  const cores = new Map<string, Lane>();
  const peers = new Map<string, Lane>();
  for (const one of messages) {
    const ownKey = ownLane(one);
    if (!own.has(ownKey)) own.set(ownKey, { key: ownKey, title: nameOf(one.terminal), address: one.local });
    const key = peerLane(one);
    const side = one.protocol === 'sip' ? cores : peers;
    if (side.has(key) || side.size > MAX_LANES) continue;
    side.set(key, { key, title: one.protocol === 'sip' ? 'SIP/IP core' : 'MSRP peer', address: one.remote });
  }
  const all = [...own.values(), ...cores.values(), ...peers.values()];
  return all.length <= MAX_LANES ? all : [...all.slice(0, MAX_LANES - 1), OTHERS];
}

/** Index of the column of a key. */
export function laneIndex(lanes: readonly Lane[], key: string): number {
  const index = lanes.findIndex((lane) => lane.key === key);
  return index < 0 ? lanes.length - 1 : index;
}
