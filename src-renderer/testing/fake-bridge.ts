import type {
  AppState,
  Binding,
  Bridge,
  CallName,
  DeliveryReport,
  PushRecord,
  RegistrationState,
  TerminalView,
  WindowEvent,
} from '../../src-main/ipc/contract.ts';
import { useStore } from '../store/store.ts';

type Answers = Partial<Record<CallName, unknown>>;

/** A bridge that answers what a test says, remembers calls, and lets the test speak as the main process. */
export class FakeBridge implements Bridge {
  readonly calls: { readonly name: CallName; readonly argument: unknown }[] = [];
  readonly #answers: Answers;
  #listener: (event: WindowEvent) => void = () => {};

  constructor(answers: Answers = {}) {
    this.#answers = {
      'app.state': exampleState(),
      'push.list': { records: [], more: false, problems: [] },
      ...answers,
    };
    Object.defineProperty(window, 'pushTerminal', { value: this, configurable: true });
    useStore.setState(useStore.getInitialState(), true);
  }

  readonly call = (async (name: CallName, argument: unknown) => {
    this.calls.push({ name, argument });
    const answer = this.#answers[name];
    if (answer instanceof Error) throw answer;
    return answer;
  }) as Bridge['call'];

  readonly listen: Bridge['listen'] = (listener) => {
    this.#listener = listener;
    return () => {
      this.#listener = () => {};
    };
  };

  say(event: WindowEvent): void {
    this.#listener(event);
  }

  /** Arguments of every call with this name. */
  of(name: CallName): readonly unknown[] {
    return this.calls.filter((call) => call.name === name).map(({ argument }) => argument);
  }
}

export function exampleTerminal(change: Partial<TerminalView> = {}): TerminalView {
  return {
    name: 'bob-desk',
    aor: 'sip:bob@push.test',
    displayName: 'Bob · desk',
    cores: ['sip:127.0.0.1:5060;transport=tcp'],
    applications: ['mms.ua'],
    handlers: [],
    trust: { requireAssertedIdentity: true, rules: [] },
    instanceId: 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    registration: { kind: 'unregistered' },
    lastRegistered: null,
    bindings: [],
    regEvent: { kind: 'off' },
    subscriptions: [],
    publication: null,
    uaProfile: null,
    flow: null,
    msrp: null,
    waiting: 0,
    ...change,
  };
}

type Registered = Extract<RegistrationState, { kind: 'registered' }>;

/** A registration until 12:30:00 UTC of the example day, with GRUUs and all that a core can tell. */
export function exampleRegistration(change: Partial<Registered> = {}): Registered {
  return {
    kind: 'registered',
    expiresAt: '2026-11-21T12:30:00.000Z',
    pubGruu: 'sip:bob@push.test;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    tempGruu: 'sip:tgruu.7hs3k2@push.test;gr',
    bindings: [exampleBinding()],
    warnings: [],
    withdrawn: false,
    details: {
      outbound: true,
      flowTimer: 120,
      path: ['<sip:edge.push.test;lr;ob>'],
      serviceRoute: ['<sip:orig@scscf.push.test;lr>'],
      identities: ['sip:bob@push.test', 'tel:+15550100'],
      server: 'Push Terminal sandbox',
      features: [
        { name: 'GRUU (RFC 5627)', state: 'yes', note: null },
        { name: 'Push tags echoed', state: 'no', note: 'the 2xx lists the contact without them' },
        { name: 'SIP outbound (RFC 5626)', state: 'unknown', note: null },
      ],
    },
    ...change,
  };
}

export function exampleBinding(change: Partial<Binding> = {}): Binding {
  return {
    contact: 'sip:bob@127.0.0.1:49152;transport=tcp;ob',
    instance: 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    expires: 3600,
    expiresAt: '2026-11-21T12:30:00.000Z',
    pubGruu: 'sip:bob@push.test;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    applications: ['mms.ua'],
    ours: true,
    ...change,
  };
}

