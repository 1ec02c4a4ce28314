import { useEffect, useRef } from 'react';
import { showDialog, useStore } from '../store/store.ts';
import {
  choose,
  chooseAll,
  chooseLess,
  chosenPushes,
  type Reach,
  removePushes,
  togglePinned,
  toggleRead,
  undoLast,
} from './selection.ts';

/** Keys of the list, as the dialog shows them. */
export const SHORTCUTS: readonly (readonly [keys: string, what: string])[] = [
  ['↓ or J, ↑ or K', 'next and previous push'],
  ['Page Down, Page Up, Home, End', 'further in the list'],
  ['Shift with any of these', 'select all the way'],
  ['Ctrl with any of these, then Space', 'select some here and there'],
  ['Enter', 'accept or allow what waits; else go to the detail'],
  ['Ctrl+A', 'select all that the list finds'],
  ['Esc', 'back to one, then to none'],
  ['U', 'mark read or unread'],
  ['P', 'pin or unpin'],
  ['Del', 'delete'],
  ['Ctrl+Z', 'undo deleting, for ten seconds'],
  ['Ctrl+K', 'search'],
  ['Ctrl+1, 2, 3, 4', 'Inbox, Registration, Applications, Trace'],
  ['?', 'this list'],
];

const PAGE_ROWS = 10;
const FIELDS = 'input, textarea, select, [contenteditable], [role="menu"], [role="dialog"]';

/** Makes the keys work: those of the list where it, or nothing, has the focus; Undo and help also elsewhere. */
export function useListKeys(list: React.RefObject<HTMLElement | null>, show: (index: number) => void): void {
  const latest = useRef(show);
  latest.current = show;
  useEffect(() => {
    const pressed = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return;
      if (target?.closest(FIELDS)) return;
      const isList = target === document.body || target === list.current;
      const work = workOf(event) ?? (isList ? listWorkOf(event, latest.current) : null);
      if (work === null) return;
      event.preventDefault();
      work();
    };
    window.addEventListener('keydown', pressed);
    return () => window.removeEventListener('keydown', pressed);
  }, [list]);
}

function workOf({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent): (() => void) | null {
  if (key === '?' && !ctrlKey && !metaKey && !altKey) return () => showDialog('shortcuts');
  const isUndo = key.toLowerCase() === 'z' && (ctrlKey || metaKey) && !altKey && !shiftKey;
  return isUndo ? () => void undoLast() : null;
}

function listWorkOf(event: KeyboardEvent, show: (index: number) => void): (() => void) | null {
  const { key, altKey } = event;
  const withControl = event.ctrlKey || event.metaKey;
  if (altKey) return null;
  const to = targetOf(key, withControl);
  if (to !== null) {
    const reach: Reach = event.shiftKey ? 'range' : withControl ? 'none' : 'only';
    return () => goTo(to, reach, show);
  }
  if (withControl) {
    if (key.toLowerCase() === 'a') return () => void chooseAll();
    return key === ' ' ? toggleCurrent : null;
  }
  switch (key) {
    case 'Enter':
      return opensDetail()
        ? () => document.querySelector<HTMLElement>('[aria-label="Detail"]')?.focus()
        : null;
    case 'Delete':
      return () => void removePushes(chosenPushes());
    case 'u':
    case 'U':
      return toggleRead;
    case 'p':
    case 'P':
      return togglePinned;
    case ' ':
      return toggleCurrent;
    case 'Escape':
      return chooseLess;
    default:
      return null;
  }
}

/** The row that a key leads to, from the current one. */
function targetOf(key: string, withControl: boolean): ((at: number, last: number) => number) | null {
  switch (withControl ? key : (LETTERS[key.toLowerCase()] ?? key)) {
    case 'ArrowDown':
      return (at) => at + 1;
    case 'ArrowUp':
      return (at) => at - 1;
    case 'PageDown':
      return (at) => at + PAGE_ROWS;
    case 'PageUp':
      return (at) => at - PAGE_ROWS;
    case 'Home':
      return () => 0;
    case 'End':
      return (_at, last) => last;
    default:
      return null;
  }
}

const LETTERS: Readonly<Record<string, string>> = { j: 'ArrowDown', k: 'ArrowUp' };

function goTo(to: (at: number, last: number) => number, reach: Reach, show: (index: number) => void): void {
  const { records, selected } = useStore.getState();
  const last = records.length - 1;
  const at = records.findIndex(({ id }) => id === selected);
  const index = Math.max(0, Math.min(last, to(at, last)));
  const record = records[index];
  if (record === undefined) return;
  choose(record.id, reach);
  show(index);
}

function toggleCurrent(): void {
  const { selected } = useStore.getState();
  if (selected !== null) choose(selected, 'toggle');
}

/** Enter answers what waits; that is the business of its panel. */
function opensDetail(): boolean {
  const { records, selected, chosen } = useStore.getState();
  const record = records.find(({ id }) => id === selected);
  return record !== undefined && record.state !== 'waiting' && chosen.size <= 1;
}
