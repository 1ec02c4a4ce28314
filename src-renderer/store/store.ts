import { create } from 'zustand';
import {
  type AppState,
  type CallArgument,
  type CallName,
  type CallResults,
  type DialogName,
  isMessage,
  MAX_CHOSEN,
  type ProgressView,
  type PushRecord,
  sameApplication,
  type WindowEvent,
} from '../../src-main/ipc/contract.ts';

export type Filter = CallArgument<'push.list'>['filter'];
/** What the window shows under its header. */
export type Screen = 'inbox' | 'registration' | 'applications' | 'trace';
/** A rule of trust that somebody began from a push. */
export type RuleDraft = {
  readonly terminal: string;
  readonly sender: string;
  readonly application: string;
  readonly type: string;
};
export type Notice = {
  readonly id: number;
  readonly tone: 'info' | 'warning' | 'error';
  readonly text: string;
  /** What can be done about it, for as long as it is shown. */
  readonly action?: NoticeAction;
};
export type NoticeAction = { readonly label: string; readonly run: () => void; readonly forMs: number };

/** What is asked of history for the list. */
export type ListQuery = {
  readonly terminal: string | null;
  readonly filter: Filter;
  readonly search: string;
  /** Pushes for one application only; null for all. */
  readonly application: string | null;
};

export type Store = {
  /** Null until the main process has answered. */
  readonly app: AppState | null;
  /** The one terminal of a window of its own; null in the main window, which shows all. */
  readonly only: string | null;
  readonly screen: Screen;
  readonly query: ListQuery;
  readonly records: readonly PushRecord[];
  readonly more: boolean;
  readonly loading: boolean;
  /** The push whose row is the current one, and which the detail shows. */
  readonly selected: string | null;
  /** Pushes that are chosen together; empty while only one is. */
  readonly chosen: ReadonlySet<string>;
  /** Where a range of chosen pushes begins. */
  readonly anchor: string | null;
  /** What of the search was not understood. */
  readonly problems: readonly string[];
  /** The dialog that is open over the main window. */
  readonly dialog: DialogName | null;
  readonly notices: readonly Notice[];
  readonly ruleDraft: RuleDraft | null;
  /** The dialog of a report is open. */
  readonly reporting: boolean;
  /** By offer and index; apart from the list, so that progress redraws only what shows it. */
  readonly progress: Readonly<Record<string, ProgressView>>;
};

const PAGE_SIZE = 100;
const MAX_NOTICES = 5;
/** A search that is shown is run again at most this often while pushes come, in milliseconds. */
const REFRESH_MS = 300;

export const useStore = create<Store>(() => ({
  app: null,
  only: null,
  screen: 'inbox',
  query: { terminal: null, filter: 'all', search: '', application: null },
  records: [],
  more: false,
  loading: false,
  selected: null,
  chosen: new Set(),
  anchor: null,
  problems: [],
  dialog: null,
  notices: [],
  ruleDraft: null,
  reporting: false,
  progress: {},
}));

let lastNotice = 0;
let lastList = 0;

/**
 * Loads state and the first page, and listens from then on. Answers a function that stops listening.
 * `only` keeps the window to one terminal.
 */
export async function connectStore(only: string | null = null): Promise<() => void> {
  useStore.setState(({ query }) => ({ only, query: { ...query, terminal: only } }));
  const stop = window.pushTerminal.listen(receive);
  const app = await window.pushTerminal.call('app.state');
  useStore.setState({
    app,
    progress: Object.fromEntries(app.progress.map((view) => [progressKey(view), view])),
  });
  await reload();
  return stop;
}

type Arguments<N extends CallName> = CallArgument<N> extends undefined ? [] : [CallArgument<N>];
type Answer<N extends CallName> =
  | { readonly kind: 'ok'; readonly value: CallResults[N] }
  | { readonly kind: 'refused'; readonly reason: string };

/** Calls the main process; a refusal becomes a notice, and the answer is null. */
export async function call<N extends CallName>(
  name: N,
  ...argument: Arguments<N>
): Promise<CallResults[N] | null> {
  const answer = await attempt(name, ...argument);
  if (answer.kind === 'ok') return answer.value;
  notify('error', answer.reason);
  return null;
}

