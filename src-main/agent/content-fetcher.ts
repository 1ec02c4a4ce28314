import { rm } from 'node:fs/promises';
import type { ExternalReference } from '../content/external-body.ts';
import type { History } from '../history/history.ts';
import { acceptsType } from '../sdp/accept-types.ts';
import { type CachedContent, ContentCache } from './indirection/content-cache.ts';
import { ContentRoom } from './indirection/content-room.ts';
import { expiryOf, fetchContent } from './indirection/fetch-content.ts';
import { DEFAULT_FETCH_LIMITS, type FetchPolicy } from './indirection/fetch-policy.ts';
import { FetchQueue } from './indirection/fetch-queue.ts';
import { FetchError, type FetchedContent, type FetchResult } from './indirection/fetch-result.ts';
import { type Judged, lookAtFetched } from './indirection/look-at-fetched.ts';
import { type ContentFailure, ReferenceRun, type RunOutcome } from './indirection/reference-run.ts';
import { MAX_REFERENCES } from './judge-content.ts';
import { type LivePush, messageOf } from './live-push.ts';
import type { Profile } from './profile.ts';
import { referencesByPlace } from './reference.ts';
import { decideTrust } from './trust.ts';

/** Nothing of the outcome is told of a push that was removed. */
export type ContentFetcherContext = RunOutcome & {
  /** The profile of the moment. */
  readonly profile: () => Profile;
  readonly history: History;
  /** Where content is fetched to before it is kept; it exists. */
  readonly fetchFolder: string;
  /** PEM of the authorities to trust, or null for the system's. */
  readonly ca: string | null;
  /** Only tests have another than the system's. */
  readonly resolve?: FetchPolicy['resolve'];
};

/** The most of a kept reference body that is read again. */
export const MAX_REFERENCE_BYTES = 1024 * 1024;
/** Progress of a fetch is told this often at most. */
const PROGRESS_MS = 250;

/** One content that is to be had for a push. */
type Wanted = {
  readonly run: ReferenceRun;
  /** Which of the references of its record it is. */
  readonly index: number;
  readonly reference: ExternalReference;
};

/** What was had: known from before, or what a fetch gave. */
type Had = { readonly kind: 'cached'; readonly content: CachedContent } | FetchResult;

/**
 * Fetches the contents that pushes refer to (PRA-PAG-08, X-11, RFC 4483), judges what came, and keeps it with its push,
 * up to the limit of the profile.
 */
export class ContentFetcher {
  readonly #context: ContentFetcherContext;
  readonly #queue = new FetchQueue();
  readonly #cache = new ContentCache();
  readonly #room: ContentRoom;
  readonly #runs = new Set<ReferenceRun>();

