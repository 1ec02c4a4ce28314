import type { ReactNode } from 'react';
import type { FileRecord, PushRecord } from '../../src-main/ipc/contract.ts';
import { Chip } from '../components/ui.tsx';
import { formatCount, formatPreciseTime } from '../format.ts';
import { filesOf } from '../inbox/push-state.ts';
import { progressKey, useStore } from '../store/store.ts';
import { arrivedOf, reportStateOf } from './report-state.ts';

const CHECKS = { matches: 'SHA-1 matches', 'no-hash': 'no hash to compare', failed: 'differs' } as const;

/** The delivery report state of each file: what its chunks were answered, what was asked for, checked and reported. */
export function ReportTable({ record }: { readonly record: PushRecord }) {
  const files = filesOf(record).filter(({ report }) => report !== null);
  if (files.length === 0) return null;
  return (
    <section aria-label="Delivery reports" className="mb-3 rounded-xl border border-line bg-panel p-4">
      <h2 className="mb-2 font-semibold">Delivery reports</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls needs a way for the keyboard. */}
      <section aria-label="Delivery report of each file" tabIndex={0} className="overflow-x-auto">
        <table className="w-full select-text border-collapse text-xs">
          <thead>
            <tr className="text-left text-muted">
              {['File', 'Chunks', 'Bytes', 'Asked for', 'Check', 'REPORT'].map((name) => (
                <th key={name} scope="col" className="whitespace-nowrap py-1 pr-4 font-normal last:pr-0">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {files.map((file) => (
              <ReportRow key={file.index} offer={record.id} file={file} />
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

function ReportRow({ offer, file }: { readonly offer: string; readonly file: FileRecord }) {
  const live = useStore((state) => state.progress[progressKey({ offer, index: file.index })]);
  const { report } = file;
  const state = reportStateOf(file);
  if (report === null) return null;
  const { bytes, chunks, answered } = arrivedOf(file, live);
  const total = report.total ?? live?.total ?? null;
  return (
    <tr className="border-line border-t align-top">
      <th scope="row" className="max-w-40 py-1.5 pr-4 text-left">
        <span className="block truncate font-semibold" title={file.name}>
          {file.name}
        </span>
        {report.lastAt !== null && <Small>{timesOf(report.firstAt, report.lastAt)}</Small>}
      </th>
      <Cell main={formatCount(chunks)}>
        {formatCount(answered)} × 200
        {report.refused > 0 && <span className="text-bad"> · {formatCount(report.refused)} refused</span>}
      </Cell>
      <Cell main={formatCount(bytes)}>{total === null ? 'total unknown' : `of ${formatCount(total)}`}</Cell>
      <Cell main={report.asked === null ? '–' : `Success: ${report.asked.success ? 'yes' : 'no'}`}>
        {report.asked === null ? '' : `Failure: ${report.asked.failure}`}
      </Cell>
      <Cell main={report.check === null ? '–' : CHECKS[report.check.result]}>
        {report.check === null ? '' : formatPreciseTime(report.check.at)}
      </Cell>
      <td className="whitespace-nowrap py-1.5">
        {state === null ? (
          '–'
        ) : (
          <span title={state.meaning}>
            {state.report !== null && <span className="mono">{state.report.status} </span>}
            <Chip tone={state.tone}>{state.word}</Chip>
          </span>
        )}
        {state?.report && (
          <>
            <Small>{state.report.range}</Small>
            <Small>{formatPreciseTime(state.report.at)}</Small>
          </>
        )}
      </td>
    </tr>
  );
}

function Cell({ main, children }: { readonly main: string; readonly children: ReactNode }) {
  return (
    <td className="whitespace-nowrap py-1.5 pr-4 tabular-nums">
      {main}
      <Small>{children}</Small>
    </td>
  );
}

function Small({ children }: { readonly children: ReactNode }) {
  return <span className="block font-normal text-muted tabular-nums">{children}</span>;
}

function timesOf(first: string | null, last: string): string {
  const [from, to] = [first ?? last, last].map(formatPreciseTime);
  return from === to ? `${to}` : `${from} – ${to}`;
}
