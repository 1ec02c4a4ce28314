import type {
  AppState,
  Bridge,
  CallName,
  PushRecord,
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
    this.#answers = { 'app.state': exampleState(), 'push.list': { records: [], more: false }, ...answers };
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
    core: 'sip:127.0.0.1:5060;transport=tcp',
    applications: ['mms.ua'],
    instanceId: 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    registration: { kind: 'unregistered' },
    msrp: null,
    waiting: 0,
    ...change,
  };
}

export function exampleState(change: Partial<AppState> = {}): AppState {
  return {
    version: '0.1.0',
    dataFolder: '/data',
    terminals: [exampleTerminal()],
    sandbox: { kind: 'stopped' },
    counts: { total: 0, unread: 0, waiting: 0, bytes: 0 },
    deadlines: [],
    progress: [],
    results: [],
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
    body: { kind: 'none' },
    delivery: [],
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
  }));
  const body = { kind: 'files', sessionIdentity: 'sip:psa@10.0.0.1', sdp: 'v=0', files } as const;
  return exampleRecord({
    id: 'offer-1',
    method: 'INVITE',
    state: 'waiting',
    code: null,
    preview: null,
    body,
  });
}
