import { clsx } from 'clsx';
import { Ban, CloudDownload, Download, Mail, Pin, Rss } from 'lucide-react';
import { useShallow } from 'zustand/react/shallow';
import { isMessage, type PushRecord } from '../../src-main/ipc/contract.ts';
import { useLabel } from '../applications/label.ts';
import { Chip, ProgressBar } from '../components/ui.tsx';
import { formatAddress, formatBytes, formatSpeed, formatTime, formatTimeLeft, percentOf } from '../format.ts';
import { useStore } from '../store/store.ts';
import { describeState, fetchTotals, titleOf, transferTotals } from './push-state.ts';

type RowProps = {
  readonly record: PushRecord;
  readonly selected: boolean;
  /** Whether it is the row that keys go on from. */
  readonly current: boolean;
  readonly showTerminal: boolean;
};

/** One push in the list. */
export function PushRow({ record, selected, current, showTerminal }: RowProps) {
  const progress = useStore(
    useShallow((state) => Object.values(state.progress).filter(({ offer }) => offer === record.id)),
  );
  const { tone, text } = describeState(record, progress);
  const Icon = iconOf(record);
  const label = useLabel(record.terminal, record.application);
  const totals = transferTotals(record, progress);
  const receiving = record.state === 'receiving' && record.method !== 'REFER';
  return (
    <div
      className={clsx(
        'flex h-full items-center gap-2.5 border-line border-b px-3',
        selected ? 'bg-selected' : 'hover:bg-panel',
        current && 'ring-accent ring-inset group-focus-visible/list:ring-2',
      )}
    >
      <span className="grid size-8 shrink-0 place-items-center rounded-lg bg-quiet-soft text-muted">
        {label.icon === null || record.state === 'refused' ? (
          <Icon aria-hidden size={15} />
        ) : (
          <span aria-hidden className="text-base leading-none">
            {label.icon}
          </span>
        )}
      </span>
      <div className="min-w-0 flex-1">
        <div className="flex items-center gap-2">
          <span className={clsx('min-w-0 flex-1 truncate', record.read ? 'font-medium' : 'font-bold')}>
            {titleOf(record)}
            {record.application !== null && (
              <span className="font-normal text-muted" title={record.application}>
                {' '}
                · {label.name ?? record.application}
              </span>
            )}
          </span>
          {record.pinned && <Pin role="img" aria-label="Pinned" size={13} className="shrink-0 text-info" />}
          <Chip tone={tone}>{text}</Chip>
        </div>
        <div className="flex items-center gap-2 text-muted">
          <span className="min-w-0 flex-1 truncate">
            {receiving
              ? [
                  `${formatBytes(totals.received)}${totals.total === null ? '' : ` of ${formatBytes(totals.total)}`}`,
                  totals.bytesPerSecond > 0 ? formatSpeed(totals.bytesPerSecond) : null,
                  formatTimeLeft((totals.total ?? 0) - totals.received, totals.bytesPerSecond),
                ]
                  .filter(Boolean)
                  .join(' · ')
              : [
                  `${formatAddress(record.from)}${record.asserted ? ' ✓' : ''}`,
                  showTerminal ? record.terminal : null,
                  isMessage(record) ? typeOf(record) : null,
                  sizeOf(record),
                ]
                  .filter(Boolean)
                  .join(' · ')}
          </span>
          {record.mismatch && isShown(record) && <Chip tone="warn">Type mismatch</Chip>}
          <time className="shrink-0 tabular-nums" dateTime={record.at}>
            {formatTime(record.at)}
          </time>
        </div>
        {receiving && (
          <ProgressBar
            label={`Receiving ${titleOf(record)}`}
            percent={percentOf(totals.received, totals.total)}
          />
        )}
      </div>
    </div>
  );
}

/** What a message says is told only once it is allowed. */
function isShown({ state }: PushRecord): boolean {
  return state !== 'waiting' && state !== 'declined';
}

function iconOf(record: PushRecord) {
  if (record.state === 'refused') return Ban;
  if (record.method === 'INVITE') return Download;
  if (record.method === 'REFER') return Rss;
  return record.references.length === 0 ? Mail : CloudDownload;
}

/** Of the first content that a message refers to, where it refers to any; without parameters. */
function typeOf({ references: [reference], contentType }: PushRecord): string | null {
  const type = reference === undefined ? contentType : (reference.fetchedType ?? reference.contentType);
  return type?.split(';')[0]?.trim() ?? null;
}

function sizeOf(record: PushRecord): string | null {
  const size = record.references.length === 0 ? record.bytes : elsewhereOf(record);
  return size > 0 ? formatBytes(size) : null;
}

/** Of content elsewhere: what was fetched, else what is promised, if all of it is. */
function elsewhereOf(record: PushRecord): number {
  const fetched = record.references.filter(({ sha256 }) => sha256 !== null);
  if (fetched.length === 0) return fetchTotals(record).total ?? 0;
  return fetched.reduce((sum, { received }) => sum + received, 0);
}
