import type { TerminalEvent } from '../agent/events.ts';
import { messageOf } from '../agent/live-push.ts';
import type { Profile } from '../agent/profile.ts';
import type { Terminal } from '../agent/terminal.ts';
import { Terminals } from '../agent/terminals.ts';
import type { AppState, Counts, TerminalView, WindowEvent } from '../ipc/contract.ts';
import type { PushResult } from '../sandbox/sender/results.ts';
import type { ProfileStore } from './profiles.ts';
import { ProgressBoard } from './progress.ts';
import { isSandboxTerminal, Sandbox } from './sandbox.ts';

export type ServiceOptions = {
  readonly version: string;
  readonly dataFolder: string;
  readonly profiles: ProfileStore;
  readonly tell: (event: WindowEvent) => void;
  /** Something happened that the user should know of even when not looking. */
  readonly notify: (title: string, text: string, push: string) => void;
};

/** Counts are read again at most this often. */
const COUNTS_INTERVAL_MS = 200;
/** Results of the sender that a new window is told. */
const MAX_RESULTS = 200;
const PLAIN_PASSWORD_NOTICE =
  'This system has no key store, so passwords are kept in the data folder as they are. Anyone who can read your files can read them.';

/** The app behind its windows: terminals, history, sandbox; state for new windows, events for open ones. */
export class Service {
  readonly terminals: Terminals;
  readonly sandbox: Sandbox;
  readonly #options: ServiceOptions;
  readonly #progress: ProgressBoard;
  readonly #results = new Map<string, PushResult>();
  #countsTimer: NodeJS.Timeout | null = null;
  #warnedOfPlainPasswords = false;

  private constructor(options: ServiceOptions, terminals: Terminals, progress: ProgressBoard) {
    this.#options = options;
    this.terminals = terminals;
    this.#progress = progress;
    this.sandbox = new Sandbox({
      changed: (sandbox) => options.tell({ kind: 'sandbox', sandbox }),
      result: (result) => this.#keepResult(result),
    });
  }

  /** Opens history and the kept profiles, and starts their terminals. Rejects with a sentence for the user. */
  static async open(options: ServiceOptions): Promise<Service> {
    const progress = new ProgressBoard((views) => options.tell({ kind: 'progress', progress: views }));
    const opened: { service: Service | null } = { service: null };
    const terminals = await Terminals.open({
      dataFolder: options.dataFolder,
      emit: (event) => opened.service?.receive(event),
    });
    const service = new Service(options, terminals, progress);
    opened.service = service;
    await service.#startKept();
    return service;
  }

