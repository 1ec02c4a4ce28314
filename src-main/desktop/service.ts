import { handlerOf } from '../agent/applications/handler-of.ts';
import type { AppPermissions } from '../agent/applications/handover.ts';
import type { TerminalEvent } from '../agent/events.ts';
import { messageOf } from '../agent/live-push.ts';
import type { Profile } from '../agent/profile.ts';
import type { Terminal } from '../agent/terminal.ts';
import { Terminals } from '../agent/terminals.ts';
import type { Damage } from '../history/open-or-rebuild.ts';
import { RECOVERED } from '../history/rebuild.ts';
import type { PushRecord } from '../history/records.ts';
import { type Retention, RetentionKeeper } from '../history/retention.ts';
import type { AppState, SavedSearch, TerminalView, WindowEvent } from '../ipc/contract.ts';
import type { PushResult } from '../sandbox/sender/results.ts';
import { type AppSettings, openAppSettings } from './app-settings.ts';
import { KeptPushes } from './kept-pushes.ts';
import { Mailbox } from './mailbox.ts';
import { type Announced, type Notice, noticeOf } from './notice.ts';
import type { ProfileStore } from './profiles.ts';
import { ProgressBoard } from './progress.ts';
import { PushRelay } from './push-relay.ts';
import { isSandboxTerminal, Sandbox } from './sandbox.ts';
import { viewTerminal } from './terminal-view.ts';

export type ServiceOptions = {
  readonly version: string;
  readonly dataFolder: string;
  readonly profiles: ProfileStore;
  readonly tell: (event: WindowEvent) => void;
  /** Something happened that the user should know of even when not looking. */
  readonly notify: (notice: Notice, push: string) => void;
};

/** Counts are read again at most this often. */
const COUNTS_INTERVAL_MS = 200;
/** Results of the sender that a new window is told. */
const MAX_RESULTS = 200;
const PLAIN_PASSWORD_NOTICE =
  'This system has no key store, so passwords and SIM keys are kept in the data folder as they are. Anyone who can read your files can read them.';

/** The app behind its windows: terminals, history, sandbox; state for new windows, events for open ones. */
export class Service {
  readonly terminals: Terminals;
  readonly sandbox: Sandbox;
  /** Notices and selections for the window, kept while there is none. */
  readonly mail: Mailbox;
  /** History as the windows list, mark and remove it. */
  readonly pushes: KeptPushes;
  readonly #options: ServiceOptions;
  readonly #progress: ProgressBoard;
  readonly #relay: PushRelay;
  readonly #settings: AppSettings;
  readonly #retention: RetentionKeeper;
  /** Profiles of the user's own, those too whose terminal could not be opened this time. */
  readonly #kept = new Map<string, Profile>();
  readonly #results = new Map<string, PushResult>();
  /** How many pushes of each terminal wait, as the windows know. */
  readonly #waitingTold = new Map<string, number>();
  readonly #stopWatching: () => void;
  #countsTimer: NodeJS.Timeout | null = null;
  #warnedOfPlainPasswords = false;
  #closed = false;
  /** Starting and stopping the sandbox, one after the other. */
  #sandboxWork: Promise<void> = Promise.resolve();

