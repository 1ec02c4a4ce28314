import { useEffect } from 'react';
import type { PushBody, PushRecord } from '../../src-main/ipc/contract.ts';
import { RuleLink } from '../applications/rule-link.tsx';
import { Button, CopyButton, Fact } from '../components/ui.tsx';
import { call } from '../store/store.ts';
import { Countdown } from './countdown.tsx';

type ReferPanelProps = {
  readonly record: PushRecord;
  readonly refer: Extract<PushBody, { readonly kind: 'refer' }>;
};

/** What a REFER asks for, what came of it, and while it waits the choice. */
export function ReferPanel({ record, refer }: ReferPanelProps) {
  const isWaiting = record.state === 'waiting';
  return (
    <section aria-label="Subscription asked for" className="rounded-xl border border-line bg-panel p-4">
      {isWaiting && <Countdown offer={record.id} />}
      <h2 className="mb-1 font-semibold">
        {isWaiting
          ? 'The sender asks this terminal to subscribe'
          : 'The sender asked this terminal to subscribe'}
      </h2>
      <dl className="select-text">
        <Fact name="Subscribe to">
          <span className="mono break-all">{refer.target}</span>{' '}
          <CopyButton text={refer.target} what="address to subscribe to" />
        </Fact>
        <Fact name="Event">
          <span className="mono break-all">{refer.event}</span>
        </Fact>
        <Fact name="Result">{resultOf(record, refer)}</Fact>
      </dl>
      {isWaiting && <Choice record={record} />}
    </section>
  );
}

/** Subscribe and Decline; Enter subscribes, except where a control has the focus. */
function Choice({ record }: { readonly record: PushRecord }) {
  const { id } = record;
  useEffect(() => {
    const enter = (event: KeyboardEvent) => {
      const { target } = event;
      const isBusy =
        target instanceof HTMLElement &&
        target.closest('button, a, select, textarea, [type=search], dialog') !== null;
      if (event.key !== 'Enter' || isBusy) return;
      event.preventDefault();
      void call('refer.accept', { refer: id });
    };
    window.addEventListener('keydown', enter);
    return () => window.removeEventListener('keydown', enter);
  }, [id]);
  return (
    <div className="mt-3 flex flex-wrap items-center gap-2">
      <Button look="main" onClick={() => void call('refer.accept', { refer: id })}>
        Subscribe <span aria-hidden>⏎</span>
      </Button>
      <Button look="danger" onClick={() => void call('refer.decline', { refer: id })}>
        Decline
      </Button>
      <RuleLink record={record} />
    </div>
  );
}

function resultOf(record: PushRecord, { result, silent }: ReferPanelProps['refer']): string {
  const untold = silent ? ' The sender wanted no report.' : '';
  switch (record.state) {
    case 'waiting':
      return silent ? 'The sender wants no report.' : 'The sender is told “100 Trying” until you decide.';
    case 'receiving':
      return `SUBSCRIBE is sent; its first NOTIFY is awaited.${untold}`;
    case 'completed':
      return `Subscribed: the first NOTIFY came.${silent ? untold : ' The sender was told 200.'}`;
    default:
      if (result === null) return 'None.';
      return silent ? `None.${untold}` : `The sender was told ${result}.`;
  }
}
