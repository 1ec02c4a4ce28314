import { MAX_CHOSEN, type PushRecord } from '../../src-main/ipc/contract.ts';
import { formatCount } from '../format.ts';
import { call, dismiss, forget, mark, notify, select, useStore } from '../store/store.ts';

/** How long Undo is offered, as the main process has it. */
const UNDO_MS = 10_000;

/** Removals that can still be undone, the last one last, with the notice that offers it. */
let removals: readonly { readonly removal: string; readonly notice: number }[] = [];

/** What a row does to the choice: it alone, all from the anchor to it, it too (or no longer), or nothing. */
export type Reach = 'only' | 'range' | 'toggle' | 'none';

/** Makes a row the current one. Only where it alone is chosen it is opened, which marks it read. */
export function choose(push: string, reach: Reach): void {
  const { records, selected, chosen, anchor } = useStore.getState();
  if (reach === 'only') {
    select(push);
    return;
  }
  const before = chosen.size > 0 ? chosen : new Set(selected === null ? [] : [selected]);
  if (reach === 'none') {
    useStore.setState({ selected: push, chosen: before });
    return;
  }
  if (reach === 'toggle') {
    const next = new Set(before);
    if (!next.delete(push)) next.add(push);
    useStore.setState({ selected: push, anchor: push, chosen: next });
    return;
  }
  const ends = [records.findIndex(({ id }) => id === (anchor ?? push)), indexOf(records, push)];
  const range = records.slice(Math.max(0, Math.min(...ends)), Math.max(...ends) + 1);
  useStore.setState({ selected: push, chosen: new Set(range.map(({ id }) => id)) });
}

/** Chooses all that the list finds, loaded or not. */
export async function chooseAll(): Promise<void> {
  const { query } = useStore.getState();
  const ids = await call('push.ids', query);
  if (ids === null || useStore.getState().query !== query) return;
  useStore.setState(({ selected }) => ({ chosen: new Set(ids), selected: selected ?? ids[0] ?? null }));
  if (ids.length === MAX_CHOSEN) notify('info', `The newest ${formatCount(MAX_CHOSEN)} are selected.`);
}

/** Back to the current row alone; to none when it was alone already. */
export function chooseLess(): void {
  const { chosen } = useStore.getState();
  if (chosen.size > 0) useStore.setState({ chosen: new Set() });
  else select(null);
}

/** The chosen pushes, or the current one. */
export function chosenPushes(): readonly string[] {
  const { chosen, selected } = useStore.getState();
  return chosen.size > 0 ? [...chosen] : selected === null ? [] : [selected];
}

/** Marks the chosen pushes read where one is unread, else unread. */
export function toggleRead(): void {
  const loaded = chosenRecords();
  if (loaded.length > 0) mark(chosenPushes(), { read: loaded.some(({ read }) => !read) });
}

/** Pins the chosen pushes where one is not, else unpins them. */
export function togglePinned(): void {
  const loaded = chosenRecords();
  if (loaded.length > 0) mark(chosenPushes(), { pinned: loaded.some(({ pinned }) => !pinned) });
}

/** Removes pushes, offers Undo, and goes on to the row after them. */
export async function removePushes(pushes: readonly string[]): Promise<void> {
  if (pushes.length === 0) return;
  const next = rowAfter(new Set(pushes));
  const answer = await call('push.remove', { pushes: [...pushes] });
  if (answer === null) return;
  const stay = answer.open === 0 ? '' : ` ${answer.open} still open ${answer.open === 1 ? 'stays' : 'stay'}.`;
  if (answer.pushes.length === 0) {
    if (answer.open > 0)
      notify('info', 'Pushes that wait or arrive cannot be deleted. Answer or stop them first.');
    return;
  }
  forget(new Set(answer.pushes));
  const count = answer.pushes.length;
  const text = `Deleted ${formatCount(count)} ${count === 1 ? 'push' : 'pushes'}.${stay}`;
  const run = () => void undo(answer.removal);
  const notice = notify('info', text, { label: 'Undo', run, forMs: UNDO_MS });
  removals = [...removals, { removal: answer.removal, notice }];
  if (next !== null && useStore.getState().selected === null && useStore.getState().chosen.size === 0)
    select(next);
}

/** Undoes the last removal that can still be undone. */
export async function undoLast(): Promise<void> {
  const last = removals.at(-1);
  if (last === undefined) return;
  dismiss(last.notice);
  await undo(last.removal);
}

/** Whether a push waits for the user or arrives. */
export function isOpen({ state }: PushRecord): boolean {
  return state === 'waiting' || state === 'receiving';
}

async function undo(removal: string): Promise<void> {
  removals = removals.filter((one) => one.removal !== removal);
  if ((await call('push.undo', { removal })) === false) notify('info', 'It is too late to undo this.');
}

function chosenRecords(): readonly PushRecord[] {
  const ids = new Set(chosenPushes());
  return useStore.getState().records.filter(({ id }) => ids.has(id));
}

/** The row after the last one that goes, or the one before the first. */
function rowAfter(gone: ReadonlySet<string>): string | null {
  const { records } = useStore.getState();
  const last = records.findLastIndex(({ id }) => gone.has(id));
  const after = records.slice(last + 1).find(({ id }) => !gone.has(id));
  return (after ?? records.findLast(({ id }, index) => index < last && !gone.has(id)))?.id ?? null;
}

function indexOf(records: readonly PushRecord[], push: string): number {
  return records.findIndex(({ id }) => id === push);
}
