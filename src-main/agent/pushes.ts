import { isMessage, type PushState } from '../history/records.ts';
import type { Applications } from './applications/applications.ts';
import { ContentFetcher, type ContentFetcherContext, MAX_REFERENCE_BYTES } from './content-fetcher.ts';
import type { Emit } from './events.ts';
import { fetchedFiles } from './fetched-files.ts';
import type { ContentFailure, RunOutcome } from './indirection/reference-run.ts';
import { LivePush, messageOf } from './live-push.ts';

export type PushesContext = Omit<ContentFetcherContext, keyof RunOutcome> & {
  readonly emit: Emit;
  readonly applications: Applications;
};

const NO_LONGER = 'This push no longer waits for an answer.';

/**
 * What becomes of messages once they are kept and answered: told to the world, held for the user, or their content
 * fetched from where they say it lies (PRA-PAG-07, -08, X-11). Works on what history keeps, so that a message that
 * waits can still be allowed after a restart.
 */
export class Pushes {
  readonly #context: PushesContext;
  readonly #fetcher: ContentFetcher;
  /** Pushes that an answer of the user is being carried out for. */
  readonly #deciding = new Set<string>();
  readonly #announcing = new Set<Promise<void>>();

  constructor(context: PushesContext) {
    this.#context = context;
    this.#fetcher = new ContentFetcher({
      ...context,
      arrived: (push) => this.#track(this.#arrived(push)),
      failed: (push, failure) => this.#failed(push, failure),
    });
  }

  /** A message that was answered 200: `waiting`, `receiving` when its content is to be fetched, or `received`. */
  taken(push: LivePush, content: Buffer, reason: string | null): void {
    const { state, references, application, from, contentType, bytes, callId } = push.record;
    if (state === 'waiting') {
      const urls = references.map(({ url }) => url);
      const [url = null] = urls;
      const asked = { push: push.id, application, from, contentType, bytes, url, urls, reason: reason ?? '' };
      this.#context.emit({ event: 'asks', ...asked, callId });
    } else if (state === 'receiving') {
      this.#fetcher.fetch(push, content);
    } else {
      this.#announceSoon(push, content);
    }
  }

  /** Lets a waiting message pass, or tries again to fetch. Rejects with a sentence for the user. */
  allow(id: string): Promise<void> {
    return this.#decide(id, ['waiting', 'failed'], (push) => this.#allow(push));
  }

  /** Denies a waiting message: nothing more is done with it. Rejects with a sentence for the user. */
  deny(id: string): Promise<void> {
    return this.#decide(id, ['waiting'], (push) => {
      const reason = 'Denied by the user.';
      push.log({ side: 'local', ok: false, title: 'Denied', detail: 'by the user' });
      push.update({ state: 'declined', reason });
      this.#context.emit({ event: 'push-failed', push: id, cause: 'denied', reason });
    });
  }

  /** Stops fetching content. Without effect when it is not being fetched. */
  stopFetch(id: string): void {
    this.#fetcher.stop(id);
  }

  /** Pushes were removed: nobody wants what is being fetched for them. */
  removed(ids: readonly string[]): void {
    for (const id of ids) this.#fetcher.stop(id);
  }

  /** Cancels every fetch, and waits for their files to be gone and for what has come to be told of. */
  async close(): Promise<void> {
    await this.#fetcher.close();
    // What is announced may take a second step.
    while (this.#announcing.size > 0) await Promise.all(this.#announcing);
  }

  async #allow(push: LivePush): Promise<void> {
    const { history } = this.#context;
    const content = (await history.content(push.record, MAX_REFERENCE_BYTES)) ?? Buffer.alloc(0);
    push.log({ side: 'local', ok: true, title: 'Allowed', detail: 'by the user' });
    if (push.record.references.length === 0) {
      push.update({ state: 'received', reason: null });
      await this.#announce(push, content);
      return;
    }
    push.update({ state: 'receiving', reason: null });
    this.#fetcher.fetch(push, content);
  }

  /** Carries out one answer to a push, the first that comes: it is on its way before the state says so. */
  async #decide(
    id: string,
    states: readonly PushState[],
    run: (push: LivePush) => void | Promise<void>,
  ): Promise<void> {
    if (this.#deciding.has(id)) throw new Error(NO_LONGER);
    this.#deciding.add(id);
    try {
      const { history, emit, profile } = this.#context;
      const record = await history.get(id);
      const isOurs = record !== null && isMessage(record) && record.terminal === profile().name;
      if (!isOurs || !states.includes(record.state)) throw new Error(NO_LONGER);
      await run(new LivePush(history, emit, record));
    } finally {
      this.#deciding.delete(id);
    }
  }

  #failed(push: LivePush, { cause, reason }: ContentFailure): void {
    push.update({ state: 'failed', reason, references: push.record.references });
    this.#context.emit({ event: 'push-failed', push: push.id, cause, reason });
  }

  /** What it refers to is there, as far as it is needed: without any of it, its own content is all there is. */
  async #arrived(push: LivePush): Promise<void> {
    const { references, state } = push.record;
    if (state !== 'received') push.update({ state: 'received', reason: null, references });
    if (references.some(({ sha256 }) => sha256 !== null)) {
      this.#announceSoon(push, null);
      return;
    }
    const { history } = this.#context;
    const content = await history.content(push.record, MAX_REFERENCE_BYTES).catch(() => null);
    this.#announceSoon(push, content ?? Buffer.alloc(0));
  }

  #announceSoon(push: LivePush, content: Buffer | null): void {
    const announcing = this.#announce(push, content);
    if (announcing !== null) this.#track(announcing);
  }

  #track(announcing: Promise<void>): void {
    this.#announcing.add(announcing);
    void announcing.finally(() => this.#announcing.delete(announcing));
  }

  /** Tells of a push whose content is there: `content`, or for null what was fetched. Null when that is done at once. */
  #announce(push: LivePush, content: Buffer | null): Promise<void> | null {
    const { history, emit } = this.#context;
    const file = content === null ? null : history.contentPath(push.record, content);
    if (file === null) {
      this.#tell(push, null);
      return null;
    }
    return file.then(
      (path) => this.#tell(push, path),
      (error: unknown) => {
        emit({ event: 'error', message: `A push has no file of its own: ${messageOf(error)}` });
        this.#tell(push, null);
      },
    );
  }

  #tell(push: LivePush, ownPath: string | null): void {
    const { record } = push;
    const { method, application, from, callId } = record;
    if (method === 'INVITE' || method === 'REFER') return;
    const fetched = fetchedFiles(record, this.#context.history);
    const own = { contentType: record.contentType, bytes: record.bytes, path: ownPath };
    const { contentType, bytes, path } = fetched[0] ?? own;
    this.#context.emit({
      event: 'push',
      push: push.id,
      method,
      application,
      from,
      contentType,
      bytes,
      path,
      ...(fetched.length === 0 ? {} : { fetched }),
      callId,
    });
    this.#context.applications.deliverMessage(push);
  }
}
