import { readFile, rm } from 'node:fs/promises';
import type { ExternalReference } from '../content/external-body.ts';
import type { History } from '../history/history.ts';
import type { PushState } from '../history/records.ts';
import { acceptsType } from '../sdp/accept-types.ts';
import type { Applications } from './applications/applications.ts';
import type { Emit } from './events.ts';
import { ContentCache } from './indirection/content-cache.ts';
import { expiryOf, fetchContent } from './indirection/fetch-content.ts';
import { DEFAULT_FETCH_LIMITS, type FetchPolicy } from './indirection/fetch-policy.ts';
import { FetchQueue } from './indirection/fetch-queue.ts';
import type { FetchedContent, FetchResult } from './indirection/fetch-result.ts';
import { LivePush, messageOf } from './live-push.ts';
import { previewOf } from './preview.ts';
import type { Profile } from './profile.ts';
import { findReference } from './reference.ts';
import { decideTrust } from './trust.ts';

export type PushesContext = {
  /** The profile of the moment. */
  readonly profile: () => Profile;
  readonly history: History;
  readonly emit: Emit;
  readonly applications: Applications;
  /** Where content is fetched to before it is kept; it exists. */
  readonly fetchFolder: string;
  /** PEM of the authorities to trust, or null for the system's. */
  readonly ca: string | null;
  /** Only tests have another than the system's. */
  readonly resolve?: FetchPolicy['resolve'];
};

/** The most of a kept reference body that is read again. */
const MAX_REFERENCE_BYTES = 1024 * 1024;
const NO_LONGER = 'This push no longer waits for an answer.';
/** Progress of a fetch is told this often at most. */
const PROGRESS_MS = 250;

/**
 * What becomes of messages once they are kept and answered: told to the world, held for the user, or their content
 * fetched from where they say it lies (PRA-PAG-07, -08, X-11). Works on what history keeps, so that a message that
 * waits can still be allowed after a restart.
 */
export class Pushes {
  readonly #context: PushesContext;
  readonly #queue = new FetchQueue();
  readonly #cache = new ContentCache();
  /** Pushes that an answer of the user is being carried out for. */
  readonly #deciding = new Set<string>();

  constructor(context: PushesContext) {
    this.#context = context;
  }

