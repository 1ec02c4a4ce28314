import { answerChallenge, parseChallenges } from '../../sip/digest.ts';
import { HeaderFields } from '../../sip/header-fields.ts';
import { parseSipMessage, type SipMessage, SipRequest, SipResponse } from '../../sip/message.ts';
import type { SandboxCore } from './core.ts';
import type { ListenTransport } from './listener.ts';
import { openLink, type TestLink } from './test-link.ts';

type Headers = Readonly<Record<string, string>>;

type PeerOptions = { readonly transport?: ListenTransport; readonly password?: string };

let counter = 0;
/** A number no other call of this test run gets. */
function unique(): number {
  counter += 1;
  return counter;
}

/** A SIP endpoint over a raw socket of any transport that does only what a test tells it. */
export class TestPeer {
  readonly name: string;
  readonly link: TestLink;
  readonly #password: string;
  readonly #received: SipMessage[] = [];
  readonly #waiting: ((message: SipMessage) => void)[] = [];
  readonly #domain: string;
  readonly #callId = `reg-${unique()}`;
  #cseq = 0;

  private constructor(name: string, password: string, link: TestLink, domain: string) {
    this.name = name;
    this.link = link;
    this.#password = password;
    this.#domain = domain;
    link.onMessage((bytes) => {
      const parsed = parseSipMessage(bytes);
      if (parsed.kind === 'bad') throw new Error(`The core sent a bad message: ${parsed.reason}`);
      const taker = this.#waiting.shift();
      if (taker === undefined) this.#received.push(parsed.message);
      else taker(parsed.message);
    });
  }

  /** Connects by the core's listener for a transport. */
  static async connect(
    core: SandboxCore,
    name: string,
    { transport = 'tcp', password = `${name}-secret` }: PeerOptions = {},
  ): Promise<TestPeer> {
    const uri = core.uris.find((one) => one.endsWith(`=${transport}`)) ?? '';
    return new TestPeer(name, password, await openLink(uri), core.domain);
  }

  get contact(): string {
    return `sip:${this.name}@127.0.0.1:${this.link.localPort};transport=${this.link.transport}`;
  }

  /** Messages that came and that nobody took. */
  get unread(): readonly SipMessage[] {
    return this.#received;
  }

  send(message: SipMessage): void {
    this.link.send(message.toBytes());
  }

  async next(): Promise<SipMessage> {
    const ready = this.#received.shift();
    if (ready !== undefined) return ready;
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }

  async nextRequest(method: string): Promise<SipRequest> {
    const message = await this.next();
    if (message.kind === 'request' && message.method === method) return message;
    throw new Error(`${this.name} expected ${method} but got ${message.startLine}`);
  }

  async nextResponse(code: number): Promise<SipResponse> {
    const message = await this.next();
    if (message.kind === 'response' && message.code === code) return message;
    throw new Error(`${this.name} expected ${code} but got ${message.startLine}`);
  }

  /** A request outside any dialog from this peer. `headers` replace what it would carry; an empty one is left out. */
  newRequest(method: string, uri: string, headers: Headers = {}, body = ''): SipRequest {
    this.#cseq += 1;
    const all: Headers = {
      Via: this.#newVia(),
      'Max-Forwards': '70',
      From: `<sip:${this.name}@${this.#domain}>;tag=f${unique()}`,
      To: `<${uri.replace(/;.*/, '')}>`,
      'Call-ID': `call-${unique()}`,
      CSeq: `${this.#cseq} ${method}`,
      Contact: `<${this.contact}>`,
      ...headers,
    };
    const fields = new HeaderFields(
      Object.entries(all).flatMap(([name, value]) => (value === '' ? [] : [{ name, value }])),
    );
    return new SipRequest(method, uri, fields, Buffer.from(body, 'latin1'));
  }

  /** Sends a request, answers the core's challenge, and returns the request that counts. */
  async sendAuthenticated(request: SipRequest): Promise<SipRequest> {
    this.send(request);
    const challenge = await this.nextResponse(request.method === 'REGISTER' ? 401 : 407);
    if (request.method === 'INVITE') this.send(this.acknowledge(request, challenge));
    const again = this.answer(request, challenge);
    this.send(again);
    return again;
  }

