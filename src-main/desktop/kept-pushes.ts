import { setImmediate as nextTurn } from 'node:timers/promises';
import type { History, ListQuery } from '../history/history.ts';
import {
  type Counts,
  MAX_CHOSEN,
  type PushPage,
  type RemovalView,
  type WindowEvent,
} from '../ipc/contract.ts';
import { Removals } from './removals.ts';

/** Pushes marked in one step, so that others are not held up. */
const STEP = 100;

export type KeptPushesOptions = {
  readonly history: History;
  /** Removes pushes for good, with what is being fetched for them. */
  readonly remove: (ids: readonly string[]) => Promise<void>;
  readonly tell: (event: WindowEvent) => void;
  readonly countsChanged: () => void;
};

/** The pushes of history as the windows list, mark and remove them: what waits to be removed is not among them. */
export class KeptPushes {
  readonly #options: KeptPushesOptions;
  readonly #removals: Removals;

  constructor(options: KeptPushesOptions) {
    this.#options = options;
    this.#removals = new Removals({
      remove: async (ids) => {
        await options.remove(ids).catch((error: unknown) => this.#failed(error));
        options.countsChanged();
      },
    });
  }

  /** Pushes, newest first, a page at a time; a page may be short, and only `more` tells that it was the last. */
  async list(query: ListQuery): Promise<PushPage> {
    let { before = null } = query;
    for (;;) {
      const page = await this.#options.history.list({ ...query, before });
      const records = page.records.filter(({ id }) => !this.#removals.hides(id));
      const last = page.records.at(-1);
      if (records.length > 0 || !page.more || last === undefined) return { ...page, records };
      before = last.id;
    }
  }

  /** Ids of what a query finds, newest first. */
  async ids(query: Omit<ListQuery, 'limit'>): Promise<readonly string[]> {
    const found = await this.#options.history.ids({ ...query, limit: MAX_CHOSEN });
    return found.filter((id) => !this.#removals.hides(id));
  }

  /** Totals of what is shown. */
  async counts(): Promise<Counts> {
    const { history } = this.#options;
    const counts = { ...(await history.counts()) };
    const terminals = new Map(history.terminalCounts().map((one) => [one.terminal, { ...one }]));
    for (const { terminal, unread, bytes } of this.#removals.hidden) {
      const own = terminals.get(terminal);
      if (own === undefined) continue;
      counts.total -= 1;
      own.total -= 1;
      counts.bytes -= bytes;
      if (unread) {
        counts.unread -= 1;
        own.unread -= 1;
      }
    }
    return { ...counts, terminals: [...terminals.values()] };
  }

  /** Whether a push is hidden because it waits to be removed. */
  hides(push: string): boolean {
    return this.#removals.hides(push);
  }

  /** Marks pushes read or unread, pinned or not, and tells the windows. */
  async mark(ids: readonly string[], change: Mark): Promise<void> {
    const { history, tell, countsChanged } = this.#options;
    const marked = {
      ...(change.read === undefined ? {} : { read: change.read }),
      ...(change.pinned === undefined ? {} : { pinned: change.pinned }),
    };
    for (let from = 0; from < ids.length; from += STEP) {
      const pushes = ids.slice(from, from + STEP);
      await history.mark(pushes, marked);
      tell({ kind: 'pushes-marked', pushes, ...marked });
      await nextTurn();
    }
    countsChanged();
  }

  /** Removes pushes once the time for Undo is over, and hides them at once. Those that are open stay. */
  remove(ids: readonly string[]): RemovalView {
    const { history, tell, countsChanged } = this.#options;
    const facts = history.facts(ids).filter(({ id }) => !this.#removals.hides(id));
    const gone = facts.filter(({ isOpen }) => !isOpen);
    const removal = this.#removals.add(gone);
    const pushes = gone.map(({ id }) => id);
    tell({ kind: 'pushes-removed', pushes });
    countsChanged();
    return { removal, pushes, open: facts.length - gone.length };
  }

  /** Shows the pushes of a removal again. Answers whether there was still time. */
  undo(removal: string): boolean {
    const restored = this.#removals.undo(removal);
    if (restored.length === 0) return false;
    this.#options.tell({ kind: 'pushes-restored' });
    this.#options.countsChanged();
    return true;
  }

  /** What could not be removed, as on a full disk, is listed again. */
  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.tell({ kind: 'notice', tone: 'error', text: `Pushes could not be deleted: ${reason}` });
    setImmediate(() => this.#options.tell({ kind: 'pushes-restored' }));
  }

  /** Performs the removals that wait: the app is quitting. */
  close(): Promise<void> {
    return this.#removals.close();
  }
}

type Mark = { readonly read?: boolean | undefined; readonly pinned?: boolean | undefined };
