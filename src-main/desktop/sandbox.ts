import { randomBytes } from 'node:crypto';
import { type Profile, readProfile } from '../agent/profile.ts';
import type { CoreBindingView, SandboxView } from '../ipc/contract.ts';
import type { CoreBinding } from '../sandbox/core/bindings.ts';
import { SandboxCore } from '../sandbox/core/core.ts';
import { MsrpRelay } from '../sandbox/relay/relay.ts';
import type { PushResult } from '../sandbox/sender/results.ts';
import { PushSender } from '../sandbox/sender/sender.ts';
import { announcedApplications } from '../sip/feature-tags.ts';

export type SandboxOptions = {
  readonly changed: (view: SandboxView) => void;
  readonly result: (result: PushResult) => void;
};

type Running = {
  readonly core: SandboxCore;
  readonly relay: MsrpRelay;
  readonly sender: PushSender;
  readonly password: string;
};

const HOST = '127.0.0.1';
const DEFAULT_PORT = 5060;
/** Registered for MSRP relays is 2855 (RFC 4976 §8). */
const DEFAULT_RELAY_PORT = 2855;
const TRANSPORTS = ['tcp', 'udp'] as const;
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

/** The sandbox of the window: a core, an MSRP relay and a Push Sender Agent on loopback, with passwords of one run. */
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

  /** URI of the MSRP relay. @throws Error with a sentence when the sandbox does not run. */
  get relayUri(): string {
    if (this.#running === null) throw new Error('The sandbox does not run.');
    return this.#running.relay.uri;
  }

  /** Name and password of the sender in this run. @throws Error with a sentence when the sandbox does not run. */
  get senderAuth(): string {
    if (this.#running === null) throw new Error('The sandbox does not run.');
    return `psa:${this.#running.password}`;
  }

  /** Starts core, relay and sender; answers the profiles of its terminals, none when it runs already. Rejects with a sentence when it cannot. */
  async start(): Promise<readonly Profile[]> {
    if (this.#running !== null) return [];
    this.#set({ kind: 'starting' });
    try {
      const password = randomBytes(12).toString('hex');
      const users = [USER, 'psa'].map((name) => ({ name, password }));
      const core = await openCore(users);
      const relay = await openRelay(users).catch(async (error: unknown) => {
        await core.close();
        throw error;
      });
      const sender = await this.#openSender(core, relay, password);
      this.#running = { core, relay, sender, password };
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
    await running.relay.close();
    await running.core.close();
    this.#set({ kind: 'stopped' });
  }

  async #openSender(core: SandboxCore, relay: MsrpRelay, password: string): Promise<PushSender> {
    try {
      return await PushSender.open({
        core: core.uri,
        as: SENDER,
        credentials: { username: 'psa', password },
        onResult: this.#options.result,
        notifier: true,
        onRegistrations: () => this.#tellRunning(),
      });
    } catch (error) {
      await relay.close();
      await core.close();
      throw error;
    }
  }

  #tellRunning(): void {
    if (this.#running === null) return;
    const { core, relay, sender } = this.#running;
    this.#set({
      kind: 'running',
      core: core.uri.replace(/^sip:|;.*$/g, ''),
      domain: core.domain,
      transports: TRANSPORTS,
      relay: relay.uri,
      sender: SENDER,
      thirdPartyRegistrations: sender.thirdPartyRegistrations,
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
    const listen = TRANSPORTS.map((transport) => ({ transport, host: HOST, port }));
    // The fault of a push without an identity needs a core that lets strangers through, unvouched for.
    const more = { allowAnySender: true, registrationFilter: { server: SENDER } };
    return SandboxCore.open({ listen, domain: DOMAIN, users, ...more });
  };
  return openAt(DEFAULT_PORT).catch(() => openAt(0));
}

/** On its registered port, or on any free one. */
async function openRelay(users: readonly { name: string; password: string }[]): Promise<MsrpRelay> {
  const openAt = (port: number) => MsrpRelay.open({ host: HOST, port, realm: DOMAIN, users });
  return openAt(DEFAULT_RELAY_PORT).catch(() => openAt(0));
}

function profileOf(terminal: (typeof TERMINALS)[number], core: string, password: string): Profile {
  const read = readProfile({
    ...terminal,
    aor: `sip:${USER}@${DOMAIN}`,
    core,
    auth: { username: USER, password },
    applications: APPLICATIONS,
    trust: { senders: [SENDER] },
    // References of the sender lead to plain HTTP on loopback.
    content: { allowHttp: true, allowPrivateAddresses: true },
  });
  if (read.kind === 'bad') throw new Error(read.problems.join('; '));
  return read.profile;
}

function viewOf(binding: CoreBinding): CoreBindingView {
  const { aor, contact, instance, pubGruu, parameters } = binding;
  return { aor, contact, instance, pubGruu, applications: announcedApplications(parameters) };
}
