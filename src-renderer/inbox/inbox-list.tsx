import type { AppState } from '../../src-main/ipc/contract.ts';
import { useLabel } from '../applications/label.ts';
import { Button } from '../components/ui.tsx';
import { type Filter, markListedRead, setQuery, useStore } from '../store/store.ts';
import { PushList } from './push-list.tsx';
import { SearchField } from './search-field.tsx';

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
      <SearchField searches={app.searches} />
      <Filters app={app} />
      <OneApplication />
      <AllRead />
      <PushList app={app} />
    </section>
  );
}

function Filters({ app }: { readonly app: AppState }) {
  const current = useStore((state) => state.query.filter);
  const terminal = useStore((state) => state.query.terminal);
  const own = app.counts.terminals.find((one) => one.terminal === terminal);
  const sums: Partial<Record<Filter, number>> =
    terminal === null
      ? { all: app.counts.total, unread: app.counts.unread }
      : { all: own?.total ?? 0, unread: own?.unread ?? 0 };
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
                ? 'rounded-full bg-info-soft px-1.5 py-0.5 font-medium text-info text-xs'
                : 'rounded-full bg-quiet-soft px-1.5 py-0.5 text-quiet text-xs'
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
