import { CERTIFICATE, KEY } from '../../msrp/test-certificate.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { headerParameter, parseNameAddr } from '../../sip/name-addr.ts';
import { SandboxCore } from './core.ts';
import type { ForkTimers } from './forking.ts';
import type { ListenTransport } from './listener.ts';
import { TestPeer } from './test-peer.ts';
import type { RegistrationFilter } from './third-party.ts';

export const BOB = 'sip:bob@push.test';
export const ONE = '00000000-0000-0000-0000-000000000001';
export const TWO = '00000000-0000-0000-0000-000000000002';
export const USERS = ['bob', 'psa', 'eve'].map((name) => ({ name, password: `${name}-secret` }));

/** Times no test reaches on a busy machine. */
const PATIENT: ForkTimers = { answer: 10_000, invite: 10_000, linger: 10_000, t1: 10_000 };
/** For tests that wait for a time to run out. */
export const HASTY: ForkTimers = { answer: 150, invite: 200, linger: 150, t1: 10_000 };
/** For tests that wait for a message to come again. */
export const REPEATING: ForkTimers = { ...PATIENT, t1: 20 };

export const TRANSPORTS: readonly ListenTransport[] = ['tcp', 'udp', 'tls', 'ws', 'wss'];
const LISTEN = TRANSPORTS.map((transport) => ({ transport, host: '127.0.0.1', port: 0 }));

export type WorldOptions = {
  readonly timers?: ForkTimers;
  /** How the sender, and how both terminals reach the core. */
  readonly sender?: ListenTransport;
  readonly terminals?: ListenTransport;
  readonly registrationFilter?: RegistrationFilter;
};
const MMS = '*;+g.oma.pusheventapp="mms.ua"';

/** A core, a sender, and two terminals of one user: all connected, none registered. */
export class TestWorld {
  readonly core: SandboxCore;
  readonly psa: TestPeer;
  readonly desk: TestPeer;
  readonly phone: TestPeer;

  private constructor(core: SandboxCore, psa: TestPeer, desk: TestPeer, phone: TestPeer) {
    this.core = core;
    this.psa = psa;
    this.desk = desk;
    this.phone = phone;
  }

  static async open({
    timers = PATIENT,
    sender = 'tcp',
    terminals = 'tcp',
    registrationFilter,
  }: WorldOptions = {}) {
    const core = await SandboxCore.open({
      listen: LISTEN,
      tls: { cert: CERTIFICATE, key: KEY },
      domain: 'push.test',
      users: USERS,
      allowAnySender: true,
      timers,
      ...(registrationFilter === undefined ? {} : { registrationFilter }),
    });
    const psa = await TestPeer.connect(core, 'psa', { transport: sender });
    const desk = await TestPeer.connect(core, 'bob', { transport: terminals });
    return new TestWorld(core, psa, desk, await TestPeer.connect(core, 'bob', { transport: terminals }));
  }

  async registerBoth(): Promise<{ deskAnswer: SipResponse; phoneAnswer: SipResponse }> {
    const deskAnswer = await this.desk.register(ONE, 'mms.ua,wml.ua');
    const phoneAnswer = await this.phone.register(TWO, 'mms.ua');
    return { deskAnswer, phoneAnswer };
  }

  pushMessage(uri = BOB, headers: Readonly<Record<string, string>> = {}): SipRequest {
    return this.psa.newRequest('MESSAGE', uri, { 'Accept-Contact': MMS, Contact: '', ...headers }, 'push');
  }

  /** Sends an INVITE with credentials and takes the core's 100. */
  async invite(uri = BOB): Promise<SipRequest> {
    const request = this.psa.newRequest('INVITE', uri, { 'Accept-Contact': MMS });
    const sent = await this.psa.sendAuthenticated(request);
    await this.psa.nextResponse(100);
    return sent;
  }

  async close(): Promise<void> {
    for (const peer of [this.psa, this.desk, this.phone]) peer.close();
    await this.core.close();
  }
}

/** Value of a parameter of the Contact of an instance in a 200 to REGISTER. */
export function contactParameter(response: SipResponse, instance: string, name: string): string {
  const contact = response.headers('Contact').find((value) => value.includes(instance));
  return headerParameter(parseNameAddr(contact ?? '') ?? { parameters: [] }, name) ?? '';
}
