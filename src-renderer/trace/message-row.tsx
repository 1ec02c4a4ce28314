import { clsx } from 'clsx';
import type { TraceSummary } from '../../src-main/ipc/contract.ts';
import { formatBytes } from '../format.ts';
import { type Lane, laneIndex, ownLane, peerLane } from './lanes.ts';
import { clockOf, gapOf } from './time.ts';

type RowProps = {
  readonly message: TraceSummary;
  readonly before: TraceSummary | undefined;
  readonly lanes: readonly Lane[];
};

const LINES = { sip: 'text-trace-sip', msrp: 'text-trace-msrp' } as const;

/** Where a column stands, in percent of the width. */
export function laneAt(index: number, count: number): number {
  return ((index + 0.5) / count) * 100;
}

/** A message as an arrow between two columns. */
export function LadderRow({ message, before, lanes }: RowProps) {
  const own = laneAt(laneIndex(lanes, ownLane(message)), lanes.length);
  const peer = laneAt(laneIndex(lanes, peerLane(message)), lanes.length);
  const [left, right] = [Math.min(own, peer), Math.max(own, peer)];
  const pointsRight = (message.direction === 'out') === peer > own;
  const wait = before === undefined ? '' : gapOf(message.at - before.at);
  return (
    <div className="flex h-full">
      <span className="mono flex w-24 shrink-0 flex-col justify-center pl-3 text-muted leading-4">
        <span>{clockOf(message.at)}</span>
        <span className="text-[10.5px]">{wait}</span>
      </span>
      <span className="relative min-w-0 flex-1">
        {lanes.map(({ key }, index) => (
          <span
            key={key}
            className="absolute inset-y-0 w-px bg-line"
            style={{ left: `${laneAt(index, lanes.length)}%` }}
          />
        ))}
        <span
          className={clsx(
            'absolute inset-y-0 flex flex-col items-center justify-center px-3 text-center leading-4',
            message.error ? 'text-bad' : LINES[message.protocol],
          )}
          style={{ left: `${left}%`, width: `${right - left}%` }}
        >
          <span className={clsx('max-w-full truncate', message.error ? 'text-bad' : 'text-ink')}>
            {message.title}
          </span>
          <span
            className={clsx(
              'my-px flex h-[7px] w-[calc(100%+24px)] shrink-0 items-center',
              pointsRight || 'rotate-180',
            )}
          >
            <span
              className={clsx(
                'min-w-0 flex-1 border-current border-t-[1.5px]',
                message.kind !== 'message' && 'border-dashed',
              )}
            />
            <span className="border-y-[3.5px] border-y-transparent border-l-8 border-l-current" />
          </span>
          <span className="h-4 max-w-full truncate text-[11px] text-muted">{message.note}</span>
        </span>
      </span>
    </div>
  );
}

/** A message as a line of a table. */
export function ListRow({ message }: { readonly message: TraceSummary }) {
  const { direction, protocol, transport, terminal, remote, title, note, bytes, error, at } = message;
  return (
    <div className="flex h-full items-center gap-3 whitespace-nowrap px-3 text-xs">
      <span className="mono w-23 shrink-0 text-muted">{clockOf(at)}</span>
      <span className={clsx('w-4 shrink-0', LINES[protocol])}>{direction === 'in' ? '←' : '→'}</span>
      <span className={clsx('min-w-0 flex-1 truncate', error ? 'text-bad' : 'text-ink')}>
        {title} <span className="text-muted">{note}</span>
      </span>
      <span className="w-24 shrink-0 truncate text-muted">{terminal}</span>
      <span className="mono w-40 shrink-0 truncate text-muted">{remote}</span>
      <span className="w-10 shrink-0 text-muted">{transport}</span>
      <span className="w-14 shrink-0 text-right text-muted">{formatBytes(bytes)}</span>
    </div>
  );
}

/** What a row says to somebody who does not see it. */
export function spoken({ at, direction, protocol, title, note, remote }: TraceSummary): string {
  const way = direction === 'in' ? 'received from' : 'sent to';
  const what = [`${protocol.toUpperCase()} ${title}`, note].filter(Boolean).join(', ');
  return `${clockOf(at)} ${way} ${remote}: ${what}`;
}
