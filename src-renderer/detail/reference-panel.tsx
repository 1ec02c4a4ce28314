import type { PushRecord, ReferenceRecord } from '../../src-main/ipc/contract.ts';
import { Button, Chip, CopyButton, Fact, ProgressBar, type Tone, useNow } from '../components/ui.tsx';
import { Warnings } from '../components/warnings.tsx';
import { formatBytes, formatDateTime, formatHash, percentOf } from '../format.ts';
import { fetchTotals, referenceTitle } from '../inbox/push-state.ts';
import { call } from '../store/store.ts';
import { AskButtons } from './ask-panel.tsx';

type ReferenceProps = { readonly record: PushRecord; readonly reference: ReferenceRecord };

/** Content that lies elsewhere: where, what the push promises of it, and what became of fetching it. */
export function ReferencePanel({ record }: { readonly record: PushRecord }) {
  const { references } = record;
  const only = references.length === 1 ? references[0] : undefined;
  const [tone, word] = only === undefined ? stateOfAll(record) : stateOf(record, only);
  return (
    <section aria-label="Content elsewhere" className="rounded-xl border border-line bg-panel p-4">
      <div className="mb-2 flex items-center gap-3">
        <h2 className="min-w-0 flex-1 font-semibold">
          {only === undefined ? `${references.length} contents elsewhere` : 'Content elsewhere'}
        </h2>
        <Chip tone={tone}>{word}</Chip>
      </div>
      {only === undefined ? (
        <>
          <div className="flex flex-col gap-3 empty:hidden">
            <State record={record} />
          </div>
          <ol className="mt-1 divide-y divide-line">
            {references.map((reference, index) => (
              <li key={reference.place} className="py-3 last:pb-0">
                <OneOfSeveral record={record} reference={reference} number={index + 1} />
              </li>
            ))}
          </ol>
        </>
      ) : (
        <>
          <Promises reference={only} />
          <div className="mt-3 flex flex-col gap-3 empty:hidden">
            <Warnings texts={only.warnings} />
            <State record={record} />
          </div>
        </>
      )}
    </section>
  );
}

function OneOfSeveral({ record, reference, number }: ReferenceProps & { readonly number: number }) {
  const [tone, word] = stateOf(record, reference);
  const { warnings, problem, optional } = reference;
  return (
    <>
      <div className="mb-1 flex items-center gap-3">
        <h3 className="min-w-0 flex-1 truncate font-medium">
          {number}. {referenceTitle(reference.url)}
        </h3>
        <Chip tone={tone}>{word}</Chip>
      </div>
      {problem !== null && (
        <p className={optional ? 'break-words text-muted' : 'break-words text-bad'}>{problem}</p>
      )}
      {optional && reference.sha256 === null && <p className="text-muted">The sender can do without it.</p>}
      {/* Who is asked wants to see at once where from. */}
      <details open={record.state === 'waiting'}>
        <summary className="w-fit cursor-pointer text-muted hover:text-ink">What the push says of it</summary>
        <div className="mt-2">
          <Promises reference={reference} />
        </div>
      </details>
      <div className="mt-2 empty:hidden">
        <Warnings texts={warnings} />
      </div>
    </>
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

function State({ record }: { readonly record: PushRecord }) {
  const push = record.id;
  switch (record.state) {
    case 'waiting':
      return (
        <>
          <p className="break-words text-muted">{record.reason}</p>
          <AskButtons push={push} allow="Allow and fetch" />
        </>
      );
    case 'receiving': {
      const { received, total } = fetchTotals(record);
      return (
        <div className="flex items-center gap-3">
          <div className="flex min-w-0 flex-1 flex-col gap-1.5">
            <span className="text-muted">
              {formatBytes(received)}
              {total !== null && ` of ${formatBytes(total)}`}
            </span>
            <ProgressBar label="Fetching the content" percent={percentOf(received, total)} />
          </div>
          <Button look="danger" onClick={() => void call('push.stopFetch', { push })}>
            Stop
          </Button>
        </div>
      );
    }
    case 'failed':
      return (
        <>
          <p className="break-words text-bad">{reasonOf(record)}</p>
          <Button className="self-start" onClick={() => void call('push.allow', { push })}>
            Try again
          </Button>
        </>
      );
    case 'declined':
      return <p className="text-muted">You denied this push; its content was not fetched.</p>;
    default:
      return record.references.every(({ sha256 }) => sha256 === null) ? (
        <p className="text-muted">
          {record.references.length === 1
            ? 'It could not be fetched, and the sender can do without it. Delivery says why.'
            : 'None of it could be fetched, and the sender can do without it.'}
        </p>
      ) : null;
  }
}

/** Of several each says itself what was wrong with it. */
function reasonOf({ references, reason }: PushRecord): string {
  const failed = references.filter(({ problem, optional }) => problem !== null && !optional).length;
  if (references.length > 1 && failed > 0)
    return `${failed} of ${references.length} contents could not be fetched.`;
  return reason ?? 'The content could not be fetched.';
}

function stateOf(
  record: PushRecord,
  { received, bytes, sha256, hash, problem, optional }: ReferenceRecord,
): readonly [Tone, string] {
  if (sha256 !== null) {
    const how = hash === null ? 'fetched' : 'fetched and verified';
    return ['ok', `${how}, ${formatBytes(received)}`];
  }
  switch (record.state) {
    case 'waiting':
      return ['warn', 'not fetched yet'];
    case 'receiving': {
      if (problem !== null) break;
      const percent = percentOf(received, bytes);
      return ['info', percent === null ? 'fetching' : `fetching ${percent} %`];
    }
    case 'declined':
      return ['quiet', 'denied'];
  }
  return [record.state === 'received' || optional ? 'quiet' : 'bad', 'not fetched'];
}

function stateOfAll(record: PushRecord): readonly [Tone, string] {
  const { length } = record.references;
  const fetched = record.references.filter(({ sha256 }) => sha256 !== null).length;
  const count = `${fetched} of ${length} fetched`;
  switch (record.state) {
    case 'waiting':
      return ['warn', 'not fetched yet'];
    case 'receiving':
      return ['info', count];
    case 'failed':
      return ['bad', count];
    case 'declined':
      return ['quiet', 'denied'];
    default:
      return fetched === length ? ['ok', `all ${length} fetched`] : ['quiet', count];
  }
}
