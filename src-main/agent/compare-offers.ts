import type { FileDescription, FileLine, MediaLine, SessionOffer } from '../sdp/offer.ts';

/** What a new offer in a running session says about one m-line (RFC 5547 §8.3.1: port first, then id, then file). */
export type LineChange =
  /** Goes on, stays refused or stays closed. */
  | { readonly kind: 'unchanged' }
  /** The same file over another path (RFC 4975 §8.4). */
  | { readonly kind: 'moved'; readonly path: readonly string[] }
  /** Port 0: the sender is done with it or gives it up (RFC 5547 §8.4, PRA-REL-04). */
  | { readonly kind: 'closed' }
  /** Another file, which takes the place of one that is still on its way (RFC 5547 §8.1, §8.6). */
  | { readonly kind: 'added'; readonly line: FileLine }
  /** An error of the sender: port 0 in the answer, and no transfer. */
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Compares the offer that a session stands on with a new one, one change for each m-line of the new one. `usedIds` are
 * all file-transfer-ids of the session so far (RFC 5547 §8.1). Null when the new offer is none for this session: it
 * takes m-lines away, or makes something else of one with a file (RFC 3264 §8).
 */
export function compareOffers(
  before: SessionOffer,
  after: SessionOffer,
  usedIds: ReadonlySet<string>,
): readonly LineChange[] | null {
  if (after.media.length < before.media.length) return null;
  const changes: LineChange[] = [];
  const ids = new Set(usedIds);
  for (const line of after.media) {
    const change = compareLine(before.media[line.index], line, ids);
    if (change === null) return null;
    if (change.kind === 'added' && change.line.file.transferId !== null) ids.add(change.line.file.transferId);
    changes.push(change);
  }
  return changes;
}

/** The changes in words, e.g. `files: 1 added, 2 closed`. */
export function describeChanges(changes: readonly LineChange[]): string {
  const parts = (['added', 'closed', 'moved', 'refused'] as const).flatMap((kind) => {
    const count = changes.filter((change) => change.kind === kind).length;
    return count === 0 ? [] : [`${count} ${kind}`];
  });
  return `files: ${parts.join(', ')}`;
}

function compareLine(
  old: MediaLine | undefined,
  line: MediaLine,
  usedIds: ReadonlySet<string>,
): LineChange | null {
  const oldFile = old?.kind === 'file' && old.port !== 0 ? old : null;
  if (line.port === 0) return { kind: oldFile === null ? 'unchanged' : 'closed' };
  if (line.kind !== 'file') return oldFile === null ? { kind: 'unchanged' } : null;
  const id = line.file.transferId;
  const isSame = oldFile !== null && sameFile(oldFile.file, line.file);
  if (oldFile !== null && oldFile.file.transferId === id && (id !== null || isSame)) {
    if (!isSame) return { kind: 'refused', reason: 'The same file-transfer-id names another file.' };
    const isMoved = oldFile.path.join(' ') !== line.path.join(' ');
    return isMoved ? { kind: 'moved', path: line.path } : { kind: 'unchanged' };
  }
  if (id !== null && usedIds.has(id))
    return { kind: 'refused', reason: 'The file-transfer-id was used before.' };
  return { kind: 'added', line };
}

function sameFile(one: FileDescription, other: FileDescription): boolean {
  return identity(one) === identity(other);
}

function identity({ name, type, size, hashes, range }: FileDescription): string {
  return JSON.stringify([name, type, size, hashes, range]);
}
