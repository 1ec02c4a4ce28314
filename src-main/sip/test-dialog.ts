import { type DialogEnd, IncomingInvite, type Reoffer } from './incoming-invite.ts';
import type { SipResponse } from './message.ts';
import { sendReply } from './reply.ts';
import { StreamSocket } from './socket.ts';
import { pushRequest, TestCore } from './test-core.ts';
import { SipUserAgent } from './user-agent.ts';

export const SDP = { type: 'application/sdp', content: 'v=0\r\n' };
export const CONTACT = 'Contact: <sip:bob@push.test;gr=urn:uuid:1>';

/** A user agent on a scripted core that takes one INVITE; re-offers get SDP unless a test sets `reoffer`. */
export class TestDialog {
  readonly core: TestCore;
  readonly ua: SipUserAgent;
  readonly log: string[] = [];
  reoffer: (reoffer: Reoffer) => void = ({ answer }) => answer({ code: 200, headers: [CONTACT], body: SDP });
  #invite: IncomingInvite | null = null;
  #tag = '';

  private constructor(core: TestCore, connected: () => void) {
    this.core = core;
    this.ua = new SipUserAgent({
      socket: new StreamSocket({ host: '127.0.0.1', port: core.port, tls: null }),
      aor: 'sip:bob@push.test',
      handlers: {
        connected,
        disconnected: () => {},
        ownsUri: () => false,
        cancelled: (request) => this.invite.cancel(request),
        fault: (error) => {
          throw error;
        },
        request: (request) => {
          const opened = IncomingInvite.open(this.ua, request, {
            contactLine: () => CONTACT,
            confirmed: () => this.log.push('confirmed'),
            withdrawn: (why) => this.log.push(`withdrawn: ${why}`),
            ended: (end: DialogEnd) => this.log.push(end.kind),
            reoffer: (reoffer) => this.reoffer(reoffer),
            reofferWithdrawn: () => this.log.push('re-offer withdrawn'),
            timerAgreed: () => {},
            message: (message) => sendReply(message, { code: 200 }),
            options: () => ({ code: 200, headers: [CONTACT] }),
          });
          if (opened === null) throw new Error('no Contact');
          this.#invite = opened;
          opened.ring({ code: 180, headers: [CONTACT] });
        },
      },
    });
  }

  static async open(): Promise<TestDialog> {
    const core = await TestCore.open();
    return new Promise((resolve) => {
      const test: TestDialog = new TestDialog(core, () => resolve(test));
      test.ua.start();
    });
  }

  async close(): Promise<void> {
    this.ua.close();
    await this.core.close();
  }

  get invite(): IncomingInvite {
    if (this.#invite === null) throw new Error('no INVITE came');
    return this.#invite;
  }

  /** Sends the INVITE and answers its 180. */
  async ring(more: readonly string[] = []): Promise<SipResponse> {
    const known = ['Contact: <sip:psa@10.0.0.1:7777>', 'Record-Route: <sip:core.push.test;lr>'];
    const headers = [...known, ...more, 'Content-Type: application/sdp'];
    this.core.send(pushRequest('INVITE', { branch: 'inv', callId: 'call', headers, body: SDP.content }));
    for (;;) {
      const answer = await this.core.response({ provisional: true });
      if (answer.code !== 180) continue;
      this.#tag = answer.toTag ?? '';
      return answer;
    }
  }

  /** Sends a request inside the dialog; its Contact is the PSA's unless the headers have one. */
  inDialog(method: string, cseq: number, branch: string, headers: readonly string[] = [], body = ''): void {
    const contact = headers.some((line) => line.startsWith('Contact'))
      ? []
      : ['Contact: <sip:psa@10.0.0.1:7777>'];
    const options = { to: 'sip:bob@push.test', callId: 'call', branch, cseq, body, toTag: this.#tag };
    this.core.send(pushRequest(method, { ...options, headers: [...contact, ...headers] }));
  }

  /** Rings, accepts and acknowledges; answers the 200. */
  async establish(headers: readonly string[] = []): Promise<SipResponse> {
    await this.ring(headers);
    const answer = await this.accept();
    this.inDialog('ACK', 1, 'ack');
    return answer;
  }

  async accept(): Promise<SipResponse> {
    this.invite.accept({ code: 200, headers: [CONTACT], body: SDP });
    return this.core.response();
  }
}
