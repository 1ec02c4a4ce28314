import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { explainDiskError } from '../content/disk-error.ts';
import { QUARANTINE } from '../content/file-name.ts';
import { listParts, readPart, removePart, type UnfinishedPart } from '../content/part-manifest.ts';
import { placeFile } from '../content/place-file.ts';
import type { History } from '../history/history.ts';
import type { DeliveryEntry, FileRecord, Leftover, PushRecord } from '../history/records.ts';
import type { Emit } from './events.ts';
import { LivePush } from './live-push.ts';

export type LeftoversContext = {
  readonly history: History;
  readonly emit: Emit;
  /** Name of the terminal; parts of others are left alone. */
  readonly terminal: string;
  readonly filesFolder: string;
  /** The push while it is going on: then its record is not history's to change. */
  readonly live: (push: string) => LivePush | null;
};

type Found = { readonly record: PushRecord; readonly file: FileRecord; readonly leftover: Leftover };

/** A part that is looked for: of a file of this size in bytes and hash, from this sender; null where any will do. */
export type WantedPart = {
  readonly size: number | null;
  readonly sha1: string | null;
  readonly sender: string | null;
};

/** Parts kept in a folder for one terminal; of more the oldest go. */
export const MAX_PARTS = 50;

/** Where files go that are not what was promised, in the folder of those that are. */
export function quarantineFolder(filesFolder: string): string {
  return join(filesFolder, QUARANTINE);
}

/**
 * What is left on disk of files that did not become ones: parts of transfers that broke, and files that did not pass
 * their checks. Each waits for the user in the record of its push, over restarts too.
 */
export class Leftovers {
  readonly #context: LeftoversContext;
  /** Parts that a transfer writes to at the moment. */
  readonly #inUse = new Set<string>();

  constructor(context: LeftoversContext) {
    this.#context = context;
  }

