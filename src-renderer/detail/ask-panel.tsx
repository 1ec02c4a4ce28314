import { useEffect } from 'react';
import type { PushRecord } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { call } from '../store/store.ts';

/** A message that waits: why, and what to do about it. */
export function WaitingPanel({ record }: { readonly record: PushRecord }) {
  return (
    <section aria-label="Waits for you" className="rounded-xl border border-line bg-panel p-4">
      <h2 className="mb-1 font-semibold">Waits for you</h2>
      <p className="mb-3 break-words text-muted">
        {record.reason ?? 'A rule asks for your word.'} Its content is hidden until you allow it.
      </p>
      <AskButtons push={record.id} allow="Allow" />
    </section>
  );
}

/** Allow and Deny; Enter allows, except where a control has the focus. */
export function AskButtons({ push, allow }: { readonly push: string; readonly allow: string }) {
  useEffect(() => {
    const enter = (event: KeyboardEvent) => {
      const { target } = event;
      const isBusy =
        target instanceof HTMLElement &&
        target.closest('button, a, select, textarea, [type=search], dialog') !== null;
      if (event.key !== 'Enter' || isBusy) return;
      event.preventDefault();
      void call('push.allow', { push });
    };
    window.addEventListener('keydown', enter);
    return () => window.removeEventListener('keydown', enter);
  }, [push]);
  return (
    <div className="flex flex-wrap items-center gap-2">
      <Button look="main" onClick={() => void call('push.allow', { push })}>
        {allow} <span aria-hidden>⏎</span>
      </Button>
      <Button look="danger" onClick={() => void call('push.deny', { push })}>
        Deny
      </Button>
    </div>
  );
}
