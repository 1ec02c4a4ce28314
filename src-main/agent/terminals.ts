import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { safeFileName } from '../content/file-name.ts';
import { sweepParts } from '../content/incoming-file.ts';
import { type History, openHistory } from '../history/history.ts';
import { Trace } from '../trace/trace.ts';
import { AlreadyAnswered } from './already-answered.ts';
import type { AppPermissions } from './applications/handover.ts';
import type { TerminalEvent } from './events.ts';
import { removeLeftovers } from './leftovers.ts';
import { NetworkWatch } from './network-watch.ts';
import type { Profile } from './profile.ts';
import { SequenceNumbers } from './sequence-numbers.ts';
import { Terminal } from './terminal.ts';

const instancesSchema = z.record(z.string(), z.string().regex(/^urn:uuid:/i));

/** A part in a shared folder that has not changed for this long belongs to nobody. */
const SHARED_PART_QUIET_MS = 60 * 60_000;

export type TerminalsOptions = {
  readonly dataFolder: string;
  readonly emit: (event: TerminalEvent) => void;
  /** Events that nobody wants. */
  readonly ignored?: ReadonlySet<TerminalEvent['event']>;
  /** False where nobody reads the content of messages by path. */
  readonly contentFiles?: boolean;
  /** What the app's own settings allow at the moment; nothing when absent. */
  readonly allows?: () => AppPermissions;
};

/** All terminals of one data folder, their shared history, and the instance ids kept between starts (PRA-MTR-02). */
export class Terminals {
  readonly history: History;
  /** What goes over the wire. */
  readonly trace: Trace;
  readonly #options: TerminalsOptions;
  readonly #terminals = new Map<string, Terminal>();
  readonly #sequences: SequenceNumbers;
  readonly #answered: AlreadyAnswered;
  readonly #network = new NetworkWatch(() => this.networkChanged());
  #instances: Readonly<Record<string, string>>;

  private constructor(
    options: TerminalsOptions,
    history: History,
    trace: Trace,
    instances: Readonly<Record<string, string>>,
    sequences: SequenceNumbers,
    answered: AlreadyAnswered,
  ) {
    this.#options = options;
    this.history = history;
    this.trace = trace;
    this.#sequences = sequences;
    this.#answered = answered;
    this.#instances = instances;
  }

  /** Opens history in the data folder. Rejects with a sentence when it is in use or cannot be read. */
  static async open(options: TerminalsOptions): Promise<Terminals> {
    await mkdir(options.dataFolder, { recursive: true });
    const instances = await readInstances(options.dataFolder);
    const sequences = await SequenceNumbers.open(options.dataFolder);
    const { contentFiles = true } = options;
    const history = await openHistory(options.dataFolder, { contentFiles });
    const answered = await AlreadyAnswered.read(history);
    const trace = await Trace.open(options.dataFolder);
    return new Terminals(options, history, trace, instances, sequences, answered);
  }

