import { useEffect, useState } from 'react';
import type { TraceMessage, TraceSummary } from '../../src-main/ipc/contract.ts';
import { Button, Chip } from '../components/ui.tsx';
import { formatBytes } from '../format.ts';
import { call, notify, select, setQuery, showScreen } from '../store/store.ts';
import { exactClockOf } from './time.ts';
import { changeFilter, selectMessage } from './trace-store.ts';

/** The selected message: where it went, and every byte that is kept. */
export function MessageView({ summary }: { readonly summary: TraceSummary }) {
  const message = useMessage(summary.id);
  const { direction, local, remote, transport, terminal, callId, bytes, kind } = summary;
  const [from, to] = direction === 'out' ? [local, remote] : [remote, local];
  return (
    <section
      aria-label="Message"
      className="flex w-[380px] shrink-0 flex-col gap-3 overflow-y-auto border-line border-l p-4 max-[1200px]:w-[320px]"
      onKeyDown={(event) => {
        if (event.key === 'Escape') selectMessage(null);
      }}
    >
      <header>
        <div className="flex items-start gap-2">
          <h2 className="wrap-anywhere min-w-0 flex-1 font-semibold text-base">{nameOf(summary)}</h2>
          {summary.error && <Chip tone="bad">Error</Chip>}
        </div>
        {summary.note !== '' && <p className="break-words">{summary.note}</p>}
        <p className="mt-1 select-text text-muted">
          {direction === 'out' ? 'sent' : 'received'} {exactClockOf(summary.at)} by {terminal}
        </p>
        <p className="mono wrap-anywhere select-text text-muted">
          {transport} {from} → {to} · {formatBytes(bytes)}
        </p>
      </header>
      {kind === 'gap' && (
        <p className="rounded-lg bg-quiet-soft p-3 text-quiet">
          Of a long transfer the first chunks and the last are kept; these here were only counted.
        </p>
      )}
      {message !== null && message.text !== '' && <Raw message={message} />}
      <div className="flex flex-wrap gap-2">
        {message !== null && message.text !== '' && (
          <Button
            onClick={() =>
              void call('clipboard.write', { text: message.text.slice(0, MAX_COPIED) }).then(() =>
                notify('info', 'Copied the message.'),
              )
            }
          >
            Copy
          </Button>
        )}
        {callId !== null && (
          <>
            <Button onClick={() => changeFilter({ callId })}>Only this call</Button>
            <Button onClick={() => void openInInbox(summary, callId)}>Open in Inbox</Button>
          </>
        )}
      </div>
    </section>
  );
}

/** A SIP request by its method alone: its URI stands in its first line. */
function nameOf({ protocol, method, code, title }: TraceSummary): string {
  return protocol === 'sip' && code === null && method !== null ? method : title;
}

/** Characters that the clipboard takes. */
const MAX_COPIED = 100_000;

/** The message with its start line and the names of its header fields set off. */
function Raw({ message }: { readonly message: TraceMessage }) {
  const end = message.text.indexOf('\n\n');
  const head = (end < 0 ? message.text : message.text.slice(0, end)).split('\n');
  const body = end < 0 ? '' : message.text.slice(end + 2);
  return (
    <pre
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
      tabIndex={0}
      className="mono min-h-40 flex-1 select-text wrap-anywhere overflow-y-auto whitespace-pre-wrap rounded-[10px] border border-line bg-panel p-3"
    >
      {head.map((line, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: lines of one message never change their places.
        <HeadLine key={index} line={line} isFirst={index === 0} />
      ))}
      {body !== '' && <span className="mt-3 block">{body}</span>}
      {message.elided > 0 && (
        <span className="mt-3 block text-muted">
          {formatBytes(message.elided)} of its content are not kept
        </span>
      )}
    </pre>
  );
}

function HeadLine({ line, isFirst }: { readonly line: string; readonly isFirst: boolean }) {
  if (isFirst) return <span className="block font-semibold">{line}</span>;
  const [, name = '', value = ''] = /^([\w.!%*+`'~-]+[ \t]*:)(.*)$/.exec(line) ?? [];
  if (name === '') return <span className="block">{line}</span>;
  return (
    <span className="block">
      <span className="text-info">{name}</span>
      {value}
    </span>
  );
}

/** The message with this id, once it has come. */
function useMessage(id: number): TraceMessage | null {
  const [message, setMessage] = useState<TraceMessage | null>(null);
  useEffect(() => {
    let isWanted = true;
    void call('trace.message', { id }).then((found) => {
      if (isWanted) setMessage(found);
    });
    return () => {
      isWanted = false;
    };
  }, [id]);
  return message?.summary.id === id ? message : null;
}

/** Shows the push of a call, or says that there is none. */
async function openInInbox({ terminal }: TraceSummary, callId: string): Promise<void> {
  const page = await call('push.list', {
    terminal,
    filter: 'all',
    search: callId,
    application: null,
    before: null,
    limit: 10,
  });
  const push = page?.records.find((record) => record.callId === callId);
  if (page === null) return;
  if (push === undefined) {
    notify('info', 'No push in the Inbox belongs to this call.');
    return;
  }
  await setQuery({ filter: 'all', search: callId, application: null });
  showScreen('inbox');
  select(push.id);
}