  constructor(context: ContentFetcherContext) {
    this.#context = context;
    const { history, profile } = context;
    this.#room = new ContentRoom(
      () => history.fetchedBytes(profile().name),
      () => profile().content.maxTotalBytes,
    );
  }

  /** Fetches what a push that is `receiving` refers to and does not have yet; `body` is what it came with. */
  fetch(push: LivePush, body: Buffer): void {
    const { contentType, references } = push.record;
    const missing = references.flatMap(({ sha256, place, url }, index) =>
      sha256 === null ? [{ index, place, url }] : [],
    );
    if (missing.length === 0) {
      this.#context.arrived(push);
      return;
    }
    push.show({ references: references.map((one) => ({ ...one, problem: null })) });
    const run = this.#begin(push, missing.length);
    const found = referencesByPlace(contentType, body);
    for (const { index, place, url } of missing) {
      // Rows of older versions count places otherwise, and what the user was shown is what is fetched.
      const reference = [found.get(place), ...found.values()].find((one) => one?.url === url);
      const reason = 'The push names no such content any more.';
      if (reference === undefined) run.inTurn(() => run.failed(index, { cause: 'malformed', reason }, false));
      else this.#get({ run, index, reference });
    }
  }

  /** Stops fetching for a push. Without effect when nothing is being fetched for it. */
  stop(id: string): void {
    for (let index = 0; index < MAX_REFERENCES; index += 1) this.#queue.cancel(jobOf(id, index));
  }

  /** Cancels every fetch, and waits for their files to be gone and for what is said of them to be written. */
  async close(): Promise<void> {
    await this.#queue.close();
    await Promise.all([...this.#runs].map((run) => run.settled()));
  }

  /** A run that `close` waits for until its outcome is told. */
  #begin(push: LivePush, contents: number): ReferenceRun {
    const { arrived, failed } = this.#context;
    const run = new ReferenceRun(push, contents, {
      arrived: (one) => {
        this.#runs.delete(run);
        arrived(one);
      },
      failed: (one, failure) => {
        this.#runs.delete(run);
        failed(one, failure);
      },
    });
    this.#runs.add(run);
    return run;
  }

  #get(wanted: Wanted): void {
    const { run, index, reference } = wanted;
    const { push } = run;
    const content = this.#cache.find(reference, new Date());
    if (content !== null) {
      run.inTurn(() => this.#settle(wanted, { kind: 'cached', content }));
      return;
    }
    const receivedAt = new Date(push.record.at);
    const queued = this.#queue.add({
      id: jobOf(push.id, index),
      url: reference.url,
      run: (signal) => {
        push.log({ side: 'out', ok: true, title: 'Fetching', detail: reference.url });
        const onProgress = progressOf(wanted);
        return fetchContent(reference, this.#policy(), { signal, receivedAt, onProgress });
      },
    });
    if (queued.kind === 'refused') run.inTurn(() => failed(wanted, { cause: 'busy', reason: queued.reason }));
    else void queued.result.then((result) => run.inTurn(() => this.#settle(wanted, result)));
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

  async #settle(wanted: Wanted, had: Had): Promise<void> {
    try {
      if ((await this.#context.history.get(wanted.run.push.id)) === null) {
        // It was removed meanwhile: nobody wants what came, nor to know why it did not.
        this.#runs.delete(wanted.run);
        if (had.kind === 'ok') await dropped(had);
        return;
      }
    } catch (error) {
      if (had.kind === 'ok') await dropped(had);
      failed(wanted, { cause: 'disk', reason: `The push could not be read: ${messageOf(error)}` });
      return;
    }
    if (had.kind === 'cached') await this.#keepCached(wanted, had.content);
    else {
      const failure = await this.#whyNotKept(wanted, had);
      if (failure === null) wanted.run.done();
      else failed(wanted, failure);
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

  /** Keeps what was fetched, or says why not; then nothing of it is left. */
  async #whyNotKept(wanted: Wanted, result: FetchResult): Promise<ContentFailure | null> {
    if (result.kind === 'failed') return { cause: result.reason, reason: result.message };
    const { run, reference } = wanted;
    const { push } = run;
    try {
      const judged = await lookAtFetched(result);
      const unwanted = this.#whyUnwanted(push, judged.types);
      if (unwanted !== null) {
        await dropped(result);
        return { cause: 'unwanted', reason: unwanted };
      }
      await this.#room.take(result.bytes, () => this.#keep(wanted, result, judged));
      this.#cache.remember(
        reference,
        { ...result, ...judged },
        expiryOf(reference, new Date(push.record.at)),
      );
      return null;
    } catch (error) {
      await dropped(result);
      if (error instanceof FetchError) return { cause: error.reason, reason: error.message };
      return { cause: 'disk', reason: `The content could not be kept: ${messageOf(error)}` };
    }
  }

  async #keep(wanted: Wanted, result: FetchedContent, judged: Judged): Promise<void> {
    const { run, index } = wanted;
    const { push } = run;
    const { path, sha256, bytes, contentType, warnings } = result;
    const kept = { received: bytes, sha256, fetchedType: contentType, warnings };
    const change = run.changeBy(index, kept, judged);
    await this.#context.history.adopt(push.id, path, { sha256, bytes }, change);
    push.show(change);
    const which = push.record.references.length > 1 ? `${wanted.reference.url}: ` : '';
    const detail = `${which}${bytes} bytes, ${contentType ?? 'no type'}`;
    push.log({ side: 'in', ok: true, title: 'Content fetched', detail });
  }

  async #keepCached(wanted: Wanted, cached: CachedContent): Promise<void> {
    const { run, index } = wanted;
    const { push } = run;
    const { bytes, sha256, contentType, types } = cached;
    const unwanted = this.#whyUnwanted(push, types);
    if (unwanted !== null) {
      failed(wanted, { cause: 'unwanted', reason: unwanted });
      return;
    }
    const change = run.changeBy(index, { received: bytes, sha256, fetchedType: contentType }, cached);
    try {
      await this.#context.history.adoptKnown(push.id, { sha256, bytes }, change);
    } catch {
      // It was removed meanwhile.
      this.#cache.forget(sha256);
      this.#get(wanted);
      return;
    }
    push.show(change);
    const detail = 'the same Content-ID was fetched before';
    push.log({ side: 'local', ok: true, title: 'Content known', detail });
    run.done();
  }
}

function jobOf(push: string, index: number): string {
  return `${push} ${index}`;
}

function failed({ run, index, reference }: Wanted, failure: ContentFailure): void {
  run.failed(index, failure, reference.optional);
}

function progressOf({ run, index }: Wanted): (bytes: number) => void {
  let told = 0;
  return (received) => {
    const now = performance.now();
    if (now - told < PROGRESS_MS) return;
    told = now;
    run.progress(index, received);
  };
}

/** Removes what came and is not kept. */
async function dropped({ path }: FetchedContent): Promise<void> {
  await rm(path, { force: true }).catch(() => {});
}