/** A registered terminal with a connection, its own binding and that of a phone. */
export function exampleRegistered(change: Partial<Registered> = {}): TerminalView {
  const phone = exampleBinding({
    contact: 'sip:bob@10.0.0.7:5062',
    instance: 'urn:uuid:11111111-2222-3333-4444-7be1d02c44a1',
    expires: 600,
    expiresAt: '2026-11-21T12:10:00.000Z',
    pubGruu: null,
    applications: [],
    ours: false,
  });
  return exampleTerminal({
    registration: exampleRegistration(change),
    bindings: [exampleBinding(), phone],
    regEvent: { kind: 'active', expiresAt: '2026-11-21T13:00:00.000Z', lastNotifyAt: null },
    flow: {
      transport: 'TCP',
      local: '127.0.0.1:49152',
      remote: '127.0.0.1:5060',
      core: 'sip:127.0.0.1:5060;transport=tcp',
      spare: false,
    },
    msrp: { host: '127.0.0.1', port: 2855 },
  });
}

export function exampleState(change: Partial<AppState> = {}): AppState {
  return {
    version: '0.1.0',
    dataFolder: '/data',
    terminals: [exampleTerminal()],
    sandbox: { kind: 'stopped' },
    counts: { total: 0, unread: 0, waiting: 0, bytes: 0, terminals: [] },
    deadlines: [],
    progress: [],
    results: [],
    permissions: { commands: false, webhooks: false },
    trace: { recording: true, keep: false, megabytes: 64, first: 1, last: 0, bytes: 0 },
    searches: [],
    retention: { pushes: null, days: null, bytes: null },
    ...change,
  };
}

export function exampleRecord(change: Partial<PushRecord> = {}): PushRecord {
  return {
    id: 'push-1',
    terminal: 'bob-desk',
    method: 'MESSAGE',
    at: '2026-11-21T12:00:00.000Z',
    application: 'mms.ua',
    from: 'sip:psa@push.test',
    asserted: true,
    callId: 'call-1',
    headers: 'MESSAGE sip:bob@push.test SIP/2.0',
    contentType: 'text/plain',
    bytes: 5,
    preview: 'hello',
    state: 'received',
    code: 200,
    reason: null,
    read: false,
    times: 1,
    mismatch: false,
    pinned: false,
    body: { kind: 'none' },
    references: [],
    delivery: [],
    ...change,
  };
}

/** The delivery report state of a file of 20,000 bytes that is whole, checked and reported. */
export function exampleReport(change: Partial<DeliveryReport> = {}): DeliveryReport {
  return {
    messageId: 'message',
    chunks: 10,
    answered: 11,
    refused: 0,
    bytes: 20_000,
    total: 20_000,
    firstAt: '2026-11-21T12:00:04.112Z',
    lastAt: '2026-11-21T12:00:05.001Z',
    asked: { success: true, failure: 'yes' },
    check: { at: '2026-11-21T12:00:05.020Z', result: 'matches' },
    reports: [
      {
        at: '2026-11-21T12:00:05.021Z',
        state: 'sent',
        messageId: 'message',
        range: '1-20000/20000',
        status: '000 200',
      },
    ],
    ...change,
  };
}

/** A waiting offer of files with these names. */
export function exampleOffer(names: readonly string[]): PushRecord {
  const files = names.map((name, index) => ({
    index,
    name,
    type: 'application/octet-stream',
    bytes: 1000,
    hash: null,
    disposition: 'attachment' as const,
    date: null,
    state: 'offered' as const,
    received: 0,
    path: null,
    sha1: null,
    reason: null,
    icon: null,
    known: null,
    from: 1,
    ruled: false,
    leftover: null,
    report: null,
    session: null,
  }));
  const body = {
    kind: 'files',
    sessionIdentity: 'sip:psa@10.0.0.1',
    sdp: 'v=0',
    timer: null,
    files,
  } as const;
  return exampleRecord({
    id: 'offer-1',
    method: 'INVITE',
    state: 'waiting',
    code: null,
    preview: null,
    body,
  });
}
