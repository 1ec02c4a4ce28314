import type { FileRecord } from '../history/records.ts';
import { acceptsAny } from '../sdp/accept-types.ts';
import type { FileLine } from '../sdp/offer.ts';
import type { LineChange } from './compare-offers.ts';
import type { Profile } from './profile.ts';
import { fileRecord } from './read-invite.ts';

/** A new file of a re-offer, with the record that it gets. */
export type AddedFile = { readonly line: FileLine; readonly record: FileRecord };

/** Files of one push, those of re-offers counted in; more are refused. */
const MAX_FILES = 200;

/** The new files of a re-offer, as far as their types and their number allow; each gets the next free number. `secure`: MSRP over TLS, and no other. */
export function addedFiles(
  changes: readonly LineChange[],
  known: readonly FileRecord[],
  { accept, maxBytes }: Profile['files'],
  secure: boolean,
): readonly AddedFile[] {
  const first = Math.max(-1, ...known.map(({ index }) => index)) + 1;
  return changes
    .flatMap((change) => (change.kind === 'added' ? [change.line] : []))
    .filter((line) => line.secure === secure && line.path.length > 0 && acceptsAny(accept, line))
    .slice(0, Math.max(0, MAX_FILES - known.length))
    .map((line, place) => ({ line, record: fileRecord(line, { maxBytes, number: first + place }) }));
}