  /** Makes a terminal, not yet started. Rejects when its name is taken or its MSRP port cannot be had. */
  async add(profile: Profile): Promise<Terminal> {
    if (this.#terminals.has(profile.name))
      throw new Error(`There is already a terminal called ${profile.name}.`);
    const ownFolder = join(this.#options.dataFolder, 'files', folderName(profile.name));
    const filesFolder = profile.files.folder ?? ownFolder;
    // Our own folder is under the data folder's lock; one that others may use is swept of what nobody touches.
    await sweepParts(filesFolder, filesFolder === ownFolder ? 0 : SHARED_PART_QUIET_MS);
    for (const { action } of profile.handlers)
      if (action.kind === 'folder') await sweepParts(action.folder, SHARED_PART_QUIET_MS);
    const fetchFolder = join(this.#options.dataFolder, 'fetched');
    await sweepParts(fetchFolder, this.#terminals.size === 0 ? 0 : SHARED_PART_QUIET_MS);
    const terminal = await Terminal.open({
      profile,
      instanceId: profile.instanceId ?? (await this.#instanceOf(profile.name)),
      filesFolder,
      fetchFolder,
      history: this.history,
      answered: this.#answered,
      sequences: this.#sequences,
      trace: this.trace,
      emit: this.#options.emit,
      ...(this.#options.allows === undefined ? {} : { allows: this.#options.allows }),
      ...(this.#options.ignored === undefined ? {} : { ignored: this.#options.ignored }),
    });
    this.#terminals.set(profile.name, terminal);
    return terminal;
  }

  /**
   * Gives a terminal another profile of the same name: at once where it only changes what is served, else by closing it
   * and starting it anew. Rejects when there is no such terminal, or the new one cannot be opened; the old one is then
   * closed.
   */
  async update(profile: Profile): Promise<Terminal> {
    const terminal = this.#terminals.get(profile.name);
    if (terminal === undefined) throw new Error(`There is no terminal called ${profile.name}.`);
    if (isDeepStrictEqual(standing(terminal.profile), standing(profile))) {
      terminal.adopt(profile);
      return terminal;
    }
    await this.remove(profile.name);
    const renewed = await this.add(profile);
    renewed.start();
    return renewed;
  }

  /** The machine's network changed, or it slept: every flow is looked after at once. */
  networkChanged(): void {
    for (const terminal of this.#terminals.values()) terminal.networkChanged();
  }

  /** De-registers and forgets a terminal; its pushes stay in history. */
  async remove(name: string): Promise<void> {
    const terminal = this.#terminals.get(name);
    this.#terminals.delete(name);
    await terminal?.close();
  }

  /** Removes pushes from history, with their content; received files stay. What is being fetched for them stops. */
  async removePushes(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const record = await this.history.get(id);
      if (record !== null) await removeLeftovers(record);
    }
    await this.history.remove(ids);
    for (const terminal of this.#terminals.values()) terminal.removed(ids);
  }

  get(name: string): Terminal | undefined {
    return this.#terminals.get(name);
  }

  all(): readonly Terminal[] {
    return [...this.#terminals.values()];
  }

  /** De-registers every terminal (bounded in time) and flushes history. */
  async close(): Promise<void> {
    await Promise.all(this.all().map((terminal) => terminal.close()));
    this.#terminals.clear();
    this.#network.close();
    await this.#sequences.flushed();
    await this.trace.close();
    await this.history.close();
  }

  async #instanceOf(name: string): Promise<string> {
    // A terminal may be called `constructor`.
    const known = Object.hasOwn(this.#instances, name) ? this.#instances[name] : undefined;
    if (known !== undefined) return known;
    const made = `urn:uuid:${randomUUID()}`;
    this.#instances = { ...this.#instances, [name]: made };
    const path = instancesPath(this.#options.dataFolder);
    await writeFile(`${path}.new`, JSON.stringify(this.#instances, null, 2), { mode: 0o600 });
    await rename(`${path}.new`, path);
    return made;
  }
}

/** Names that are folders as they are, on file systems that do not tell capitals from small letters too. */
const PLAIN_NAME = /^[a-z0-9][a-z0-9_-]*$/;

/**
 * The folder for the files of a terminal: its name where that is plain, else a safe form of it with a mark of its own, so
 * that no two terminals share one.
 */
export function folderName(terminal: string): string {
  const safe = safeFileName(terminal);
  if (PLAIN_NAME.test(terminal) && safe === terminal) return terminal;
  // A dot, which no plain name has.
  return `${safe}.${createHash('sha256').update(terminal).digest('hex').slice(0, 8)}`;
}

/** What of a profile a running terminal cannot change. */
function standing({
  applications: _a,
  handlers: _h,
  trust: _t,
  content: _c,
  subscriptions: _s,
  files,
  ...rest
}: Profile): unknown {
  return { ...rest, folder: files.folder };
}

function instancesPath(dataFolder: string): string {
  return join(dataFolder, 'instances.json');
}

/** A missing or damaged file only means new instance ids, so neither is an error. */
async function readInstances(dataFolder: string): Promise<Readonly<Record<string, string>>> {
  try {
    return instancesSchema.parse(JSON.parse(await readFile(instancesPath(dataFolder), 'utf8')));
  } catch {
    return {};
  }
}
