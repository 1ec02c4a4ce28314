import { useEffect, useState } from 'react';
import type { NotifyText, SubscriptionView } from '../../src-main/ipc/contract.ts';
import { Fact } from '../components/ui.tsx';
import { formatCountdown, formatPreciseTime } from '../format.ts';
import { call } from '../store/store.ts';
import { Mono, SmallCopy } from './section.tsx';

type TextsProps = {
  readonly terminal: string;
  readonly subscription: SubscriptionView;
  /** Parameters of the Event. */
  readonly parameters: string;
  readonly now: number;
};

/** What was asked for in full, who notifies, and the last NOTIFYs as they came, the newest first. */
export function NotifyTexts({ terminal, subscription, parameters, now }: TextsProps) {
  const { id, notifies, accept, expires, notifiers } = subscription;
  const [texts, setTexts] = useState<readonly NotifyText[] | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each NOTIFY makes the list another one.
  useEffect(() => {
    let overtaken = false;
    void call('subscription.notifies', { terminal, subscription: id }).then((found) => {
      if (!overtaken) setTexts(found ?? []);
    });
    return () => {
      overtaken = true;
    };
  }, [terminal, id, notifies]);
  return (
    <div className="flex flex-col gap-2">
      <dl>
        <Fact name="Parameters">
          {parameters === '' ? <span className="text-muted">none</span> : <Mono text={parameters} />}
        </Fact>
        <Fact name="Accept">
          <Mono text={accept} />
        </Fact>
        <Fact name="Asked for">{expires === 0 ? 'the state once' : `${expires} s`}</Fact>
        {notifiers.map(({ tag, uri, state, expiresAt }, index) => (
          <Fact key={tag} name={index === 0 ? 'Notifier' : `Notifier ${index + 1}`}>
            <Mono text={uri} /> · {state}, expires in {formatCountdown(Date.parse(expiresAt) - now)}
          </Fact>
        ))}
      </dl>
      {texts === null && <p className="text-muted">Asking for the NOTIFYs…</p>}
      {texts?.length === 0 && <p className="text-muted">No NOTIFY has come.</p>}
      {texts?.toReversed().map((text) => (
        <Text key={text.number} text={text} />
      ))}
    </div>
  );
}

function Text({ text }: { readonly text: NotifyText }) {
  const { at, state, code, raw, isCut } = text;
  const time = formatPreciseTime(at);
  return (
    <div className="min-w-0">
      <div className="mb-1 flex flex-wrap items-baseline justify-between gap-x-3">
        <h4 className="text-muted">
          <span className="mono text-ink">{time}</span> · {state} · answered {code}
          {isCut && ' · only the beginning is shown'}
        </h4>
        <SmallCopy text={raw} what={`NOTIFY of ${time}`} />
      </div>
      <pre className="mono select-text whitespace-pre-wrap break-all rounded-lg border border-line bg-page p-2.5">
        {raw}
      </pre>
    </div>
  );
}