  private constructor(options: ServiceOptions, terminals: Terminals, settings: AppSettings) {
    this.#options = options;
    this.#settings = settings;
    this.terminals = terminals;
    this.mail = new Mailbox(options.tell);
    const { trace } = terminals;
    this.#stopWatching = trace.watch(() => options.tell({ kind: 'trace', trace: trace.state }));
    this.#progress = new ProgressBoard((progress) => options.tell({ kind: 'progress', progress }));
    this.#relay = new PushRelay(terminals.history, (record) => this.#tellPush(record));
    const { history } = terminals;
    const remove = (ids: readonly string[]) => terminals.removePushes(ids);
    this.pushes = new KeptPushes({
      history,
      remove,
      tell: options.tell,
      countsChanged: () => this.#countsChanged(),
    });
    this.#retention = new RetentionKeeper({
      history,
      remove,
      limits: () => settings.retention.current,
      onRemoved: (pushes) => {
        options.tell({ kind: 'pushes-removed', pushes });
        this.#countsChanged();
      },
    });
    this.sandbox = new Sandbox({
      changed: (sandbox) => options.tell({ kind: 'sandbox', sandbox }),
      result: (result) => this.#keepResult(result),
    });
  }

  /** Opens history and the kept profiles, and starts their terminals. Rejects with a sentence for the user. */
  static async open(options: ServiceOptions): Promise<Service> {
    const settings = await openAppSettings(options.dataFolder);
    const opened: { service: Service | null } = { service: null };
    const terminals = await Terminals.open({
      dataFolder: options.dataFolder,
      emit: (event) => opened.service?.receive(event),
      contentFiles: false,
      allows: () => settings.permissions.current,
    });
    const service = new Service(options, terminals, settings);
    opened.service = service;
    const { damage } = terminals.history;
    if (damage !== null) {
      service.mail.notice('warning', damageNotice(damage));
    }
    await service.#startKept();
    void service.#retention.apply();
    return service;
  }

  get version(): string {
    return this.#options.version;
  }

  get dataFolder(): string {
    return this.#options.dataFolder;
  }

  async state(): Promise<AppState> {
    return {
      version: this.#options.version,
      dataFolder: this.#options.dataFolder,
      terminals: this.terminals.all().map((terminal) => this.#view(terminal)),
      sandbox: this.sandbox.view,
      counts: await this.pushes.counts(),
      deadlines: this.terminals.all().flatMap((terminal) => terminal.deadlines()),
      progress: this.#progress.current,
      results: [...this.#results.values()],
      trace: this.terminals.trace.state,
      permissions: this.#settings.permissions.current,
      searches: this.#settings.searches.current,
      retention: this.#settings.retention.current,
    };
  }

  /** Adds a terminal of the user's own, keeps its profile and registers it. */
  async add(profile: Profile): Promise<TerminalView> {
    if (isSandboxTerminal(profile.name))
      throw new Error(`${profile.name} is a terminal of the sandbox; choose another name.`);
    const terminal = await this.#startTerminal(profile);
    this.#kept.set(profile.name, profile);
    await this.#saveProfiles();
    if (profile.auth !== undefined) this.#warnOfPlainPasswords();
    return this.#view(terminal);
  }

  /** Gives a terminal another profile of the same name and keeps it. Rejects with a sentence for the user. */
  async update(profile: Profile): Promise<TerminalView> {
    const before = this.terminal(profile.name).profile;
    let terminal: Terminal;
    try {
      terminal = await this.terminals.update(profile);
    } catch (error) {
      // The new profile cannot be served (a port taken, a file missing): the old one goes on.
      await this.#startTerminal(before);
      throw error;
    }
    if (!isSandboxTerminal(profile.name)) {
      this.#kept.set(profile.name, profile);
      await this.#saveProfiles();
      if (profile.auth !== undefined) this.#warnOfPlainPasswords();
    }
    this.#tellTerminal(profile.name);
    return this.#view(terminal);
  }

  /** Lets handlers run commands and call webhooks, or not, from now on and after a restart. */
  async permit(permissions: AppPermissions): Promise<void> {
    await this.#settings.permissions.change(permissions);
    this.#options.tell({ kind: 'permissions', permissions });
  }

  /** Keeps searches for all windows. */
  async keepSearches(searches: readonly SavedSearch[]): Promise<void> {
    await this.#settings.searches.change(searches);
    this.#options.tell({ kind: 'searches', searches });
  }

  /** Limits what history keeps: the oldest pushes beyond go at once. */
  async retain(retention: Retention): Promise<void> {
    await this.#settings.retention.change(retention);
    this.#options.tell({ kind: 'retention', retention });
    void this.#retention.apply();
  }

  /** De-registers and forgets a terminal; its pushes stay. */
  async remove(name: string): Promise<void> {
    await this.terminals.remove(name);
    if (!isSandboxTerminal(name)) {
      this.#kept.delete(name);
      this.#options.profiles.forget(name);
      await this.#saveProfiles();
    }
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

  /** Starts core and sender, and points the sandbox's terminals at them. Without effect when it runs. */
  startSandbox(): Promise<void> {
    return this.#inTurn(async () => {
      for (const profile of await this.sandbox.start()) {
        await this.terminals.remove(profile.name);
        await this.#startTerminal(profile);
      }
    });
  }

  /** De-registers the sandbox's terminals, which stay listed, and stops sender and core. */
  stopSandbox(): Promise<void> {
    return this.#inTurn(async () => {
      const own = this.terminals.all().filter(({ name }) => isSandboxTerminal(name));
      await Promise.all(own.map(({ name }) => this.terminals.remove(name)));
      await this.sandbox.stop();
      // Opened again but not started: they must not go on looking for a core that is gone.
      for (const { profile } of own) {
        await this.terminals.add(profile);
        this.#tellTerminal(profile.name);
      }
    });
  }

  /** De-registers every terminal (bounded in time), closes sandbox and history. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#countsTimer !== null) clearTimeout(this.#countsTimer);
    this.#progress.close();
    this.#stopWatching();
    await this.#retention.close();
    await this.pushes.close();
    await this.terminals.close();
    await this.sandbox.stop();
    this.#relay.close();
  }

  /** Turns what a terminal says into what windows show. */
  receive(event: TerminalEvent): void {
    switch (event.event) {
      case 'registration':
        this.#tellTerminal(event.terminal);
        return;
      case 'push-changed':
        this.#relay.changed(event.record);
        this.#countsChanged();
        return;
      case 'offer':
        this.#notify(event.terminal, event.offer, {
          ...event,
          kind: 'offer',
          names: event.files.map((file) => file.name),
        });
        return;
      case 'refer':
        this.#notify(event.terminal, event.refer, { ...event, kind: 'refer' });
        return;
      case 'refer-answered':
      case 'refer-ended':
        this.#tellTerminal(event.terminal);
        return;
      case 'push':
        void this.#notifyOfMessage(event, 'message');
        return;
      case 'answered':
        this.#tellTerminal(event.terminal);
        return;
      case 'progress':
        this.#progress.report(event);
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
        this.mail.notice('error', `${event.terminal}: ${event.message}`);
        return;
      case 'published':
      case 'publication-failed':
      case 'registered':
      case 'registration-failed':
      case 'unregistered':
      case 'refused':
      case 'report':
      case 'report-owed':
      case 'delivery':
      case 'bindings':
      case 'handed':
      case 'part':
      case 'resuming':
      case 'kept':
      case 'removed':
      case 'subscribed':
      case 'subscription':
      case 'notified':
        return;
      case 'subscriptions':
        this.#tellTerminal(event.terminal);
        return;
      case 'asks':
        void this.#notifyOfMessage(event, 'asks');
        this.#tellTerminal(event.terminal);
        return;
      case 'push-failed':
        this.#tellTerminal(event.terminal);
        return;
    }
  }

  #notify(terminal: string, push: string, announced: Announced): void {
    const profile = this.terminals.get(terminal)?.profile;
    const notice = noticeOf(announced, handlerOf(profile ?? { handlers: [] }, announced.application));
    if (notice !== null) this.#options.notify(notice, push);
  }

  /** The first line of a message stands in its record alone. */
  async #notifyOfMessage(
    event: Extract<TerminalEvent, { event: 'push' | 'asks' }>,
    kind: 'message' | 'asks',
  ): Promise<void> {
    // A history that is closing has nothing to tell; the notification is not worth an error.
    const record = await this.terminals.history.get(event.push).catch(() => null);
    this.#notify(event.terminal, event.push, { ...event, kind, preview: record?.preview ?? null });
  }

  async #startKept(): Promise<void> {
    const { profiles, problems } = await this.#options.profiles.load();
    for (const problem of problems) this.mail.notice('warning', problem);
    for (const profile of profiles) {
      this.#kept.set(profile.name, profile);
      try {
        await this.#startTerminal(profile);
      } catch (error) {
        this.mail.notice('error', `${profile.name} cannot start: ${messageOf(error)}`);
      }
    }
  }

  async #startTerminal(profile: Profile): Promise<Terminal> {
    const terminal = await this.terminals.add(profile);
    this.#tellTerminal(terminal.name);
    terminal.start();
    return terminal;
  }

  #saveProfiles(): Promise<void> {
    return this.#options.profiles.save([...this.#kept.values()]);
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#sandboxWork.then(work);
    this.#sandboxWork = done.catch(() => {});
    return done;
  }

  #warnOfPlainPasswords(): void {
    if (this.#options.profiles.sealsPasswords || this.#warnedOfPlainPasswords) return;
    this.#warnedOfPlainPasswords = true;
    this.mail.notice('warning', PLAIN_PASSWORD_NOTICE);
  }

  #tellTerminal(name: string): void {
    const terminal = this.terminals.get(name);
    if (terminal === undefined) return;
    const view = this.#view(terminal);
    this.#waitingTold.set(name, view.waiting);
    this.#options.tell({ kind: 'terminal', terminal: view });
  }

  #view(terminal: Terminal): TerminalView {
    return viewTerminal(terminal, this.#closed ? 0 : this.terminals.history.waitingMessages(terminal.name));
  }

  /** Tells the terminals of which more or fewer pushes wait than the windows know. */
  #tellWaiting(): void {
    for (const terminal of this.terminals.all()) {
      if (this.#view(terminal).waiting !== this.#waitingTold.get(terminal.name))
        this.#tellTerminal(terminal.name);
    }
  }

  /** An offer gets its deadline only once it rings, which is after it was first told of. */
  #tellPush(record: PushRecord): void {
    if (this.pushes.hides(record.id)) return;
    const { tell } = this.#options;
    tell({ kind: 'push', record });
    // By now the change is kept, which counts rely on.
    this.#countsChanged();
    if (record.state !== 'waiting') return;
    const deadlines = this.terminals.get(record.terminal)?.deadlines() ?? [];
    const deadline = deadlines.find((one) => one.offer === record.id);
    if (deadline !== undefined) tell({ kind: 'deadline', deadline });
    this.#tellTerminal(record.terminal);
  }

  /** Tells the windows that counts may have changed, soon and once. */
  #countsChanged(): void {
    if (this.#closed) return;
    this.#countsTimer ??= setTimeout(() => {
      this.#countsTimer = null;
      void this.pushes.counts().then((counts) => this.#options.tell({ kind: 'counts', counts }));
      this.#tellWaiting();
    }, COUNTS_INTERVAL_MS);
  }

  #keepResult(result: PushResult): void {
    this.#results.set(result.id, result);
    for (const id of this.#results.keys()) {
      if (this.#results.size <= MAX_RESULTS) break;
      this.#results.delete(id);
    }
    this.#options.tell({ kind: 'result', result });
  }
}

/** What a damaged history means for the user. */
function damageNotice({ copy, recovery: { pushes, lost, contents } }: Damage): string {
  const gone = lost === null ? 'how many were lost is not known' : `${lost} could not be read`;
  const left =
    contents === 0 ? '' : ` ${contents} contents without their push are listed under “${RECOVERED}”.`;
  return `History was damaged. It was rebuilt with ${pushes} pushes; ${gone}.${left} The damaged one is kept as ${copy}.`;
}
