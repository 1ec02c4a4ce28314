import type { ReactNode } from 'react';
import type { FileRecord, PushRecord } from '../../src-main/ipc/contract.ts';
import { Chip } from '../components/ui.tsx';
import { formatCount, formatPreciseTime } from '../format.ts';
import { filesOf } from '../inbox/push-state.ts';
import { progressKey, useStore } from '../store/store.ts';
import { arrivedOf, type ReportState, reportStateOf } from './report-state.ts';

const CHECKS = {
  matches: 'SHA-1 matches',
  'no-hash': 'no hash to compare',
  failed: 'not as offered',
} as const;

/** The delivery report state of each file: what its chunks were answered, what was asked for, checked and reported. */
export function ReportList({ record }: { readonly record: PushRecord }) {
  const files = filesOf(record).filter(({ report }) => report !== null);
  if (files.length === 0) return null;
  return (
    <section aria-label="Delivery reports" className="mb-3 rounded-xl border border-line bg-panel p-4">
      <h2 className="mb-1 font-semibold">Delivery reports</h2>
      <ul className="@container select-text divide-y divide-line text-xs">
        {files.map((file) => (
          <FileReport key={file.index} offer={record.id} file={file} />
        ))}
      </ul>
    </section>
  );
}

function FileReport({ offer, file }: { readonly offer: string; readonly file: FileRecord }) {
  const live = useStore((state) => state.progress[progressKey({ offer, index: file.index })]);
  const { report } = file;
  const state = reportStateOf(file);
  if (report === null) return null;
  const { chunks, answered, bytes } = arrivedOf(file, live);
  const total = report.total ?? live?.total ?? file.bytes;
  // Of the first second before the app was killed only the bytes are known.
  const isCounted = chunks > 0 || bytes === 0;
  const isRunning = file.state === 'accepted' || file.state === 'receiving';
  const { asked, check, refused, firstAt, lastAt } = report;
  return (
    <li className="py-2">
      <h3 className="truncate font-semibold" title={file.name}>
        {file.name}
      </h3>
      <dl className="mt-1 grid grid-cols-2 gap-x-4 gap-y-1.5 @lg:grid-cols-4">
        <Part name="Chunks" value={isCounted ? formatCount(chunks) : '–'}>
          {isCounted ? `${formatCount(answered)} × 200` : 'not counted'}
          {refused > 0 && <span className="text-bad"> · {formatCount(refused)} refused</span>}
        </Part>
        <Part name="Bytes" value={formatCount(bytes)}>
          {total === null || total < bytes ? 'total unknown' : `of ${formatCount(total)}`}
        </Part>
        <Part name="Asked for" value={asked === null ? '–' : `Success: ${asked.success ? 'yes' : 'no'}`}>
          {asked !== null && `Failure: ${asked.failure}`}
        </Part>
        <Part name="Check" value={check === null ? '–' : CHECKS[check.result]}>
          {check !== null && formatPreciseTime(check.at)}
        </Part>
        <Line name="Received">
          {lastAt === null
            ? noTimes(bytes, isRunning)
            : `${formatPreciseTime(firstAt ?? lastAt)} – ${formatPreciseTime(lastAt)}`}
        </Line>
        <Line name="REPORT">{state === null ? '–' : <Report state={state} />}</Line>
      </dl>
    </li>
  );
}

/** The times of chunks are written a second late. */
function noTimes(bytes: number, isRunning: boolean): string {
  if (isRunning) return bytes === 0 ? 'nothing yet' : 'now';
  return bytes === 0 ? 'nothing' : 'times not kept';
}

function Report({ state }: { readonly state: ReportState }) {
  const { report, tone, word, meaning } = state;
  return (
    <span title={meaning}>
      <Chip tone={tone}>{word}</Chip>
      {report !== null && (
        <span className="tabular-nums">
          {' '}
          {report.status} · {report.range} · {formatPreciseTime(report.at)}
        </span>
      )}
    </span>
  );
}

type PartProps = { readonly name: string; readonly value: string; readonly children: ReactNode };

function Part({ name, value, children }: PartProps) {
  return (
    <div className="min-w-0 tabular-nums">
      <dt className="text-muted">{name}</dt>
      <dd>
        {value} <span className="block text-muted">{children}</span>
      </dd>
    </div>
  );
}

function Line({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="col-span-full flex gap-4 tabular-nums">
      <dt className="w-16 shrink-0 text-muted">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}