  /** A message that was answered 200: `waiting`, `receiving` when its content is to be fetched, or `received`. */
  taken(push: LivePush, content: Buffer, reason: string | null): void {
    const { state, reference, application, from, contentType, bytes, callId } = push.record;
    if (state === 'waiting') {
      const url = reference?.url ?? null;
      const asked = { push: push.id, application, from, contentType, bytes, url, reason: reason ?? '' };
      this.#context.emit({ event: 'asks', ...asked, callId });
    } else if (state === 'receiving') {
      this.#fetch(push, content);
    } else {
      void this.#announce(push, content);
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
      this.#context.emit({ event: 'push-failed', push: id, reason });
    });
  }

  /** Stops fetching content. Without effect when it is not being fetched. */
  stopFetch(id: string): void {
    this.#queue.cancel(id);
  }

  /** Cancels every fetch and waits for their files to be gone. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  async #allow(push: LivePush): Promise<void> {
    const { history } = this.#context;
    const content = (await history.content(push.record, MAX_REFERENCE_BYTES)) ?? Buffer.alloc(0);
    push.log({ side: 'local', ok: true, title: 'Allowed', detail: 'by the user' });
    if (push.record.reference === null) {
      push.update({ state: 'received', reason: null });
      await this.#announce(push, content);
      return;
    }
    push.update({ state: 'receiving', reason: null });
    this.#fetch(push, content);
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
      const isOurs = record !== null && record.method !== 'INVITE' && record.terminal === profile().name;
      if (!isOurs || !states.includes(record.state)) throw new Error(NO_LONGER);
      await run(new LivePush(history, emit, record));
    } finally {
      this.#deciding.delete(id);
    }
  }

  #fetch(push: LivePush, content: Buffer): void {
    const found = findReference(push.record.contentType, content);
    if (found.kind !== 'ok') {
      this.#failed(push, found.kind === 'bad' ? found.reason : 'The push names no content any more.');
      return;
    }
    const { reference } = found;
    const receivedAt = new Date(push.record.at);
    const cached = this.#cache.find(reference, new Date());
    if (cached !== null) {
      void this.#keepCached(push, cached);
      return;
    }
    const queued = this.#queue.add({
      id: push.id,
      url: reference.url,
      run: (signal) => {
        push.log({ side: 'out', ok: true, title: 'Fetching', detail: reference.url });
        const onProgress = this.#progressOf(push);
        return fetchContent(reference, this.#policy(), { signal, receivedAt, onProgress });
      },
    });
    if (queued.kind === 'refused') this.#failed(push, queued.reason);
    else void queued.result.then((result) => this.#fetched(push, reference, result));
  }

  #policy(): FetchPolicy {
    const { profile, fetchFolder, ca, resolve } = this.#context;
    const { allowHttp, allowPrivateAddresses, maxBytes } = profile().content;
    return {
      folder: fetchFolder,
      maxBytes,
      allowHttp,
      allowPrivateAddresses,
      ca,
      limits: DEFAULT_FETCH_LIMITS,
      ...(resolve === undefined ? {} : { resolve }),
    };
  }

  #progressOf(push: LivePush): (bytes: number) => void {
    let told = 0;
    return (received) => {
      const now = performance.now();
      if (now - told < PROGRESS_MS) return;
      told = now;
      const { reference } = push.record;
      if (reference !== null) push.show({ reference: { ...reference, received } });
    };
  }

  async #fetched(push: LivePush, reference: ExternalReference, result: FetchResult): Promise<void> {
    if (result.kind === 'failed') {
      this.#failed(push, result.message);
      return;
    }
    if ((await this.#context.history.get(push.id)) === null) {
      // It was removed meanwhile: nobody wants what came.
      await rm(result.path, { force: true }).catch(() => {});
      return;
    }
    const unwanted = this.#whyUnwanted(push, result.contentType);
    if (unwanted !== null) {
      await rm(result.path, { force: true }).catch(() => {});
      this.#failed(push, unwanted);
      return;
    }
    try {
      const preview = await previewOfFile(result);
      await this.#keep(push, result, preview);
      this.#cache.remember(reference, result, expiryOf(reference, new Date(push.record.at)));
      await this.#announce(push, null);
    } catch (error) {
      this.#failed(push, `The content could not be kept: ${messageOf(error)}`);
    }
  }

  /** What came may be of another type than was promised: types and rules count for it, too. */
  #whyUnwanted(push: LivePush, type: string | null): string | null {
    const profile = this.#context.profile();
    if (type === null) return null;
    if (!acceptsType(profile.content.accept, type)) return `The server sent ${type}, which is not taken.`;
    const { from, application } = push.record;
    const trust = decideTrust({ identities: [from], application: application ?? '', types: [type] }, profile);
    return trust.kind === 'deny' ? `The server sent ${type}. ${trust.reason}` : null;
  }

  async #keep(
    push: LivePush,
    { path, sha256, bytes, contentType, warnings }: FetchedContent,
    preview: string | null,
  ) {
    const { reference } = push.record;
    if (reference === null) return;
    const kept = { ...reference, received: bytes, sha256, fetchedType: contentType, warnings };
    const change = { state: 'received', reason: null, reference: kept, preview } as const;
    await this.#context.history.adopt(push.id, path, sha256, change);
    push.show(change);
    push.log({
      side: 'in',
      ok: true,
      title: 'Content fetched',
      detail: `${bytes} bytes, ${contentType ?? 'no type'}`,
    });
  }

  async #keepCached(
    push: LivePush,
    cached: { readonly sha256: string; readonly bytes: number; readonly contentType: string | null },
  ) {
    const { reference } = push.record;
    const { history } = this.#context;
    if (reference === null) return;
    try {
      const kept = {
        ...reference,
        received: cached.bytes,
        sha256: cached.sha256,
        fetchedType: cached.contentType,
      };
      const change = { state: 'received', reason: null, reference: kept } as const;
      await history.adoptKnown(push.id, cached.sha256, change);
      push.show(change);
      push.log({
        side: 'local',
        ok: true,
        title: 'Content known',
        detail: 'the same Content-ID was fetched before',
      });
      await this.#announce(push, null);
    } catch {
      // It was removed meanwhile.
      this.#cache.forget(cached.sha256);
      this.#fetch(push, (await history.content(push.record, MAX_REFERENCE_BYTES)) ?? Buffer.alloc(0));
    }
  }

  #failed(push: LivePush, reason: string): void {
    push.log({ side: 'local', ok: false, title: 'Content not fetched', detail: reason });
    push.update({ state: 'failed', reason });
    this.#context.emit({ event: 'push-failed', push: push.id, reason });
  }

  /** Tells of a push whose content is there: `content`, or for null what was fetched. Null when that is done at once. */
  #announce(push: LivePush, content: Buffer | null): Promise<void> | null {
    const { history, emit } = this.#context;
    const file = content === null ? null : history.contentPath(push.record, content);
    if (file === null) {
      this.#tell(push, content === null ? history.fetchedPath(push.record) : null);
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

  #tell(push: LivePush, path: string | null): void {
    const { method, application, from, contentType, bytes, callId, reference } = push.record;
    if (method === 'INVITE') return;
    this.#context.emit({
      event: 'push',
      push: push.id,
      method,
      application,
      from,
      contentType: reference === null ? contentType : (reference.fetchedType ?? reference.contentType),
      bytes: reference === null ? bytes : reference.received,
      path,
      callId,
    });
    this.#context.applications.deliverMessage(push);
  }
}

async function previewOfFile({ path, bytes, contentType }: FetchedContent): Promise<string | null> {
  return bytes > MAX_REFERENCE_BYTES ? null : previewOf(await readFile(path), contentType ?? undefined);
}
