import { useVirtualizer } from '@tanstack/react-virtual';
import { clsx } from 'clsx';
import { type MouseEvent, useEffect, useRef } from 'react';
import type { AppState } from '../../src-main/ipc/contract.ts';
import { loadMore, useStore } from '../store/store.ts';
import { useListKeys } from './list-keys.ts';
import { PushRow } from './push-row.tsx';
import { choose, type Reach } from './selection.ts';

const ROW_HEIGHT = 62;
/** Rows from the end at which the next page is asked for. */
const LOAD_AHEAD = 20;

/** The pushes that the query finds; only the rows in sight are drawn. */
export function PushList({ app }: { readonly app: AppState }) {
  const records = useStore((state) => state.records);
  const selected = useStore((state) => state.selected);
  const chosen = useStore((state) => state.chosen);
  const allTerminals = useStore((state) => state.query.terminal === null);
  const scroller = useRef<HTMLDivElement>(null);
  const listbox = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: records.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => records[index]?.id ?? index,
    overscan: 8,
  });
  const last = rows.getVirtualItems().at(-1)?.index ?? 0;
  useEffect(() => {
    if (records.length > 0 && last >= records.length - LOAD_AHEAD) void loadMore();
  }, [last, records.length]);
  useListKeys(listbox, (index) => rows.scrollToIndex(index));
  if (records.length === 0) return <EmptyList app={app} />;
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto">
      <div
        ref={listbox}
        role="listbox"
        aria-label="Pushes"
        aria-multiselectable
        tabIndex={0}
        aria-activedescendant={selected === null ? undefined : `push-${selected}`}
        className={clsx(
          'group/list relative select-none -outline-offset-2',
          // The current row shows the focus.
          selected !== null && 'focus-visible:outline-none',
        )}
        style={{ height: rows.getTotalSize() }}
      >
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const record = records[index];
          if (record === undefined) return null;
          const isChosen = chosen.size > 0 ? chosen.has(record.id) : record.id === selected;
          return (
            // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the listbox has the focus and the keys.
            <div
              key={key}
              id={`push-${record.id}`}
              role="option"
              aria-selected={isChosen}
              aria-posinset={index + 1}
              aria-setsize={records.length}
              className="absolute top-0 left-0 w-full"
              style={{ height: ROW_HEIGHT, transform: `translateY(${start}px)` }}
              onClick={(event) => choose(record.id, reachOf(event))}
            >
              <PushRow
                record={record}
                selected={isChosen}
                current={record.id === selected}
                showTerminal={allTerminals && app.terminals.length > 1}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}

function reachOf({ shiftKey, ctrlKey, metaKey }: MouseEvent): Reach {
  if (shiftKey) return 'range';
  return ctrlKey || metaKey ? 'toggle' : 'only';
}

function EmptyList({ app }: { readonly app: AppState }) {
  const query = useStore((state) => state.query);
  const only = useStore((state) => state.only);
  const narrowed = query.search !== '' || query.filter !== 'all' || query.application !== null;
  const chosen = app.terminals.find(({ name }) => name !== only && name === query.terminal);
  return (
    <div className="p-6 text-center text-muted">
      {narrowed ? (
        <p>Nothing here fits. Change the search or the filter.</p>
      ) : chosen !== undefined && app.counts.total > 0 ? (
        <>
          <p className="mb-1 font-medium text-ink">
            No push has come to {chosen.displayName ?? chosen.name} yet
          </p>
          <p>Choose its card once more to see the pushes of all terminals.</p>
        </>
      ) : (
        <>
          <p className="mb-1 font-medium text-ink">No push has come yet</p>
          <p>
            {app.sandbox.kind === 'running'
              ? 'Open the sender desk and push a message to one of the terminals.'
              : 'What senders push to a registered terminal shows up here.'}
          </p>
        </>
      )}
    </div>
  );
}
