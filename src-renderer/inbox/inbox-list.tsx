import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { AppState } from '../../src-main/ipc/contract.ts';
import { useLabel } from '../applications/label.ts';
import { Button } from '../components/ui.tsx';
import { type Filter, loadMore, markListedRead, select, setQuery, useStore } from '../store/store.ts';
import { PushRow } from './push-row.tsx';

const ROW_HEIGHT = 62;
/** Rows from the end at which the next page is asked for. */
const LOAD_AHEAD = 20;
const FILTERS: readonly (readonly [Filter, string])[] = [
  ['all', 'All'],
  ['needs-you', 'Needs you'],
  ['unread', 'Unread'],
  ['messages', 'Messages'],
  ['files', 'Files'],
  ['refused', 'Refused'],
];

/** The middle column: what came, newest first. */
export function InboxList({ app }: { readonly app: AppState }) {
  return (
    <section
      aria-label="Pushes"
      className="flex w-[428px] shrink-0 flex-col border-line border-r max-[760px]:h-[38%] max-[760px]:w-full max-[1200px]:w-[340px] max-[760px]:border-r-0 max-[760px]:border-b"
    >
      <SearchField />
      <Filters app={app} />
      <OneApplication />
      <AllRead />
      <List app={app} />
    </section>
  );
}

function SearchField() {
  const search = useStore((state) => state.query.search);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const focus = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener('keydown', focus);
    return () => window.removeEventListener('keydown', focus);
  }, []);
  return (
    <div className="p-3 pb-2">
      <input
        ref={input}
        type="search"
        aria-label="Search"
        className="field"
        placeholder="Search sender, application, text, Call-ID …"
        value={search}
        onChange={(event) => void setQuery({ search: event.target.value })}
      />
    </div>
  );
}

function Filters({ app }: { readonly app: AppState }) {
  const current = useStore((state) => state.query.filter);
  const terminal = useStore((state) => state.query.terminal);
  // Only the sums over all terminals are kept, and of one its waiting offers.
  const sums: Partial<Record<Filter, number>> =
    terminal === null ? { all: app.counts.total, unread: app.counts.unread } : {};
  const waiting =
    terminal === null
      ? app.counts.waiting
      : (app.terminals.find(({ name }) => name === terminal)?.waiting ?? 0);
  return (
    <fieldset className="flex flex-wrap gap-1 border-line border-b px-3 pb-2.5">
      <legend className="sr-only">Show</legend>
      {FILTERS.map(([filter, label]) => {
        const count = filter === 'needs-you' ? waiting : (sums[filter] ?? 0);
        return (
          <button
            key={filter}
            type="button"
            aria-pressed={filter === current}
            className={
              filter === current
                ? 'rounded-full bg-info-soft px-2 py-0.5 font-medium text-info text-xs max-[1200px]:px-1.5'
                : 'rounded-full bg-quiet-soft px-2 py-0.5 text-quiet text-xs max-[1200px]:px-1.5'
            }
            onClick={() => void setQuery({ filter })}
          >
            {label}
            {count > 0 && ` ${count}`}
          </button>
        );
      })}
    </fieldset>
  );
}

/** Puts away what is unread, where only that is listed. */
function AllRead() {
  const some = useStore(
    ({ query, records }) => query.filter === 'unread' && records.some(({ read }) => !read),
  );
  if (!some) return null;
  return (
    <div className="flex justify-end border-line border-b bg-panel px-3 py-1.5">
      <Button look="link" onClick={markListedRead}>
        Mark these as read
      </Button>
    </div>
  );
}

/** Says that the list is of one application, and ends it. */
function OneApplication() {
  const { terminal, application } = useStore((state) => state.query);
  const label = useLabel(terminal, application);
  if (application === null) return null;
  return (
    <div className="flex items-center gap-2 border-line border-b bg-panel px-3 py-1.5">
      <span className="min-w-0 flex-1 truncate text-muted" title={application}>
        Only for <strong className="font-medium text-ink">{label.text ?? application}</strong>
      </span>
      <Button look="link" onClick={() => void setQuery({ application: null })}>
        Show all
      </Button>
    </div>
  );
}

function List({ app }: { readonly app: AppState }) {
  const records = useStore((state) => state.records);
  const selected = useStore((state) => state.selected);
  const allTerminals = useStore((state) => state.query.terminal === null);
  const scroller = useRef<HTMLDivElement>(null);
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
  const move = (event: KeyboardEvent) => {
    const at = records.findIndex(({ id }) => id === selected);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      Home: 0,
      End: records.length - 1,
    };
    const to = steps[event.key];
    if (event.key === 'Escape') select(null);
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(records.length - 1, to));
    const record = records[index];
    if (record === undefined) return;
    select(record.id);
    rows.scrollToIndex(index);
  };
  if (records.length === 0) return <EmptyList app={app} />;
  return (
    <div ref={scroller} className="min-h-0 flex-1 overflow-y-auto">
      <div
        role="listbox"
        aria-label="Pushes"
        tabIndex={0}
        aria-activedescendant={selected === null ? undefined : `push-${selected}`}
        className="relative -outline-offset-2"
        style={{ height: rows.getTotalSize() }}
        onKeyDown={move}
      >
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const record = records[index];
          if (record === undefined) return null;
          return (
            // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the listbox has the focus and the keys.
            <div
              key={key}
              id={`push-${record.id}`}
              role="option"
              aria-selected={record.id === selected}
              className="absolute top-0 left-0 w-full"
              style={{ height: ROW_HEIGHT, transform: `translateY(${start}px)` }}
              onClick={() => select(record.id)}
            >
              <PushRow
                record={record}
                selected={record.id === selected}
                showTerminal={allTerminals && app.terminals.length > 1}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
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
