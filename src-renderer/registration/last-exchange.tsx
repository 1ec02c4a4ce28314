import { ChevronRight } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import type { RegisterExchange, RegistrationState, TerminalView } from '../../src-main/ipc/contract.ts';
import { formatPreciseTime } from '../format.ts';
import { call } from '../store/store.ts';
import { SmallCopy } from './section.tsx';

/** The last REGISTER and its answer as they went over the wire, asked for only when they are looked at. */
export function LastExchange({ terminal }: { readonly terminal: TerminalView }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  return (
    <section
      aria-labelledby={`${id}-title`}
      className="min-w-0 rounded-[10px] border border-line bg-panel px-4 py-3"
    >
      <h3 id={`${id}-title`} className="font-semibold">
        <button
          type="button"
          aria-expanded={open}
          aria-controls={`${id}-content`}
          className="-mx-1 flex items-center gap-1.5 rounded px-1"
          onClick={() => setOpen(!open)}
        >
          <ChevronRight aria-hidden size={15} className={open ? 'rotate-90' : undefined} />
          Last exchange
        </button>
      </h3>
      <div id={`${id}-content`} hidden={!open} className="mt-2">
        {open && <Exchange terminal={terminal.name} registration={terminal.registration} />}
      </div>
    </section>
  );
}

type ExchangeProps = { readonly terminal: string; readonly registration: RegistrationState };
type Loaded = { readonly terminal: string; readonly exchange: RegisterExchange | null };

function Exchange({ terminal, registration }: ExchangeProps) {
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const step = stepOf(registration);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step of the registration has another exchange.
  useEffect(() => {
    let overtaken = false;
    void call('terminal.exchange', { terminal }).then((exchange) => {
      if (!overtaken) setLoaded({ terminal, exchange: exchange ?? null });
    });
    return () => {
      overtaken = true;
    };
  }, [terminal, step]);
  if (loaded?.terminal !== terminal) return <p className="text-muted">Asking for it…</p>;
  const { exchange } = loaded;
  if (exchange === null) return <p className="text-muted">This terminal has sent no REGISTER yet.</p>;
  return (
    <>
      <p className="mb-2 text-muted">
        Sent at <span className="mono text-ink">{formatPreciseTime(exchange.at)}</span> ·{' '}
        {exchange.response === null ? 'not answered' : 'answered'}
        {exchange.milliseconds !== null && ` after ${Math.round(exchange.milliseconds)} ms`} · credentials are
        masked
      </p>
      <div className="grid gap-3 @4xl:grid-cols-2">
        <Message title="Request" text={exchange.request} />
        {exchange.response === null ? (
          <p className="text-muted">No answer has come.</p>
        ) : (
          <Message title="Response" text={exchange.response} />
        )}
      </div>
    </>
  );
}

function Message({ title, text }: { readonly title: string; readonly text: string }) {
  return (
    <div className="min-w-0">
      <div className="mb-1 flex items-baseline justify-between">
        <h4 className="heading">{title}</h4>
        <SmallCopy text={text} what={title.toLowerCase()} />
      </div>
      <pre className="mono select-text whitespace-pre-wrap break-all rounded-lg border border-line bg-page p-2.5">
        {text}
      </pre>
    </div>
  );
}

/** The same as long as no other REGISTER can have been sent or answered. */
function stepOf(registration: RegistrationState): string {
  switch (registration.kind) {
    case 'registered':
      return `registered ${registration.expiresAt} ${registration.withdrawn}`;
    case 'failed':
      return `failed ${registration.code} ${registration.reason} ${registration.retryAt}`;
    default:
      return registration.kind;
  }
}
