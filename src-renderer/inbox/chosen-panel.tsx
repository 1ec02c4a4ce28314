import { Button } from '../components/ui.tsx';
import { formatCount } from '../format.ts';
import { mark, useStore } from '../store/store.ts';
import { chooseLess, removePushes } from './selection.ts';

/** What can be done with several pushes at once. */
export function ChosenPanel({ chosen }: { readonly chosen: ReadonlySet<string> }) {
  const pushes = [...chosen];
  const loaded = useStore((state) => state.records.filter(({ id }) => chosen.has(id)).length);
  return (
    <section aria-label="Selected pushes" className="grid min-w-0 flex-1 place-items-center p-6 text-center">
      <div>
        <h1 className="mb-1 font-semibold text-lg">{formatCount(pushes.length)} pushes selected</h1>
        <p className="mb-4 text-muted">
          {loaded < pushes.length && `${formatCount(pushes.length - loaded)} of them are further down. `}
          Deleting can be undone for ten seconds; received files stay.
        </p>
        <div className="flex flex-wrap justify-center gap-2">
          <Button onClick={() => mark(pushes, { read: true })}>Mark read</Button>
          <Button onClick={() => mark(pushes, { read: false })}>Mark unread</Button>
          <Button onClick={() => mark(pushes, { pinned: true })}>Pin</Button>
          <Button onClick={() => mark(pushes, { pinned: false })}>Unpin</Button>
          <Button look="danger" onClick={() => void removePushes(pushes)}>
            Delete
          </Button>
          <Button look="link" onClick={chooseLess}>
            Select one only
          </Button>
        </div>
      </div>
    </section>
  );
}
