import {
  type FileRecord,
  type FileState,
  isDangerousType,
  type PushRecord,
} from '../../src-main/ipc/contract.ts';
import { Button, Chip, CopyButton, ProgressBar, type Tone } from '../components/ui.tsx';
import { formatBytes, formatCount, formatHash, formatSpeed, formatTimeLeft, percentOf } from '../format.ts';
import { filesOf } from '../inbox/push-state.ts';
import { call, progressKey, useStore } from '../store/store.ts';
import { FileIcon } from './file-icon.tsx';
import { LeftoverPanel } from './leftover-panel.tsx';
import { arrivedOf, reportStateOf } from './report-state.ts';

const STATES: Readonly<Record<FileState, readonly [Tone, string]>> = {
  offered: ['quiet', 'offered'],
  accepted: ['info', 'waiting for the sender'],
  receiving: ['info', 'receiving'],
  verified: ['ok', 'verified'],
  kept: ['warn', 'kept unverified'],
  declined: ['quiet', 'declined'],
  failed: ['bad', 'failed'],
  aborted: ['quiet', 'stopped'],
};

/** The files of an answered offer: on their way, kept, or why not. */
export function TransferPanel({ record }: { readonly record: PushRecord }) {
  return (
    <ul aria-label="Files" className="flex flex-col gap-2">
      {filesOf(record).map((file) => (
        <TransferRow key={file.index} record={record} file={file} />
      ))}
    </ul>
  );
}

function stateOf(file: FileRecord): readonly [Tone, string] {
  if (file.state === 'verified' && file.hash === null) return ['ok', 'kept'];
  if (file.leftover?.kind === 'quarantined') return ['bad', 'quarantined'];
  if (file.leftover?.kind === 'part') return ['warn', 'unfinished'];
  if (file.state === 'declined' && file.known !== null) return ['info', 'here already'];
  return STATES[file.state];
}

/** The REPORT of a file in one line. */
function ReportLine({ file }: { readonly file: FileRecord }) {
  const state = reportStateOf(file);
  if (state === null) return null;
  return (
    <p className="mt-1 text-muted" title={state.meaning}>
      REPORT {state.report?.status} <Chip tone={state.tone}>{state.word}</Chip>
    </p>
  );
}

function chunksText(chunks: number): string {
  return `${formatCount(chunks)} chunk${chunks === 1 ? '' : 's'}`;
}

function TransferRow({ record, file }: { readonly record: PushRecord; readonly file: FileRecord }) {
  const key = progressKey({ offer: record.id, index: file.index });
  const view = useStore((state) => state.progress[key]);
  const running = file.state === 'accepted' || file.state === 'receiving';
  const { bytes: received, chunks } = arrivedOf(file, view);
  const total = file.bytes ?? view?.total ?? null;
  const [tone, word] = stateOf(file);
  const where = { push: record.id, index: file.index };
  const isDangerous = isDangerousType(file.name, file.type);
  return (
    <li className="rounded-[10px] border border-line bg-panel p-3">
      <FileIcon file={file} />
      <div className="flex items-center gap-2">
        <span className="min-w-0 flex-1 truncate font-semibold" title={file.name}>
          {file.name}
        </span>
        {isDangerous && <Chip tone="bad">can run programs</Chip>}
        <Chip tone={tone}>{word}</Chip>
      </div>
      <p className="text-muted">
        {running
          ? [
              `${formatBytes(received)}${total === null ? '' : ` of ${formatBytes(total)}`}`,
              view === undefined ? '' : formatSpeed(view.bytesPerSecond),
              view === undefined || total === null
                ? ''
                : formatTimeLeft(total - received, view.bytesPerSecond),
              chunks === 0 ? '' : chunksText(chunks),
            ]
              .filter(Boolean)
              .join(' · ')
          : [
              file.type,
              file.bytes === null ? null : formatBytes(file.bytes),
              chunks === 0 ? null : chunksText(chunks),
            ]
              .filter(Boolean)
              .join(' · ')}
      </p>
      <ReportLine file={file} />
      {running && (
        <div className="mt-2 flex items-center gap-3">
          <ProgressBar label={`Receiving ${file.name}`} percent={percentOf(received, total)} />
          <Button
            look="danger"
            className="px-2 py-0.5"
            aria-label={`Stop ${file.name}`}
            onClick={() => void call('offer.abort', { offer: record.id, index: file.index })}
          >
            Stop
          </Button>
        </div>
      )}
      {file.reason !== null && <p className="mt-1 break-words text-bad">{file.reason}</p>}
      {file.leftover !== null && <LeftoverPanel push={record.id} file={file} leftover={file.leftover} />}
      {(file.state === 'verified' ||
        file.state === 'kept' ||
        (file.state === 'declined' && file.known !== null)) && (
        <div className="mt-2 flex flex-wrap items-center gap-2">
          {file.state === 'verified' && !isDangerous && (
            <Button
              className="px-2.5 py-1"
              aria-label={`Open ${file.name}`}
              onClick={() => void call('file.open', where)}
            >
              Open
            </Button>
          )}
          <Button
            className="px-2.5 py-1"
            aria-label={`Show ${file.name} in folder`}
            onClick={() => void call('file.show', where)}
          >
            Show in folder
          </Button>
          {file.sha1 !== null && (
            <span className="mono ml-auto text-muted" title={file.sha1}>
              SHA-1 {formatHash(file.sha1)} <CopyButton text={file.sha1} what={`SHA-1 of ${file.name}`} />
            </span>
          )}
        </div>
      )}
    </li>
  );
}
