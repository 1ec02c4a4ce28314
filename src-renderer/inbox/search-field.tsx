import { useEffect, useId, useRef, useState } from 'react';
import { MAX_SEARCH_LENGTH, type SavedSearch } from '../../src-main/ipc/contract.ts';
import { setQuery, useStore } from '../store/store.ts';
import { SavedSearches } from './saved-searches.tsx';
import { SearchHelp } from './search-help.tsx';

/** A search is run when this long nothing was typed, in milliseconds. */
const TYPING_MS = 150;

/** The search, what of it was not understood, and what can be searched for. */
export function SearchField({ searches }: { readonly searches: readonly SavedSearch[] }) {
  const search = useStore((state) => state.query.search);
  const problems = useStore((state) => state.problems);
  const [text, setText] = useState(search);
  const input = useRef<HTMLInputElement>(null);
  const problemsId = useId();
  useEffect(() => setText(search), [search]);
  useEffect(() => {
    if (text === search) return;
    const timer = setTimeout(() => void setQuery({ search: text }), TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, search]);
  useEffect(() => {
    const focus = (event: globalThis.KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      input.current?.focus();
    };
    window.addEventListener('keydown', focus);
    return () => window.removeEventListener('keydown', focus);
  }, []);
  const insert = (condition: string) => {
    const before = text.trimEnd();
    setText(`${before}${before === '' ? '' : ' '}${condition}`.slice(0, MAX_SEARCH_LENGTH));
  };
  const focusEnd = () => {
    input.current?.focus();
    input.current?.setSelectionRange(MAX_SEARCH_LENGTH, MAX_SEARCH_LENGTH);
  };
  return (
    <div className="p-3 pb-2">
      <div className="flex items-center gap-1">
        <input
          ref={input}
          type="search"
          aria-label="Search"
          aria-describedby={problems.length > 0 ? problemsId : undefined}
          aria-invalid={problems.length > 0}
          className="field"
          placeholder="Search sender, application, text, Call-ID …"
          spellCheck={false}
          maxLength={MAX_SEARCH_LENGTH}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') void setQuery({ search: text });
            if (event.key === 'ArrowDown') {
              event.preventDefault();
              document.querySelector<HTMLElement>('[role="listbox"]')?.focus();
            }
          }}
        />
        <SavedSearches searches={searches} />
        <SearchHelp insert={insert} focus={focusEnd} />
      </div>
      <div id={problemsId} aria-live="polite">
        {problems.map((problem) => (
          <p key={problem} className="mt-1.5 text-warn text-xs">
            {problem}
          </p>
        ))}
      </div>
    </div>
  );
}
