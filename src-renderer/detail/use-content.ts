import { useEffect, useState } from 'react';
import type { ContentView, PushRecord } from '../../src-main/ipc/contract.ts';
import { call } from '../store/store.ts';

/** What came with the push, or content it refers to, by the number of the reference. */
export type Which = 'own' | number;

/** Loads content of a message once it is wanted. Undefined while it loads, null where there is none. */
export function useContent(
  record: PushRecord,
  which: Which,
  isWanted: boolean,
): ContentView | null | undefined {
  const [loaded, setLoaded] = useState<{ readonly of: string; readonly view: ContentView | null }>();
  const { id, body, references } = record;
  const isThere = which === 'own' ? body.kind === 'content' : (references[which]?.sha256 ?? null) !== null;
  const loads = isThere && isWanted;
  // What was loaded of another content must never be taken for this one.
  const key = `${which} ${id}`;
  useEffect(() => {
    if (!loads) return;
    let isCurrent = true;
    void call('push.content', { push: id, which }).then((view) => {
      if (isCurrent) setLoaded({ of: key, view });
    });
    return () => {
      isCurrent = false;
    };
  }, [id, which, key, loads]);
  if (!isThere) return null;
  return loaded?.of === key ? loaded.view : undefined;
}
