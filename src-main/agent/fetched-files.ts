import type { History } from '../history/history.ts';
import type { PushRecord } from '../history/records.ts';
import type { FetchedFile } from './events.ts';

/** What a push refers to and has, in its order. */
export function fetchedFiles(
  { references }: PushRecord,
  history: Pick<History, 'fetchedPath'>,
): readonly FetchedFile[] {
  return references.flatMap((one) => {
    const path = history.fetchedPath(one);
    const contentType = one.fetchedType ?? one.contentType;
    return path === null ? [] : [{ url: one.url, path, contentType, bytes: one.received }];
  });
}
