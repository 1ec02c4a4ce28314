import { create } from 'zustand';
import {
  type AppState,
  type CallArgument,
  type CallName,
  type CallResults,
  isMessage,
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
};

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
  readonly selected: string | null;
  readonly notices: readonly Notice[];
  readonly ruleDraft: RuleDraft | null;
  /** The dialog of a report is open. */
  readonly reporting: boolean;
  /** By offer and index; apart from the list, so that progress redraws only what shows it. */
  readonly progress: Readonly<Record<string, ProgressView>>;
};

const PAGE_SIZE = 100;
const MAX_NOTICES = 5;
/** Pushes marked as read in one call, as the contract has it. */
const MAX_MARKED = 500;

export const useStore = create<Store>(() => ({
  app: null,
  only: null,
  screen: 'inbox',
  query: { terminal: null, filter: 'all', search: '', application: null },
  records: [],
  more: false,
  loading: false,
  selected: null,
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

export function notify(tone: Notice['tone'], text: string): void {
  lastNotice += 1;
  const notice = { id: lastNotice, tone, text };
  useStore.setState(({ notices }) => ({ notices: [...notices.slice(1 - MAX_NOTICES), notice] }));
}

export function dismiss(id: number): void {
  useStore.setState(({ notices }) => ({ notices: notices.filter((notice) => notice.id !== id) }));
}

/** Shows another part of history. An application is one of a terminal, so it goes with it. */
export async function setQuery(change: Partial<ListQuery>): Promise<void> {
  const away = change.terminal !== undefined ? { application: null } : {};
  useStore.setState(({ query }) => ({ query: { ...query, ...away, ...change } }));
  await reload();
}

export function showScreen(screen: Screen): void {
  useStore.setState({ screen });
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
  useStore.setState({ selected: push });
  const record = useStore.getState().records.find((one) => one.id === push);
  if (record !== undefined && !record.read) {
    useStore.setState(({ records }) => ({
      records: records.map((one) => (one.id === record.id ? { ...one, read: true } : one)),
    }));
    void call('push.markRead', { pushes: [record.id] });
  }
}

/** Marks the listed pushes as read; they stay in the list. */
export function markListedRead(): void {
  const unread = useStore.getState().records.filter(({ read }) => !read);
  const pushes = unread.slice(0, MAX_MARKED).map(({ id }) => id);
  if (pushes.length === 0) return;
  const marked = new Set(pushes);
  useStore.setState(({ records }) => ({
    records: records.map((one) => (marked.has(one.id) ? { ...one, read: true } : one)),
  }));
  void call('push.markRead', { pushes });
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
  if (page !== null && ours === lastList) useStore.setState({ records: page.records, more: page.more });
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
      return;
    case 'push-removed':
      useStore.setState(({ records, selected }) => ({
        records: records.filter(({ id }) => id !== event.push),
        selected: selected === event.push ? null : selected,
      }));
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
  return [record, ...records].sort((a, b) => (a.id < b.id ? 1 : -1));
}

function fits({ terminal, filter, search, application }: ListQuery, record: PushRecord): boolean {
  if (terminal !== null && record.terminal !== terminal) return false;
  if (application !== null && !sameApplication(application, record.application ?? '')) return false;
  // The words of a search are history's business; new pushes show up with the next one.
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