  /** The request again, with an answer to the challenge (the first one offered). */
  answer(request: SipRequest, challenged: SipResponse): SipRequest {
    const isRegistrar = challenged.code === 401;
    const [challenge] = parseChallenges(
      challenged.headers(isRegistrar ? 'WWW-Authenticate' : 'Proxy-Authenticate'),
    );
    if (challenge === undefined) throw new Error('no challenge');
    const { method, uri, body } = request;
    const value = answerChallenge(challenge, {
      username: this.name,
      password: this.#password,
      method,
      uri,
      body: body.toString('latin1'),
    });
    const again = request.clone();
    this.#cseq += 1;
    again.fields.replace('CSeq', [`${this.#cseq} ${method}`]);
    again.fields.replace('Via', [this.#newVia()]);
    again.fields.replace(isRegistrar ? 'Authorization' : 'Proxy-Authorization', [value ?? '']);
    return again;
  }

  registration(headers: Headers = {}): SipRequest {
    return this.newRequest('REGISTER', `sip:${this.#domain}`, {
      To: `<sip:${this.name}@${this.#domain}>`,
      'Call-ID': this.#callId,
      Supported: 'gruu, path',
      Require: 'pref',
      ...headers,
    });
  }

  /** Registers with instance and push applications and returns the 200. */
  async register(instance: string, applications: string | null, headers: Headers = {}): Promise<SipResponse> {
    const tag = applications === null ? '' : `;+g.oma.pusheventapp="${applications}"`;
    await this.sendAuthenticated(
      this.registration({
        Contact: `<${this.contact}>;+sip.instance="<urn:uuid:${instance}>"${tag}`,
        ...headers,
      }),
    );
    return this.nextResponse(200);
  }

  reply(request: SipRequest, code: number, headers: Headers = {}): SipResponse {
    const fields = new HeaderFields();
    for (const name of ['Via', 'Record-Route', 'From', 'To', 'Call-ID', 'CSeq']) {
      for (const value of request.headers(name)) {
        const needsTag = name === 'To' && request.toTag === undefined && code > 100;
        fields.append(name, needsTag ? `${value};tag=${this.name}${this.link.localPort}` : value);
      }
    }
    if (headers['Contact'] === undefined) fields.append('Contact', `<${this.contact}>`);
    for (const [name, value] of Object.entries(headers)) fields.append(name, value);
    const response = new SipResponse(code, 'Test', fields);
    this.send(response);
    return response;
  }

  /** The ACK to a non-2xx answer. */
  acknowledge(request: SipRequest, response: SipResponse): SipRequest {
    return this.#sibling('ACK', request, response.header('To') ?? '');
  }

  cancel(request: SipRequest): SipRequest {
    return this.#sibling('CANCEL', request, request.header('To') ?? '');
  }

  /** A request within the dialog of an INVITE this peer sent. */
  inDialogAsCaller(method: string, invite: SipRequest, response: SipResponse): SipRequest {
    const target = /<([^>]*)>/.exec(response.header('Contact') ?? '')?.[1] ?? '';
    const cseq = method === 'ACK' ? invite.cseq.number : invite.cseq.number + 100;
    const request = this.newRequest(method, target, {
      From: invite.header('From') ?? '',
      To: response.header('To') ?? '',
      'Call-ID': invite.callId,
      CSeq: `${cseq} ${method}`,
    });
    for (const route of [...response.headers('Record-Route')].reverse())
      request.fields.append('Route', route);
    return request;
  }

  /** A request within the dialog of an INVITE this peer answered. */
  inDialogAsCallee(method: string, invite: SipRequest, response: SipResponse): SipRequest {
    const target = /<([^>]*)>/.exec(invite.header('Contact') ?? '')?.[1] ?? '';
    const request = this.newRequest(method, target, {
      From: response.header('To') ?? '',
      To: invite.header('From') ?? '',
      'Call-ID': invite.callId,
    });
    for (const route of invite.headers('Record-Route')) request.fields.append('Route', route);
    return request;
  }

  close(): void {
    this.link.close();
  }

  #newVia(): string {
    const transport = this.link.transport.toUpperCase();
    return `SIP/2.0/${transport} 127.0.0.1:${this.link.localPort};branch=z9hG4bKt${unique()};rport`;
  }

  #sibling(method: 'ACK' | 'CANCEL', request: SipRequest, to: string): SipRequest {
    const sibling = this.newRequest(method, request.uri, {
      Via: request.header('Via') ?? '',
      From: request.header('From') ?? '',
      To: to,
      'Call-ID': request.callId,
      CSeq: `${request.cseq.number} ${method}`,
      Contact: '',
    });
    return sibling;
  }
}
