import { randomBytes } from 'node:crypto';
import { type Profile, readProfile } from '../agent/profile.ts';
import type { CoreBindingView, SandboxView } from '../ipc/contract.ts';
import type { CoreBinding } from '../sandbox/core/bindings.ts';
import { SandboxCore } from '../sandbox/core/core.ts';
import type { PushResult } from '../sandbox/sender/results.ts';
import { PushSender } from '../sandbox/sender/sender.ts';
import { announcedApplications } from '../sip/feature-tags.ts';

export type SandboxOptions = {
  readonly changed: (view: SandboxView) => void;
  readonly result: (result: PushResult) => void;
};

type Running = { readonly core: SandboxCore; readonly sender: PushSender };

const HOST = '127.0.0.1';
const DEFAULT_PORT = 5060;
const DOMAIN = 'push.test';
const SENDER = `sip:psa@${DOMAIN}`;
const USER = 'bob';
const APPLICATIONS: readonly string[] = ['mms.ua', 'wml.ua'];
/** The two terminals of one user that the sandbox brings. */
const TERMINALS = [
  { name: 'bob-desk', displayName: 'Bob · desk' },
  { name: 'bob-phone', displayName: 'Bob · phone' },
] as const;

/** Names of the two terminals. */
export const SANDBOX_TERMINALS = [TERMINALS[0].name, TERMINALS[1].name] as const;

/** Whether a terminal belongs to the sandbox: its profile is made anew at each start, never kept. */
export function isSandboxTerminal(name: string): boolean {
  return TERMINALS.some((terminal) => terminal.name === name);
}

/** The sandbox of the window: a core and a Push Sender Agent on loopback, with passwords of one run. */
export class Sandbox {
  readonly #options: SandboxOptions;
  #running: Running | null = null;
  #view: SandboxView = { kind: 'stopped' };

  constructor(options: SandboxOptions) {
    this.#options = options;
  }

  get view(): SandboxView {
    return this.#view;
  }

  /** @throws Error with a sentence when the sandbox does not run. */
  get sender(): PushSender {
    if (this.#running === null) throw new Error('The sandbox does not run.');
    return this.#running.sender;
  }

  /** Starts core and sender; answers the profiles of its terminals, none when it runs already. Rejects with a sentence when it cannot. */
  async start(): Promise<readonly Profile[]> {
    if (this.#running !== null) return [];
    this.#set({ kind: 'starting' });
    try {
      const password = randomBytes(12).toString('hex');
      const users = [USER, 'psa'].map((name) => ({ name, password }));
      const core = await openCore(users);
      const sender = await this.#openSender(core, password);
      this.#running = { core, sender };
      core.onRegistration(() => this.#tellRunning());
      this.#tellRunning();
      return TERMINALS.map((terminal) => profileOf(terminal, core.uri, password));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#set({ kind: 'failed', reason });
      throw new Error(`The sandbox could not start: ${reason}`);
    }
  }

  /** Stops sender and core; terminals lose their registration by it. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    if (running === null) return;
    await running.sender.close();
    await running.core.close();
    this.#set({ kind: 'stopped' });
  }

  async #openSender(core: SandboxCore, password: string): Promise<PushSender> {
    try {
      return await PushSender.open({
        core: core.uri,
        as: SENDER,
        credentials: { username: 'psa', password },
        onResult: this.#options.result,
        notifier: true,
      });
    } catch (error) {
      await core.close();
      throw error;
    }
  }

  #tellRunning(): void {
    if (this.#running === null) return;
    const { core } = this.#running;
    this.#set({
      kind: 'running',
      core: core.uri.replace(/^sip:|;.*$/g, ''),
      domain: core.domain,
      sender: SENDER,
      // The sender is no terminal that anybody pushes to.
      bindings: core.bindings().flatMap((binding) => (binding.aor === SENDER ? [] : viewOf(binding))),
    });
  }

  #set(view: SandboxView): void {
    this.#view = view;
    this.#options.changed(view);
  }
}

/** On the well-known port, over TCP and UDP, or on any free one where another core has that. */
async function openCore(users: readonly { name: string; password: string }[]): Promise<SandboxCore> {
  const openAt = (port: number): Promise<SandboxCore> => {
    const listen = (['tcp', 'udp'] as const).map((transport) => ({ transport, host: HOST, port }));
    return SandboxCore.open({ listen, domain: DOMAIN, users });
  };
  return openAt(DEFAULT_PORT).catch(() => openAt(0));
}

function profileOf(terminal: (typeof TERMINALS)[number], core: string, password: string): Profile {
  const read = readProfile({
    ...terminal,
    aor: `sip:${USER}@${DOMAIN}`,
    core,
    auth: { username: USER, password },
    applications: APPLICATIONS,
    trust: { senders: [SENDER] },
  });
  if (read.kind === 'bad') throw new Error(read.problems.join('; '));
  return read.profile;
}

function viewOf(binding: CoreBinding): CoreBindingView {
  const { aor, contact, instance, pubGruu, parameters } = binding;
  return { aor, contact, instance, pubGruu, applications: announcedApplications(parameters) };
}
