import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useMemo, useRef } from 'react';
import type { TerminalView, TraceSummary } from '../../src-main/ipc/contract.ts';
import { lanesOf } from './lanes.ts';
import { LadderRow, ListRow, laneAt, spoken } from './message-row.tsx';
import { selectMessage, useTrace } from './trace-store.ts';

const HEIGHTS = { ladder: 50, list: 26 } as const;
/** Rows that PageUp and PageDown move by. */
const PAGE_ROWS = 10;

type ListProps = {
  readonly messages: readonly TraceSummary[];
  readonly terminals: readonly TerminalView[];
};

/** The messages, as a ladder or as a list; the arrow keys move in it. */
export function MessageList({ messages, terminals }: ListProps) {
  const view = useTrace((state) => state.view);
  const selected = useTrace((state) => state.selected);
  const follow = useTrace((state) => state.follow);
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: messages.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => HEIGHTS[view],
    getItemKey: (index) => messages[index]?.id ?? index,
    overscan: 10,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: rows of another height are measured anew.
  useEffect(() => rows.measure(), [view]);
  useEffect(() => {
    if (follow && messages.length > 0) rows.scrollToIndex(messages.length - 1, { align: 'end' });
  }, [follow, messages.length, rows]);
  const lanes = useMemo(
    () => lanesOf(messages, (name) => terminals.find((one) => one.name === name)?.displayName ?? name),
    [messages, terminals],
  );
  const move = (event: KeyboardEvent) => {
    const at = messages.findIndex(({ id }) => id === selected);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + PAGE_ROWS,
      PageUp: at - PAGE_ROWS,
      Home: 0,
      End: messages.length - 1,
    };
    if (event.key === 'Escape') selectMessage(null);
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = Math.max(0, Math.min(messages.length - 1, to));
    selectMessage(messages[index]?.id ?? null);
    rows.scrollToIndex(index);
  };
  return (
    <div
      ref={scroller}
      className="min-h-0 flex-1 overflow-y-auto -outline-offset-2 outline-accent has-[[role=listbox]:focus-visible]:outline-2"
      onWheel={(event) => {
        if (event.deltaY < 0) useTrace.setState({ follow: false });
      }}
    >
      {view === 'ladder' && (
        <div aria-hidden="true" className="sticky top-0 z-10 flex border-line border-b bg-page">
          <span className="w-24 shrink-0" />
          <span className="relative h-11 min-w-0 flex-1">
            {lanes.map(({ key, title, address }, index) => (
              <span
                key={key}
                className="absolute top-1 flex -translate-x-1/2 flex-col items-center text-center leading-4"
                style={{ left: `${laneAt(index, lanes.length)}%`, width: `${100 / lanes.length}%` }}
              >
                <span className="max-w-full truncate px-1 font-medium">{title}</span>
                <span className="mono max-w-full truncate px-1 text-[11px] text-muted">{address}</span>
              </span>
            ))}
          </span>
        </div>
      )}
      <div
        role="listbox"
        aria-label="Messages"
        tabIndex={0}
        aria-activedescendant={selected === null ? undefined : `message-${selected}`}
        className="relative outline-none focus-visible:outline-none"
        style={{ height: rows.getTotalSize() }}
        onKeyDown={move}
      >
        {rows.getVirtualItems().map(({ index, key, start }) => {
          const message = messages[index];
          if (message === undefined) return null;
          const isSelected = message.id === selected;
          return (
            // biome-ignore lint/a11y/useFocusableInteractive lint/a11y/useKeyWithClickEvents: the listbox has the focus and the keys.
            <div
              key={key}
              id={`message-${message.id}`}
              role="option"
              aria-selected={isSelected}
              aria-label={spoken(message)}
              className={`absolute top-0 left-0 w-full ${isSelected ? 'bg-selected' : 'hover:bg-panel'}`}
              style={{ height: HEIGHTS[view], transform: `translateY(${start}px)` }}
              onClick={() => selectMessage(message.id)}
            >
              {view === 'ladder' ? (
                <LadderRow message={message} before={messages[index - 1]} lanes={lanes} />
              ) : (
                <ListRow message={message} />
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}
