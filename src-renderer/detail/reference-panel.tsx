import type { PushRecord, ReferenceRecord } from '../../src-main/ipc/contract.ts';
import { Button, Chip, CopyButton, Fact, ProgressBar, type Tone, useNow } from '../components/ui.tsx';
import { Warnings } from '../components/warnings.tsx';
import { formatBytes, formatDateTime, formatHash, percentOf } from '../format.ts';
import { call } from '../store/store.ts';
import { AskButtons } from './ask-panel.tsx';

type ReferencePanelProps = { readonly record: PushRecord; readonly reference: ReferenceRecord };

/** Content that lies elsewhere: where, what the push promises of it, and what became of fetching it. */
export function ReferencePanel({ record, reference }: ReferencePanelProps) {
  const [tone, word] = stateOf(record, reference);
  return (
    <section aria-label="Content elsewhere" className="rounded-xl border border-line bg-panel p-4">
      <div className="mb-2 flex items-center gap-3">
        <h2 className="min-w-0 flex-1 font-semibold">Content elsewhere</h2>
        <Chip tone={tone}>{word}</Chip>
      </div>
      <Promises reference={reference} />
      <div className="mt-3 flex flex-col gap-3 empty:hidden">
        <Warnings texts={reference.warnings} />
        <State record={record} reference={reference} />
      </div>
    </section>
  );
}

function Promises({ reference }: { readonly reference: ReferenceRecord }) {
  const { url, contentType, bytes, hash } = reference;
  return (
    <dl className="select-text">
      <Fact name="URL">
        <span className="flex items-baseline gap-2">
          <span className="mono min-w-0 break-all">{url}</span>
          <CopyButton text={url} what="URL" />
        </span>
      </Fact>
      <Fact name="Type">{contentType ?? 'not given'}</Fact>
      <Fact name="Size">{bytes === null ? 'not given' : formatBytes(bytes)}</Fact>
      <Fact name="Hash (SHA-1)">
        {hash === null ? (
          'not given: the content cannot be checked'
        ) : (
          <span className="flex items-baseline gap-2">
            <span className="mono" title={hash}>
              {formatHash(hash)}
            </span>
            <CopyButton text={hash} what="hash" />
          </span>
        )}
      </Fact>
      <Fact name="Good until">
        <Expiry expires={reference.expires} />
      </Fact>
      {reference.fetchedType !== null && reference.fetchedType !== contentType && (
        <Fact name="Type fetched">{reference.fetchedType}</Fact>
      )}
    </dl>
  );
}

function Expiry({ expires }: { readonly expires: string | null }) {
  const now = useNow();
  if (expires === null) return 'not given';
  const isOver = Date.parse(expires) <= now;
  return (
    <>
      <time dateTime={expires}>{formatDateTime(expires)}</time>
      {isOver && <span className="text-warn"> · over</span>}
    </>
  );
}

function State({ record, reference }: ReferencePanelProps) {
  const { received, bytes } = reference;
  const push = record.id;
  switch (record.state) {
    case 'waiting':
      return (
        <>
          <p className="break-words text-muted">{record.reason}</p>
          <AskButtons push={push} allow="Allow and fetch" />
        </>
      );
    case 'receiving':
      return (
        <div className="flex items-center gap-3">
          <div className="flex min-w-0 flex-1 flex-col gap-1.5">
            <span className="text-muted">
              {formatBytes(received)}
              {bytes !== null && ` of ${formatBytes(bytes)}`}
            </span>
            <ProgressBar label="Fetching the content" percent={percentOf(received, bytes)} />
          </div>
          <Button look="danger" onClick={() => void call('push.stopFetch', { push })}>
            Stop
          </Button>
        </div>
      );
    case 'failed':
      return (
        <>
          <p className="break-words text-bad">{record.reason ?? 'The content could not be fetched.'}</p>
          <Button className="self-start" onClick={() => void call('push.allow', { push })}>
            Try again
          </Button>
        </>
      );
    case 'declined':
      return <p className="text-muted">You denied this push; its content was not fetched.</p>;
    default:
      return reference.sha256 === null ? (
        <p className="text-muted">
          It could not be fetched, and the sender can do without it. Delivery says why.
        </p>
      ) : null;
  }
}

function stateOf(
  record: PushRecord,
  { received, bytes, sha256, hash }: ReferenceRecord,
): readonly [Tone, string] {
  switch (record.state) {
    case 'waiting':
      return ['warn', 'not fetched yet'];
    case 'receiving': {
      const percent = percentOf(received, bytes);
      return ['info', percent === null ? 'fetching' : `fetching ${percent} %`];
    }
    case 'failed':
      return ['bad', 'not fetched'];
    case 'declined':
      return ['quiet', 'denied'];
    default:
      if (sha256 === null) return ['quiet', 'not fetched'];
      return [
        'ok',
        hash === null
          ? `fetched, ${formatBytes(received)}`
          : `fetched and verified, ${formatBytes(received)}`,
      ];
  }
}
