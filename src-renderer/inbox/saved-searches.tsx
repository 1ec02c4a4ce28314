import { Star, X } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { type FormEvent, useState } from 'react';
import { type SavedSearch, savedSearchesSchema } from '../../src-main/ipc/contract.ts';
import { CellInput } from '../applications/cell-input.tsx';
import { useFocusReturn } from '../components/focus.ts';
import { Labelled } from '../components/labelled.tsx';
import { Modal } from '../components/modal.tsx';
import { Button } from '../components/ui.tsx';
import { attempt, notify, setQuery, useStore } from '../store/store.ts';

type Dialog = 'save' | 'edit' | null;
type SearchesProps = { readonly searches: readonly SavedSearch[] };

/** Searches with names, behind a star that is filled while one of them is shown. */
export function SavedSearches({ searches }: SearchesProps) {
  const search = useStore((state) => state.query.search);
  const [dialog, setDialog] = useState<Dialog>(null);
  const current = searches.find((one) => one.search === search);
  return (
    <>
      <DropdownMenu.Root modal={false}>
        <DropdownMenu.Trigger
          aria-label={current?.name ?? 'Saved'}
          title={current === undefined ? 'Saved searches' : `Saved search: ${current.name}`}
          className="shrink-0 rounded-lg p-1.5 text-muted hover:bg-quiet-soft hover:text-ink"
        >
          <Star
            aria-hidden
            size={16}
            className={current === undefined ? undefined : 'fill-current text-info'}
          />
        </DropdownMenu.Trigger>
        <DropdownMenu.Content
          align="end"
          collisionPadding={12}
          className="z-40 max-h-[60vh] min-w-56 max-w-80 overflow-y-auto rounded-lg border border-line bg-raised p-1 shadow-xl"
        >
          {searches.map((one) => (
            <Item key={one.name} onSelect={() => void setQuery({ search: one.search })}>
              <span className="block truncate">{one.name}</span>
              <span className="mono block truncate text-muted">{one.search}</span>
            </Item>
          ))}
          {searches.length === 0 && <p className="px-2 py-1 text-muted">No search is saved yet.</p>}
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <Item disabled={search.trim() === '' || current !== undefined} onSelect={() => setDialog('save')}>
            Save this search…
          </Item>
          <Item disabled={searches.length === 0} onSelect={() => setDialog('edit')}>
            Edit saved searches…
          </Item>
        </DropdownMenu.Content>
      </DropdownMenu.Root>
      {dialog === 'save' && <SaveDialog searches={searches} search={search} close={() => setDialog(null)} />}
      {dialog === 'edit' && <EditDialog searches={searches} close={() => setDialog(null)} />}
    </>
  );
}

function Item(props: DropdownMenu.DropdownMenuItemProps) {
  return (
    <DropdownMenu.Item
      className="rounded px-2 py-1 outline-none data-[disabled]:text-muted data-[highlighted]:bg-selected"
      {...props}
    />
  );
}

type SaveProps = SearchesProps & { readonly search: string; readonly close: () => void };

function SaveDialog({ searches, search, close }: SaveProps) {
  useFocusReturn();
  const [name, setName] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const reason = await keep([...searches, { name, search }]);
    if (reason === null) close();
    else setProblem(reason);
  };
  return (
    <Modal title="Save this search" close={close}>
      <form className="flex flex-col gap-3.5" noValidate onSubmit={(event) => void save(event)}>
        <p className="mono break-words text-muted">{search}</p>
        <Labelled label="Name">
          {(id) => (
            <input
              id={id}
              className="field"
              autoComplete="off"
              maxLength={60}
              value={name}
              onChange={(event) => {
                setName(event.target.value);
                setProblem(null);
              }}
            />
          )}
        </Labelled>
        <p role="alert" className="min-h-5 text-bad">
          {problem}
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="main">
            Save
          </Button>
        </div>
      </form>
    </Modal>
  );
}

type EditProps = SearchesProps & { readonly close: () => void };

function EditDialog({ searches, close }: EditProps) {
  useFocusReturn();
  const change = async (changed: readonly SavedSearch[]) => {
    const reason = await keep(changed);
    if (reason !== null) notify('error', reason);
    return reason === null;
  };
  const replace = (at: number, part: Partial<SavedSearch>) =>
    change(searches.map((one, index) => (index === at ? { ...one, ...part } : one)));
  return (
    <Modal title="Saved searches" close={close}>
      <ul className="flex flex-col gap-1">
        {searches.map((one, index) => (
          <li key={one.name} className="flex items-center gap-1 border-line border-b pb-1">
            <div className="w-44 shrink-0">
              <CellInput
                label={`Name of ${one.name}`}
                value={one.name}
                empty={one.name}
                commit={(name) => replace(index, { name })}
              />
            </div>
            <CellInput
              label={`Search of ${one.name}`}
              value={one.search}
              empty={one.search}
              commit={(search) => replace(index, { search })}
            />
            <button
              type="button"
              aria-label={`Remove ${one.name}`}
              title={`Remove ${one.name}`}
              className="shrink-0 rounded p-1 text-muted hover:bg-bad-soft hover:text-bad"
              onClick={() => void change(searches.toSpliced(index, 1))}
            >
              <X aria-hidden size={14} />
            </button>
          </li>
        ))}
      </ul>
      {searches.length === 0 && <p className="text-muted">No search is saved.</p>}
      <div className="mt-4 flex justify-end">
        <Button onClick={close}>Done</Button>
      </div>
    </Modal>
  );
}

/** Keeps the searches; answers why not, or null. */
async function keep(searches: readonly SavedSearch[]): Promise<string | null> {
  const read = savedSearchesSchema.safeParse(searches);
  if (!read.success) return sentenceFor(read.error.issues[0]?.code, read.error.issues[0]?.message);
  const answer = await attempt('app.searches', { searches: read.data });
  return answer.kind === 'ok' ? null : answer.reason;
}

function sentenceFor(code: string | undefined, message: string | undefined): string {
  if (code === 'too_small') return 'Give it a name.';
  if (code === 'too_big') return 'That is too long, or there are too many already.';
  return message ?? 'This cannot be kept.';
}
