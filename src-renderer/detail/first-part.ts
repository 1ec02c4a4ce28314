import type { PartView } from '../../src-main/ipc/contract.ts';

/** The part to look at first: the root or the preferred one of each container, else the first that is here and no container. */
export function firstPart(parts: readonly PartView[]): number {
  let at = 0;
  for (;;) {
    const children = childrenOf(parts, at);
    const special = children.find((index) => (parts[index]?.role ?? null) !== null);
    const next = special ?? children.find((index) => parts[index]?.kind !== 'external') ?? children[0];
    if (next === undefined) return at;
    at = next;
  }
}

function childrenOf(parts: readonly PartView[], at: number): readonly number[] {
  const depth = parts[at]?.depth ?? 0;
  const children: number[] = [];
  for (let index = at + 1; index < parts.length; index += 1) {
    const below = (parts[index]?.depth ?? 0) - depth;
    if (below <= 0) break;
    if (below === 1) children.push(index);
  }
  return children;
}
