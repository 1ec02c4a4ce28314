import { readFile, rm } from 'node:fs/promises';
import type { ExternalReference } from '../content/external-body.ts';
import { isContainerType, leafTypes } from '../content/leaf-types.ts';
import { parseContentType } from '../content/mime.ts';
import { partsInOrder, readPartTree } from '../content/part-tree.ts';
import { summaryOfTree } from '../content/summary.ts';
import type { History } from '../history/history.ts';
import { acceptsType } from '../sdp/accept-types.ts';
import type { PushFailure } from './events.ts';
import { type CachedContent, ContentCache } from './indirection/content-cache.ts';
import { ContentRoom } from './indirection/content-room.ts';
import { expiryOf, fetchContent } from './indirection/fetch-content.ts';
import { DEFAULT_FETCH_LIMITS, type FetchPolicy } from './indirection/fetch-policy.ts';
import { FetchQueue } from './indirection/fetch-queue.ts';
import { FetchError, type FetchedContent, type FetchResult } from './indirection/fetch-result.ts';
import type { ContentVerdict } from './judge-content.ts';
import { type LivePush, messageOf } from './live-push.ts';
import type { Profile } from './profile.ts';
import { findReference } from './reference.ts';
import { decideTrust } from './trust.ts';

export type ContentFetcherContext = {
  /** The profile of the moment. */
  readonly profile: () => Profile;
  readonly history: History;
  /** Where content is fetched to before it is kept; it exists. */
  readonly fetchFolder: string;
  /** PEM of the authorities to trust, or null for the system's. */
  readonly ca: string | null;
  /** Only tests have another than the system's. */
  readonly resolve?: FetchPolicy['resolve'];
  /** The content is kept, and its push `received`. */
  readonly arrived: (push: LivePush) => void;
  /** It could not be had. Not told of a push that was removed. */
  readonly failed: (push: LivePush, failure: ContentFailure) => void;
};

export type ContentFailure = {
  readonly cause: PushFailure;
  /** A sentence. */
  readonly reason: string;
  /** Whether the sender can do without the content, so that the push stands without it (RFC 4483 §5.5). */
  readonly optional: boolean;
};

/** The most of a kept reference body that is read again. */
export const MAX_REFERENCE_BYTES = 1024 * 1024;
/** The most of fetched content that is looked into; several parts that are longer count as of unknown type. */
const MAX_OPENED_BYTES = 16 * 1024 * 1024;
/** Progress of a fetch is told this often at most. */
const PROGRESS_MS = 250;

type Fail = (cause: PushFailure, reason: string) => void;

/**
 * Fetches the content that pushes refer to (PRA-PAG-08, X-11, RFC 4483), judges what came, and keeps it with its push,
 * up to the limit of the profile.
 */
export class ContentFetcher {
  readonly #context: ContentFetcherContext;
  readonly #queue = new FetchQueue();
  readonly #cache = new ContentCache();
  readonly #room: ContentRoom;