  /** After a start: tells the pushes of parts that a crash left, and removes what belongs to nobody any more. */
  async recover(): Promise<void> {
    const { filesFolder, terminal, history } = this.#context;
    const own = (await listParts(filesFolder)).filter(({ manifest }) => manifest.terminal === terminal);
    for (const [place, part] of own.entries()) {
      if (this.#inUse.has(part.path)) continue;
      const record = await history.get(part.manifest.push);
      const file = record === null ? null : fileOf(record, part.manifest.index);
      const isWanted = file?.state === 'failed' && part.bytes > 0 && place < MAX_PARTS;
      if (record === null || file === null || !isWanted) {
        await removePart(part.path);
        if (record !== null && file?.leftover?.kind === 'part')
          this.#change(record, file.index, { leftover: null });
      } else if (file.leftover === null) {
        this.#keepPart(record, file, part);
      }
    }
  }

  /**
   * The longest part of a file that holds at least its first `bytes` bytes, or null. Only who sent the part is told of
   * it: nobody else finds out by a file-range what is here, or writes to it.
   */
  async find({ size, sha1, sender }: WantedPart, bytes = 1): Promise<UnfinishedPart | null> {
    if (size === null || sha1 === null) return null;
    const { filesFolder, terminal } = this.#context;
    const [longest = null] = (await listParts(filesFolder))
      .filter(
        ({ path, manifest, bytes: held }) =>
          manifest.terminal === terminal &&
          manifest.size === size &&
          manifest.sha1 === sha1 &&
          (sender === null || manifest.sender === sender) &&
          held >= bytes &&
          !this.#inUse.has(path),
      )
      .sort((a, b) => b.bytes - a.bytes);
    return longest;
  }

  /** A transfer writes to a part from now on, until it is released. */
  claim(path: string): void {
    this.#inUse.add(path);
  }

  /** A transfer goes on with a part that it has claimed: it is no longer left over. */
  async take(part: UnfinishedPart): Promise<void> {
    const record = await this.#context.history.get(part.manifest.push);
    const file = record === null ? null : fileOf(record, part.manifest.index);
    if (record === null || file?.leftover?.kind !== 'part' || file.leftover.path !== part.path) return;
    const detail = `a new session goes on after ${part.bytes} bytes`;
    this.#change(record, file.index, { leftover: null }, { ok: true, title: 'Part taken up again', detail });
  }

  /** A transfer is done with its part, in whatever way. */
  release(path: string): void {
    this.#inUse.delete(path);
  }

  /** A file is here whole: parts of it have served their time. Never rejects. */
  async superseded(size: number, sha1: string): Promise<void> {
    const wanted = { size, sha1, sender: null };
    for (let part = await this.find(wanted); part !== null; part = await this.find(wanted)) {
      if (!(await this.#drop(part, 'the whole file came in another session'))) return;
    }
  }

  /** One more part was left: of too many the oldest go. Never rejects. */
  async limit(): Promise<void> {
    const { filesFolder, terminal } = this.#context;
    const own = (await listParts(filesFolder)).filter(({ manifest }) => manifest.terminal === terminal);
    for (const part of own.slice(MAX_PARTS)) {
      if (!this.#inUse.has(part.path)) await this.#drop(part, `more than ${MAX_PARTS} parts were kept`);
    }
  }

  /** Moves a quarantined file among the others, under a safe name. Rejects with a sentence for the user. */
  async keep(push: string, index: number): Promise<void> {
    const { record, file, leftover } = await this.#get(push, index);
    if (leftover.kind !== 'quarantined')
      throw new Error('Only a part of this file is here; it cannot be kept.');
    const { filesFolder } = this.#context;
    const path = await placeFile(leftover.path, filesFolder, file.name).catch((error: unknown) => {
      throw new Error(`The file could not be moved: ${explainDiskError(error)}.`);
    });
    const { size: received } = await stat(path);
    const change: Partial<FileRecord> = { state: 'kept', path, received, leftover: null };
    this.#change(record, index, change, { ok: true, title: 'Kept by the user', detail: path });
    this.#context.emit({ event: 'kept', offer: push, index, name: file.name, path });
  }

  /** Removes a quarantined file or a part. Rejects with a sentence for the user. */
  async remove(push: string, index: number): Promise<void> {
    const { record, leftover } = await this.#get(push, index);
    await removeLeftover(leftover).catch((error: unknown) => {
      throw new Error(`It could not be removed: ${explainDiskError(error)}.`);
    });
    const title = leftover.kind === 'part' ? 'Part removed' : 'Quarantined file removed';
    this.#change(record, index, { leftover: null }, { ok: true, title, detail: 'by the user' });
    this.#context.emit({ event: 'removed', offer: push, index, path: leftover.path });
  }

  /** The part of a file that did not come whole. Rejects with a sentence when it is gone. */
  async part(
    push: string,
    index: number,
  ): Promise<{ readonly record: PushRecord; readonly part: UnfinishedPart }> {
    const { record, leftover } = await this.#get(push, index);
    const part = leftover.kind === 'part' ? await readPart(leftover.path) : null;
    if (part === null) throw new Error('The part is no longer there.');
    return { record, part };
  }

  async #get(push: string, index: number): Promise<Found> {
    const { live, history } = this.#context;
    const record = live(push)?.record ?? (await history.get(push));
    const file = record === null ? null : fileOf(record, index);
    if (record === null || file === null || file.leftover === null) {
      throw new Error('Nothing is left of this file.');
    }
    return { record, file, leftover: file.leftover };
  }

  /** False when it cannot be removed. */
  async #drop({ path, manifest }: UnfinishedPart, detail: string): Promise<boolean> {
    try {
      await removePart(path);
      const record =
        this.#context.live(manifest.push)?.record ?? (await this.#context.history.get(manifest.push));
      const file = record === null ? null : fileOf(record, manifest.index);
      if (record !== null && file?.leftover?.kind === 'part') {
        this.#change(record, file.index, { leftover: null }, { ok: true, title: 'Part removed', detail });
      }
      return true;
    } catch (error) {
      this.#context.emit({
        event: 'error',
        message: `A part could not be removed: ${explainDiskError(error)}`,
      });
      return false;
    }
  }

  #keepPart(record: PushRecord, file: FileRecord, { path, bytes }: UnfinishedPart): void {
    const leftover: Leftover = { kind: 'part', path, bytes };
    const detail = `${bytes} of ${file.bytes ?? '?'} bytes are here`;
    this.#change(record, file.index, { leftover, received: bytes }, { ok: true, title: 'Part kept', detail });
    this.#context.emit({ event: 'part', offer: record.id, index: file.index, path, bytes });
  }

  #change(
    record: PushRecord,
    index: number,
    change: Partial<FileRecord>,
    entry?: Pick<DeliveryEntry, 'ok' | 'title' | 'detail'>,
  ): void {
    const { history, emit, live } = this.#context;
    const push = live(record.id) ?? new LivePush(history, emit, record);
    const { body } = push.record;
    if (body.kind !== 'files') return;
    const files = body.files.map((file) => (file.index === index ? { ...file, ...change } : file));
    push.update({ body: { ...body, files } });
    if (entry !== undefined) push.log({ ...entry, side: 'local', file: index });
  }
}

/** Removes what is left of the files of a push that is removed itself. Never rejects. */
export async function removeLeftovers(record: PushRecord): Promise<void> {
  const files = record.body.kind === 'files' ? record.body.files : [];
  for (const { leftover } of files) if (leftover !== null) await removeLeftover(leftover).catch(() => {});
}

async function removeLeftover(leftover: Leftover): Promise<void> {
  if (leftover.kind === 'part') await removePart(leftover.path);
  else await rm(leftover.path, { force: true });
}

function fileOf({ body }: PushRecord, index: number): FileRecord | null {
  const files = body.kind === 'files' ? body.files : [];
  return files.find((file) => file.index === index) ?? null;
}
