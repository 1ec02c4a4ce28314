import { clsx } from 'clsx';
import { ArrowDownLeft, ArrowUpRight, Check, X } from 'lucide-react';
import type { DeliveryEntry, PushRecord } from '../../src-main/ipc/contract.ts';
import { formatPreciseTime } from '../format.ts';
import { filesOf } from '../inbox/push-state.ts';

const SIDES = {
  in: [ArrowDownLeft, 'received'],
  out: [ArrowUpRight, 'sent'],
  local: [Check, 'here'],
} as const;

/** What this terminal received, answered and reported, and when. */
export function Delivery({ record }: { readonly record: PushRecord }) {
  const files = filesOf(record);
  return (
    <section aria-label="Delivery" className="rounded-xl border border-line bg-panel p-4">
      <h2 className="mb-2 font-semibold">Delivery</h2>
      <ol className="select-text">
        {record.delivery.map((entry) => (
          <Entry
            key={`${entry.at} ${entry.title} ${entry.file}`}
            entry={entry}
            file={files.find((file) => file.index === entry.file)?.name ?? null}
          />
        ))}
      </ol>
    </section>
  );
}

function Entry({ entry, file }: { readonly entry: DeliveryEntry; readonly file: string | null }) {
  const [SideIcon, word] = SIDES[entry.side];
  const Icon = entry.ok ? SideIcon : entry.side === 'local' ? X : SideIcon;
  return (
    <li className="flex gap-3 py-1">
      <time className="mono shrink-0 text-muted" dateTime={entry.at}>
        {formatPreciseTime(entry.at)}
      </time>
      <span className={clsx('mt-0.5 shrink-0', entry.ok ? 'text-info' : 'text-bad')}>
        <Icon aria-label={word} size={14} />
      </span>
      <span className="min-w-0 break-words">
        <span className={clsx('font-medium', !entry.ok && 'text-bad')}>{entry.title}</span>{' '}
        <span className="text-muted">{[file, entry.detail].filter(Boolean).join(' · ')}</span>
      </span>
    </li>
  );
}