  constructor(context: ContentFetcherContext) {
    this.#context = context;
    const { history, profile } = context;
    this.#room = new ContentRoom(
      () => history.fetchedBytes(profile().name),
      () => profile().content.maxTotalBytes,
    );
  }

  /** Fetches for a push that is `receiving`; `body` is what the push came with. */
  fetch(push: LivePush, body: Buffer): void {
    const found = findReference(push.record.contentType, body);
    if (found.kind !== 'ok') {
      const reason = found.kind === 'bad' ? found.reason : 'The push names no content any more.';
      this.#context.failed(push, { cause: 'malformed', reason, optional: false });
      return;
    }
    const { reference } = found;
    const fail = (cause: PushFailure, reason: string) =>
      this.#context.failed(push, { cause, reason, optional: reference.optional });
    const receivedAt = new Date(push.record.at);
    const cached = this.#cache.find(reference, new Date());
    if (cached !== null) {
      void this.#keepCached(push, cached, fail);
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
    if (queued.kind === 'refused') fail('busy', queued.reason);
    else void queued.result.then((result) => this.#fetched(push, reference, result, fail));
  }

  /** Stops fetching for a push. Without effect when nothing is being fetched for it. */
  stop(id: string): void {
    this.#queue.cancel(id);
  }

  /** Cancels every fetch and waits for their files to be gone. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  #policy(): FetchPolicy {
    const { profile, fetchFolder, ca, resolve } = this.#context;
    const { allowHttp, allowPrivateAddresses, maxBytes } = profile().content;
    return {
      folder: fetchFolder,
      maxBytes,
      room: this.#room.left,
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

  async #fetched(
    push: LivePush,
    reference: ExternalReference,
    result: FetchResult,
    fail: Fail,
  ): Promise<void> {
    if ((await this.#context.history.get(push.id)) === null) {
      // It was removed meanwhile: nobody wants what came, nor to know why it did not.
      await dropped(result);
      return;
    }
    if (result.kind === 'failed') {
      fail(result.reason, result.message);
      return;
    }
    try {
      const judged = await look(result);
      const unwanted = this.#whyUnwanted(push, judged.types);
      if (unwanted !== null) {
        await dropped(result);
        fail('unwanted', unwanted);
        return;
      }
      await this.#room.take(result.bytes, () => this.#keep(push, result, judged));
      this.#cache.remember(
        reference,
        { ...result, ...judged },
        expiryOf(reference, new Date(push.record.at)),
      );
      this.#context.arrived(push);
    } catch (error) {
      await dropped(result);
      if (error instanceof FetchError) fail(error.reason, error.message);
      else fail('disk', `The content could not be kept: ${messageOf(error)}`);
    }
  }

  /** What came may be of another type than was promised: types and rules count for it, too. */
  #whyUnwanted(push: LivePush, types: readonly string[]): string | null {
    const profile = this.#context.profile();
    const unwanted = types.find((type) => !acceptsType(profile.content.accept, type));
    if (unwanted !== undefined) return `The server sent ${unwanted}, which is not taken.`;
    const { from, application } = push.record;
    const trust = decideTrust({ identities: [from], application: application ?? '', types }, profile);
    return trust.kind === 'deny' ? `The server sent ${types.join(', ')}. ${trust.reason}` : null;
  }

  async #keep(
    push: LivePush,
    { path, sha256, bytes, contentType, warnings }: FetchedContent,
    { preview, mismatch }: Judged,
  ): Promise<void> {
    const { reference } = push.record;
    if (reference === null) return;
    const kept = { ...reference, received: bytes, sha256, fetchedType: contentType, warnings };
    const change = { state: 'received', reason: null, reference: kept, preview, mismatch } as const;
    await this.#context.history.adopt(push.id, path, sha256, change);
    push.show(change);
    push.log({
      side: 'in',
      ok: true,
      title: 'Content fetched',
      detail: `${bytes} bytes, ${contentType ?? 'no type'}`,
    });
  }

  async #keepCached(push: LivePush, cached: CachedContent, fail: Fail): Promise<void> {
    const { bytes, sha256, contentType, types, preview, mismatch } = cached;
    const { reference } = push.record;
    const { history, arrived } = this.#context;
    if (reference === null) return;
    const unwanted = this.#whyUnwanted(push, types);
    if (unwanted !== null) {
      fail('unwanted', unwanted);
      return;
    }
    try {
      const kept = { ...reference, received: bytes, sha256, fetchedType: contentType };
      const change = { state: 'received', reason: null, reference: kept, preview, mismatch } as const;
      await history.adoptKnown(push.id, sha256, change);
      push.show(change);
      push.log({
        side: 'local',
        ok: true,
        title: 'Content known',
        detail: 'the same Content-ID was fetched before',
      });
      arrived(push);
    } catch {
      // It was removed meanwhile.
      this.#cache.forget(sha256);
      this.fetch(push, (await history.content(push.record, MAX_REFERENCE_BYTES)) ?? Buffer.alloc(0));
    }
  }
}

/** What is told of what came: its type, those of its parts, none where the server said nothing; and what it says. */
type Judged = Pick<Extract<ContentVerdict, { readonly kind: 'take' }>, 'preview' | 'mismatch'> & {
  readonly types: readonly string[];
};

async function look({ path, bytes, contentType }: FetchedContent): Promise<Judged> {
  const type = parseContentType(contentType ?? '')?.type;
  if (contentType === null || type === undefined) return { types: [], preview: null, mismatch: false };
  if (bytes > MAX_OPENED_BYTES) {
    const types = isContainerType(type) ? [contentType, 'application/octet-stream'] : [contentType];
    return { types, preview: null, mismatch: false };
  }
  const tree = await readPartTree(await readFile(path), { contentType });
  return {
    types: [contentType, ...leafTypes(tree)],
    preview: summaryOfTree(tree),
    mismatch: partsInOrder(tree).some(({ part }) => part.isMismatch),
  };
}

/** Removes what came and is not kept. */
async function dropped(result: FetchResult): Promise<void> {
  if (result.kind === 'ok') await rm(result.path, { force: true }).catch(() => {});
}
