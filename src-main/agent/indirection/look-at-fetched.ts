import { readFile } from 'node:fs/promises';
import { isContainerType, leafTypes } from '../../content/leaf-types.ts';
import { parseContentType } from '../../content/mime.ts';
import { partsInOrder, readPartTree } from '../../content/part-tree.ts';
import { summaryOfTree } from '../../content/summary.ts';
import type { PushRecord } from '../../history/records.ts';
import type { FetchedContent } from './fetch-result.ts';

/** What is told of what came: its type, those of its parts, none where the server said nothing; and what it says. */
export type Judged = Pick<PushRecord, 'preview' | 'mismatch'> & { readonly types: readonly string[] };

/** The most of fetched content that is looked into; several parts that are longer count as of unknown type. */
const MAX_OPENED_BYTES = 16 * 1024 * 1024;

/** Looks into fetched content. Rejects when its file cannot be read. */
export async function lookAtFetched({ path, bytes, contentType }: FetchedContent): Promise<Judged> {
  const type = parseContentType(contentType ?? '')?.type;
  if (contentType === null || type === undefined) return { types: [], preview: null, mismatch: false };
  if (bytes > MAX_OPENED_BYTES) {
    const types = isContainerType(type) ? [contentType, 'application/octet-stream'] : [contentType];
    return { types, preview: null, mismatch: false };
  }
  const tree = await readPartTree(await readFile(path), { contentType });
  return {
    types: [contentType, ...leafTypes(tree)],
    preview: summaryOfTree(tree),
    mismatch: partsInOrder(tree).some(({ part }) => part.isMismatch),
  };
}