/** Calls the main process where a refusal has a better place than a notice. */
export async function attempt<N extends CallName>(name: N, ...argument: Arguments<N>): Promise<Answer<N>> {
  try {
    return { kind: 'ok', value: await window.pushTerminal.call(name, ...argument) };
  } catch (error) {
    return { kind: 'refused', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Shows a notice. Answers its id. */
export function notify(tone: Notice['tone'], text: string, action?: NoticeAction): number {
  lastNotice += 1;
  const notice = { id: lastNotice, tone, text, ...(action === undefined ? {} : { action }) };
  useStore.setState(({ notices }) => ({ notices: [...notices.slice(1 - MAX_NOTICES), notice] }));
  return notice.id;
}

export function dismiss(id: number): void {
  useStore.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}

/** Shows another part of history. An application is one of a terminal, so it goes with it. */
export async function setQuery(change: Partial<ListQuery>): Promise<void> {
  const away = change.terminal !== undefined ? { application: null } : {};
  useStore.setState(({ query }) => ({ query: { ...query, ...away, ...change }, chosen: new Set() }));
  await reload();
}

export function showScreen(screen: Screen): void {
  useStore.setState({ screen });
}

/** Opens a dialog over the window, or closes the one that is open. */
export function showDialog(dialog: DialogName | null): void {
  useStore.setState({ dialog });
}

/** Opens the Registration tab with a terminal, which is the selected one from then on. */
export function showRegistration(terminal: string): void {
  showScreen('registration');
  if (useStore.getState().query.terminal !== terminal) void setQuery({ terminal });
}

/** Opens the Applications tab with a terminal, which is the selected one from then on. */
export function showApplications(terminal: string): void {
  showScreen('applications');
  if (useStore.getState().query.terminal !== terminal) void setQuery({ terminal });
}

/** Opens the Inbox with the pushes of a terminal for one application. */
export function showPushesFor(terminal: string, application: string): void {
  showScreen('inbox');
  void setQuery({ terminal, application, filter: 'all', search: '' });
}

/** Opens the Inbox with one push, whatever was filtered before. */
export async function showPush(terminal: string, push: string): Promise<void> {
  showScreen('inbox');
  await setQuery({ terminal, application: null, filter: 'all', search: '' });
  select(push);
}

/** Opens the Applications tab with a new rule begun; nothing holds before the user adds it. */
export function beginRule(draft: RuleDraft): void {
  useStore.setState({ ruleDraft: draft });
  showApplications(draft.terminal);
}

/** Shows what a report of a problem would hold. */
export function openReport(): void {
  useStore.setState({ reporting: true });
}

export function closeReport(): void {
  useStore.setState({ reporting: false });
}

export function endRule(): void {
  useStore.setState({ ruleDraft: null });
}

/** Opens a push in the detail and marks it read; null closes the detail. */
export function select(push: string | null): void {
  useStore.setState({ selected: push, anchor: push, chosen: new Set() });
  const record = useStore.getState().records.find((one) => one.id === push);
  if (record !== undefined && !record.read) {
    mark([record.id], { read: true });
  }
}

/** Marks pushes, in the list at once. */
export function mark(pushes: readonly string[], change: Mark): void {
  useStore.setState(({ records }) => ({ records: marked(records, pushes, change) }));
  void call('push.mark', { pushes: [...pushes], ...change });
}

type Mark = { readonly read?: boolean | undefined; readonly pinned?: boolean | undefined };

function marked(records: readonly PushRecord[], pushes: readonly string[], change: Mark): PushRecord[] {
  const ids = new Set(pushes);
  return records.map((one) =>
    ids.has(one.id) ? { ...one, read: change.read ?? one.read, pinned: change.pinned ?? one.pinned } : one,
  );
}

/** Marks the listed pushes as read; they stay in the list. */
export function markListedRead(): void {
  const unread = useStore.getState().records.filter(({ read }) => !read);
  const pushes = unread.slice(0, MAX_CHOSEN).map(({ id }) => id);
  if (pushes.length > 0) mark(pushes, { read: true });
}

/** Loads the page after the last one. */
export async function loadMore(): Promise<void> {
  const { records, more, loading, query } = useStore.getState();
  const last = records.at(-1);
  if (!more || loading || last === undefined) return;
  useStore.setState({ loading: true });
  const page = await call('push.list', { ...query, before: last.id, limit: PAGE_SIZE });
  useStore.setState((state) => ({
    loading: false,
    ...(page === null || state.query !== query
      ? {}
      : { records: [...state.records, ...page.records], more: page.more }),
  }));
}

async function reload(): Promise<void> {
  lastList += 1;
  const ours = lastList;
  const { query } = useStore.getState();
  const page = await call('push.list', { ...query, before: null, limit: PAGE_SIZE });
  // A later query may have overtaken this one.
  if (page === null || ours !== lastList) return;
  useStore.setState({ records: page.records, more: page.more, problems: page.problems });
}

let willRefresh = false;

/** Pushes have come while a search is shown: history knows which of them it finds. */
function refreshSoon(): void {
  if (willRefresh) return;
  willRefresh = true;
  setTimeout(() => {
    willRefresh = false;
    void refresh();
  }, REFRESH_MS);
}

/** Brings the newest page up to date; the pages after it stay as they are. */
async function refresh(): Promise<void> {
  const ours = lastList;
  const { query } = useStore.getState();
  if (query.search.trim() === '') return;
  const page = await call('push.list', { ...query, before: null, limit: PAGE_SIZE });
  if (page === null || ours !== lastList || useStore.getState().query !== query) return;
  const last = page.records.at(-1)?.id;
  useStore.setState(({ records, more }) => {
    const older = last === undefined || !page.more ? [] : records.filter(({ id }) => id < last);
    return { records: [...page.records, ...older], more: older.length > 0 ? more : page.more };
  });
}

export function progressKey(view: { readonly offer: string; readonly index: number }): string {
  return `${view.offer} ${view.index}`;
}

function receive(event: WindowEvent): void {
  switch (event.kind) {
    case 'terminal':
      changeApp((app) => ({ terminals: upsert(app.terminals, event.terminal, (one) => one.name) }));
      return;
    case 'terminal-removed':
      changeApp((app) => ({ terminals: app.terminals.filter(({ name }) => name !== event.terminal) }));
      // A window of one terminal never shows the pushes of others.
      if (useStore.getState().query.terminal === event.terminal && useStore.getState().only === null)
        void setQuery({ terminal: null });
      return;
    case 'push':
      useStore.setState((state) => ({ records: placeRecord(state, event.record) }));
      if (useStore.getState().query.search.trim() !== '') refreshSoon();
      return;
    case 'pushes-marked':
      useStore.setState(({ records }) => ({ records: marked(records, event.pushes, event) }));
      return;
    case 'pushes-removed':
      forget(new Set(event.pushes));
      return;
    case 'pushes-restored':
      void reload();
      return;
    case 'deadline':
      changeApp((app) => ({ deadlines: upsert(app.deadlines, event.deadline, (one) => one.offer) }));
      return;
    case 'progress':
      useStore.setState(({ progress }) => ({
        progress: {
          ...progress,
          ...Object.fromEntries(event.progress.map((view) => [progressKey(view), view])),
        },
      }));
      return;
    case 'counts':
      changeApp(() => ({ counts: event.counts }));
      return;
    case 'sandbox':
      changeApp(() => ({ sandbox: event.sandbox }));
      return;
    case 'permissions':
      changeApp(() => ({ permissions: event.permissions }));
      return;
    case 'searches':
      changeApp(() => ({ searches: event.searches }));
      return;
    case 'retention':
      changeApp(() => ({ retention: event.retention }));
      return;
    case 'dialog':
      if (useStore.getState().only === null) showDialog(event.dialog);
      return;
    case 'result':
      changeApp((app) => ({ results: upsert(app.results, event.result, (one) => one.id) }));
      return;
    case 'trace':
      changeApp(() => ({ trace: event.trace }));
      return;
    case 'report':
      openReport();
      return;
    case 'select-push':
      openPush(event.push);
      return;
    case 'notice':
      notify(event.tone, event.text);
      return;
  }
}

/** Takes pushes off the list that are gone. */
export function forget(gone: ReadonlySet<string>): void {
  useStore.setState(({ records, selected, chosen, anchor }) => ({
    records: records.filter(({ id }) => !gone.has(id)),
    selected: selected !== null && gone.has(selected) ? null : selected,
    anchor: anchor !== null && gone.has(anchor) ? null : anchor,
    chosen: new Set([...chosen].filter((id) => !gone.has(id))),
  }));
}

/** Every window hears of a clicked notification; one of a single terminal follows only to its own pushes. */
function openPush(push: string): void {
  const { only, records, query } = useStore.getState();
  const isListed = records.some(({ id }) => id === push);
  if (only !== null && !isListed) return;
  showScreen('inbox');
  select(push);
  // A list of one application must not hide it.
  if (!isListed && query.application !== null) void setQuery({ application: null });
}

function changeApp(change: (app: AppState) => Partial<AppState>): void {
  useStore.setState(({ app }) => (app === null ? {} : { app: { ...app, ...change(app) } }));
}

/** Puts a record where it belongs in the list: in its place, on top when new, nowhere when the query leaves it out. */
function placeRecord({ records, query }: Store, record: PushRecord): readonly PushRecord[] {
  const index = records.findIndex(({ id }) => id === record.id);
  if (!fits(query, record)) {
    // What the user is looking at stays until the next query, though its state has changed.
    return index < 0 ? records : records.with(index, record);
  }
  if (index >= 0)
    return records.with(index, { ...record, read: record.read || records[index]?.read === true });
  const older = records.findIndex(({ id }) => id < record.id);
  return records.toSpliced(older < 0 ? records.length : older, 0, record);
}

function fits({ terminal, filter, search, application }: ListQuery, record: PushRecord): boolean {
  if (terminal !== null && record.terminal !== terminal) return false;
  if (application !== null && !sameApplication(application, record.application ?? '')) return false;
  // The words of a search are history's business, which is asked again soon.
  if (search.trim() !== '') return false;
  switch (filter) {
    case 'all':
      return true;
    case 'needs-you':
      return record.state === 'waiting';
    case 'unread':
      return !record.read;
    case 'refused':
      return record.state === 'refused';
    case 'messages':
      return isMessage(record) && record.state !== 'refused';
    case 'files':
      return record.method === 'INVITE' && record.state !== 'refused';
  }
}

function upsert<T>(items: readonly T[], item: T, key: (item: T) => string): readonly T[] {
  const index = items.findIndex((one) => key(one) === key(item));
  return index < 0 ? [...items, item] : items.with(index, item);
}

/** Pushes of a terminal that nobody has read. */
export function unreadOf({ terminals }: AppState['counts'], terminal: string): number {
  return terminals.find((one) => one.terminal === terminal)?.unread ?? 0;
}
