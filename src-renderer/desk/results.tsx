import type { Capabilities, PushResult, SentFile } from '../../src-main/ipc/contract.ts';
import { Button, Chip, Fact, ProgressBar } from '../components/ui.tsx';
import { formatAddress, formatGruu, formatSpeed, percentOf } from '../format.ts';
import { call, useStore } from '../store/store.ts';
import { stateOf } from './result-words.ts';

/** What came back: one card a push, newest first. */
export function Results({ results }: { readonly results: readonly PushResult[] }) {
  return (
    <section
      aria-label="What came back"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a keyboard scrolls it (WCAG 2.1.1).
      tabIndex={0}
      className="flex flex-col gap-3 overflow-y-auto p-4"
    >
      <h2 className="heading">What came back</h2>
      {results.length === 0 && <p className="text-muted">Nothing has been pushed yet.</p>}
      {results.toReversed().map((result) => (
        <ResultCard key={result.id} result={result} />
      ))}
    </section>
  );
}

/** A terminal of the app by its name, another by its GRUU, a user by the address of record. */
function useTargetName(to: string): string {
  return useStore(({ app }) => {
    if (!to.includes(';gr')) return `${formatAddress(to)} (AOR)`;
    const bindings = app?.sandbox.kind === 'running' ? app.sandbox.bindings : [];
    const instance = bindings.find(({ pubGruu }) => pubGruu === to)?.instance?.toLowerCase();
    const own = app?.terminals.find(({ instanceId }) => instanceId.toLowerCase() === instance);
    return own === undefined ? formatGruu(to) : (own.displayName ?? own.name);
  });
}

function ResultCard({ result }: { readonly result: PushResult }) {
  const [tone, text] = stateOf(result);
  const target = useTargetName(result.to);
  const running = result.milliseconds === null;
  return (
    <article
      aria-label={`${result.label} to ${target}`}
      className="rounded-[10px] border border-line bg-panel p-3"
    >
      <div className="flex items-center gap-2">
        <h3 className="min-w-0 flex-1 truncate font-semibold">
          {result.label} → {target}
        </h3>
        <Chip tone={tone}>{text}</Chip>
      </div>
      <p className="break-words text-muted">
        {[
          result.method,
          result.code === null ? null : String(result.code),
          result.reason,
          result.milliseconds === null ? null : `${result.milliseconds} ms`,
          result.application,
        ]
          .filter(Boolean)
          .join(' · ')}
      </p>
      {result.files.map((file) => (
        <FileLine key={file.index} file={file} />
      ))}
      {result.capabilities !== undefined && <Abilities capabilities={result.capabilities} />}
      {running && result.method === 'INVITE' && (
        <Button
          className="mt-2 px-2 py-0.5"
          onClick={() => void call('sender.cancel', { result: result.id })}
        >
          Cancel
        </Button>
      )}
    </article>
  );
}

function FileLine({ file }: { readonly file: SentFile }) {
  return (
    <div className="mt-2">
      <p className="flex gap-2">
        <span className="min-w-0 flex-1 truncate">{file.name}</span>
        <span className="text-muted">{file.state}</span>
      </p>
      {file.state === 'sending' && (
        <>
          <ProgressBar label={`Sending ${file.name}`} percent={percentOf(file.sent, file.bytes)} />
          <p className="mt-1 text-muted tabular-nums">{paceOf(file)}</p>
        </>
      )}
      {file.report !== null && (
        <p className="mono text-muted">
          REPORT {file.report.range} · Status {file.report.status}
        </p>
      )}
      {file.reason !== null && <p className="break-words text-bad">{file.reason}</p>}
    </div>
  );
}

function Abilities({ capabilities }: { readonly capabilities: Capabilities }) {
  const { applications, methods, types, extensions, files } = capabilities;
  return (
    <dl className="mt-2">
      <Fact name="Applications">{applications.join(', ') || 'none'}</Fact>
      <Fact name="Methods">{methods.join(', ') || 'not told'}</Fact>
      <Fact name="Types">{types.join(', ') || 'not told'}</Fact>
      <Fact name="Extensions">{extensions.join(', ') || 'none'}</Fact>
      <Fact name="Files">
        {files === null ? 'not taken' : `${files.transport} · ${files.types.join(' ') || 'any type'}`}
      </Fact>
    </dl>
  );
}

/** `82 MB/s · 6,528 of 10,362 chunks answered`. */
function paceOf({ bytesPerSecond, answered = 0, chunksTotal }: SentFile): string {
  return [
    bytesPerSecond === undefined ? '' : formatSpeed(bytesPerSecond),
    chunksTotal === undefined
      ? ''
      : `${answered.toLocaleString('en')} of ${chunksTotal.toLocaleString('en')} chunks answered`,
  ]
    .filter(Boolean)
    .join(' · ');
}