  async state(): Promise<AppState> {
    return {
      version: this.#options.version,
      dataFolder: this.#options.dataFolder,
      terminals: this.terminals.all().map(viewTerminal),
      sandbox: this.sandbox.view,
      counts: await this.#counts(),
      deadlines: this.terminals.all().flatMap((terminal) => terminal.deadlines()),
      progress: this.#progress.current,
      results: [...this.#results.values()],
    };
  }

  /** Adds a terminal of the user's own, keeps its profile and registers it. */
  async add(profile: Profile): Promise<TerminalView> {
    const terminal = await this.#startTerminal(profile);
    await this.#saveProfiles();
    if (profile.auth !== undefined) this.#warnOfPlainPasswords();
    return viewTerminal(terminal);
  }

  async remove(name: string): Promise<void> {
    await this.terminals.remove(name);
    await this.#saveProfiles();
    this.#options.tell({ kind: 'terminal-removed', terminal: name });
  }

  /** @throws Error with a sentence when there is no such terminal. */
  terminal(name: string): Terminal {
    const found = this.terminals.get(name);
    if (found === undefined) throw new Error(`There is no terminal called ${name}.`);
    return found;
  }

  /** The terminal that an offer waits on. Rejects with a sentence when the offer is not known. */
  async terminalOf(offer: string): Promise<Terminal> {
    const record = await this.terminals.history.get(offer);
    if (record === null) throw new Error('This offer is not known.');
    return this.terminal(record.terminal);
  }

  /** Starts core and sender, and points the sandbox's terminals at them. */
  async startSandbox(): Promise<void> {
    for (const profile of await this.sandbox.start()) {
      await this.terminals.remove(profile.name);
      await this.#startTerminal(profile);
    }
  }

  async stopSandbox(): Promise<void> {
    const own = this.terminals.all().filter((terminal) => isSandboxTerminal(terminal.name));
    await Promise.all(own.map((terminal) => this.remove(terminal.name)));
    await this.sandbox.stop();
  }

  /** Tells the windows that counts may have changed, soon and once. */
  countsChanged(): void {
    this.#countsTimer ??= setTimeout(() => {
      this.#countsTimer = null;
      void this.#counts().then((counts) => this.#options.tell({ kind: 'counts', counts }));
    }, COUNTS_INTERVAL_MS);
  }

  /** De-registers every terminal (bounded in time), closes sandbox and history. */
  async close(): Promise<void> {
    if (this.#countsTimer !== null) clearTimeout(this.#countsTimer);
    this.#progress.close();
    await this.terminals.close();
    await this.sandbox.stop();
  }

  /** Turns what a terminal says into what windows show. */
  receive(event: TerminalEvent): void {
    const { tell, notify } = this.#options;
    switch (event.event) {
      case 'registration':
        this.#tellTerminal(event.terminal);
        return;
      case 'push-changed':
        tell({ kind: 'push', record: event.record });
        this.#tellDeadline(event.record.id);
        this.countsChanged();
        return;
      case 'offer':
        notify(
          `${event.files.length === 1 ? 'A file' : `${event.files.length} files`} offered`,
          event.from,
          event.offer,
        );
        this.#tellTerminal(event.terminal);
        return;
      case 'push':
        notify(`Push for ${event.application ?? 'an application'}`, event.from, event.push);
        return;
      case 'answered':
        this.#tellTerminal(event.terminal);
        return;
      case 'progress':
        this.#progress.report(event, Date.parse(event.at));
        return;
      case 'file':
      case 'file-failed':
        this.#progress.end(event.offer, event.index);
        return;
      case 'ended':
        this.#progress.end(event.offer);
        this.#tellTerminal(event.terminal);
        return;
      case 'error':
        tell({ kind: 'notice', tone: 'error', text: `${event.terminal}: ${event.message}` });
        return;
      case 'registered':
      case 'registration-failed':
      case 'unregistered':
      case 'refused':
      case 'report':
      case 'delivery':
        return;
    }
  }

  async #startKept(): Promise<void> {
    const { profiles, problems } = await this.#options.profiles.load();
    for (const problem of problems) this.#options.tell({ kind: 'notice', tone: 'warning', text: problem });
    for (const profile of profiles) {
      try {
        await this.#startTerminal(profile);
      } catch (error) {
        this.#options.tell({ kind: 'notice', tone: 'error', text: `${profile.name}: ${messageOf(error)}` });
      }
    }
  }

  async #startTerminal(profile: Profile): Promise<Terminal> {
    const terminal = await this.terminals.add(profile);
    this.#tellTerminal(terminal.name);
    terminal.start();
    return terminal;
  }

  async #saveProfiles(): Promise<void> {
    const own = this.terminals.all().filter((terminal) => !isSandboxTerminal(terminal.name));
    await this.#options.profiles.save(own.map((terminal) => terminal.profile));
  }

  #warnOfPlainPasswords(): void {
    if (this.#options.profiles.sealsPasswords || this.#warnedOfPlainPasswords) return;
    this.#warnedOfPlainPasswords = true;
    this.#options.tell({ kind: 'notice', tone: 'warning', text: PLAIN_PASSWORD_NOTICE });
  }

  #tellTerminal(name: string): void {
    const terminal = this.terminals.get(name);
    if (terminal !== undefined) this.#options.tell({ kind: 'terminal', terminal: viewTerminal(terminal) });
  }

  #tellDeadline(offer: string): void {
    for (const terminal of this.terminals.all()) {
      const deadline = terminal.deadlines().find((one) => one.offer === offer);
      if (deadline !== undefined) this.#options.tell({ kind: 'deadline', deadline });
    }
  }

  #keepResult(result: PushResult): void {
    this.#results.set(result.id, result);
    for (const id of this.#results.keys()) {
      if (this.#results.size <= MAX_RESULTS) break;
      this.#results.delete(id);
    }
    this.#options.tell({ kind: 'result', result });
  }

  #counts(): Promise<Counts> {
    return this.terminals.history.counts();
  }
}

function viewTerminal(terminal: Terminal): TerminalView {
  const { profile } = terminal;
  return {
    name: profile.name,
    aor: profile.aor,
    displayName: profile.displayName ?? null,
    core: profile.core,
    applications: profile.applications,
    instanceId: terminal.instanceId,
    registration: terminal.registration,
    msrp: terminal.msrp,
    waiting: terminal.deadlines().length,
  };
}
