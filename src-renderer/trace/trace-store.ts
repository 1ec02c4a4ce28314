import { create } from 'zustand';
import type { TraceState, TraceSummary } from '../../src-main/ipc/contract.ts';
import { call, showScreen, useStore } from '../store/store.ts';

/** What of the trace is shown. */
export type TraceFilter = {
  readonly sip: boolean;
  readonly msrp: boolean;
  readonly errorsOnly: boolean;
  readonly keepAlives: boolean;
  /** Method of a request and of its responses; null for all. */
  readonly method: string | null;
  /** Messages of one call only, its MSRP sessions included; null for all. */
  readonly callId: string | null;
  readonly text: string;
};

export type TraceStore = {
  readonly all: readonly TraceSummary[];
  /** Counts up with every change of `all`, which grows in place. */
  readonly version: number;
  readonly filter: TraceFilter;
  /** Ids of the records that hold the text; null while no text is asked for. */
  readonly found: ReadonlySet<number> | null;
  readonly selected: number | null;
  /** Whether the end of the list is kept in view. */
  readonly follow: boolean;
  readonly view: 'ladder' | 'list';
};

const EVERYTHING: TraceFilter = {
  sip: true,
  msrp: true,
  errorsOnly: false,
  keepAlives: false,
  method: null,
  callId: null,
  text: '',
};
const PAGE = 2_000;

export const useTrace = create<TraceStore>(() => ({
  all: [],
  version: 0,
  filter: EVERYTHING,
  found: null,
  selected: null,
  follow: true,
  view: 'ladder',
}));

let summaries: TraceSummary[] = [];
let loading: Promise<void> | null = null;
let lastSearch = 0;
/** The search knows the records up to this id. */
let searchedTo = 0;

/** Brings the list up to date with the main process: what it forgot goes, what is new comes. */
export function syncTrace(state: TraceState): Promise<void> {
  loading ??= load(state).finally(() => {
    loading = null;
    const now = useStore.getState().app?.trace ?? state;
    if (now.last > (summaries.at(-1)?.id ?? 0) && now.last > state.last) void syncTrace(now);
  });
  return loading;
}

async function load(state: TraceState): Promise<void> {
  const known = summaries.at(-1)?.id ?? 0;
  // A restart of the main process would begin anew.
  if (known > state.last || (summaries[0]?.id ?? state.first) < state.first) {
    summaries = known > state.last ? [] : summaries.filter(({ id }) => id >= state.first);
    publish();
  }
  let more = (summaries.at(-1)?.id ?? 0) < state.last;
  while (more) {
    const from = (summaries.at(-1)?.id ?? 0) + 1;
    const page = await call('trace.list', { from, limit: PAGE });
    if (page === null) return;
    for (const summary of page.summaries) summaries.push(summary);
    publish();
    more = page.more;
  }
  await searchOn();
}

function publish(): void {
  useTrace.setState(({ version }) => ({ all: summaries, version: version + 1 }));
}

export function changeFilter(change: Partial<TraceFilter>): void {
  useTrace.setState(({ filter }) => ({ filter: { ...filter, ...change } }));
}

/** Shows all messages again. */
export function clearFilter(): void {
  useTrace.setState({ filter: EVERYTHING });
  void searchText('');
}

/** Shows the records that hold a text; the search itself runs in the main process. */
export async function searchText(text: string): Promise<void> {
  changeFilter({ text });
  lastSearch += 1;
  const ours = lastSearch;
  if (text.trim() === '') {
    useTrace.setState({ found: null });
    return;
  }
  const last = summaries.at(-1)?.id ?? 0;
  const ids = await call('trace.find', { text: text.trim(), from: 0 });
  // A later search may have overtaken this one.
  if (ids === null || ours !== lastSearch) return;
  searchedTo = last;
  useTrace.setState({ found: new Set(ids) });
}

/** Searches what came since. */
async function searchOn(): Promise<void> {
  const { filter, found } = useTrace.getState();
  const last = summaries.at(-1)?.id ?? 0;
  if (found === null || last <= searchedTo) return;
  const ours = lastSearch;
  const ids = await call('trace.find', { text: filter.text.trim(), from: searchedTo + 1 });
  if (ids === null || ours !== lastSearch) return;
  searchedTo = last;
  if (ids.length > 0) useTrace.setState({ found: new Set([...found, ...ids]) });
}

export function selectMessage(selected: number | null): void {
  useTrace.setState(selected === null ? { selected } : { selected, follow: false });
}

/** Opens the Trace tab with the ladder of one call. */
export function showTraceOf(callId: string): void {
  useTrace.setState({
    filter: { ...EVERYTHING, callId },
    found: null,
    selected: null,
    follow: false,
    view: 'ladder',
  });
  showScreen('trace');
}

/** Which of the records pass a filter, of one terminal or of all. */
export function fitting(
  all: readonly TraceSummary[],
  filter: TraceFilter,
  found: ReadonlySet<number> | null,
  terminal: string | null,
): readonly TraceSummary[] {
  const { sip, msrp, errorsOnly, keepAlives, method, callId } = filter;
  return all.filter(
    (one) =>
      (terminal === null || one.terminal === terminal) &&
      (one.protocol === 'sip' ? sip : msrp) &&
      (keepAlives || one.kind !== 'keep-alive') &&
      (!errorsOnly || one.error) &&
      (method === null || one.method === method) &&
      (callId === null || one.callId === callId) &&
      (found === null || found.has(one.id)),
  );
}
