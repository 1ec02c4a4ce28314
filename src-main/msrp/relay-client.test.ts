import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindThroughRelay } from './dial-session.ts';
import { MsrpReceiver, type MsrpReceiverEvent } from './receiver.ts';
import { RelayClient, type RelayClientOptions } from './relay-client.ts';
import { MemorySink, sendText } from './test-peer.ts';
import { answerAuth, headerOf, type RelayAnswer, TestRelay } from './test-relay.ts';
import { formatPath, formatUri, newSessionUri, parsePath } from './uri.ts';

const CHALLENGE = 'WWW-Authenticate: Digest realm="relay", nonce="n1", qop="auth"';
const STALE = 'WWW-Authenticate: Digest realm="relay", nonce="n2", qop="auth", stale=true';
const localUri = newSessionUri('127.0.0.1', 9998);

const granted = (name: string, expires = 600): RelayAnswer => [
  '200 OK',
  `Use-Path: msrp://relay.test:2855/${name};tcp`,
  `Expires: ${expires}`,
];

describe('RelayClient (RFC 4976 §5.1)', () => {
  let relay: TestRelay;
  let clients: RelayClient[];
  let problems: (string | null)[];

  beforeEach(async () => {
    relay = await TestRelay.open();
    clients = [];
    problems = [];
  });
  afterEach(() => {
    for (const client of clients) client.close();
    relay.close();
  });

  function open(options: Partial<RelayClientOptions> = {}): RelayClient {
    const client = new RelayClient({
      relay: relay.uri,
      localUri,
      authorize: (challenges) => `Digest for ${challenges.join()}`,
      lookup: () => undefined,
      dial: {},
      on: (problem) => problems.push(problem),
      firstRetryMs: 10,
      ...options,
    });
    clients.push(client);
    return client;
  }

  it('answers the challenge and takes the Use-Path', async () => {
    const client = open();
    const taken = client.take();
    const peer = await relay.peer();
    const first = await answerAuth(peer, ['401 Unauthorized', CHALLENGE]);
    expect([first.method, formatPath(first.toPath), formatPath(first.fromPath)]).toEqual([
      'AUTH',
      formatUri(relay.uri),
      formatUri(localUri),
    ]);
    expect(headerOf(first, 'Expires')).toBe('3600');
    expect(headerOf(first, 'Authorization')).toBeUndefined();
    const second = await answerAuth(peer, granted('one'));
    expect(headerOf(second, 'Authorization')).toBe('Digest for Digest realm="relay", nonce="n1", qop="auth"');
    expect(formatPath((await taken).usePath)).toBe('msrp://relay.test:2855/one;tcp');
  });

  it('gives every session a URI of its own, over one connection, one AUTH at a time', async () => {
    const client = open();
    const taken = [client.take(), client.take(), client.take()];
    const peer = await relay.peer();
    for (const name of ['one', 'two', 'three']) await answerAuth(peer, granted(name));
    const routes = await Promise.all(taken);
    expect(routes.map(({ usePath }) => usePath[0]?.sessionId)).toEqual(['one', 'two', 'three']);
    expect(new Set(routes.map(({ connection }) => connection)).size).toBe(1);
  });

  it('has a grant at hand, and renews one that lies about before it expires', async () => {
    const client = open();
    client.start();
    const peer = await relay.peer();
    await answerAuth(peer, granted('old', 1));
    await answerAuth(peer, granted('new', 600));
    expect((await client.take()).usePath[0]?.sessionId).toBe('new');
    expect(problems).toEqual([]);
  });

  it.each<[string, readonly RelayAnswer[], RegExp]>([
    [
      'a wrong password',
      [
        ['401 No', CHALLENGE],
        ['401 No', CHALLENGE],
      ],
      /refuses the user name and password/,
    ],
    ['no end of stale nonces', Array<RelayAnswer>(4).fill(['401 No', STALE]), /not content with any AUTH/],
    ['another error', [['403 Forbidden']], /answers AUTH with 403 Forbidden/],
    ['no Use-Path', [['200 OK']], /no Use-Path that can be read/],
    ['a bad Use-Path', [['200 OK', 'Use-Path: sip:relay']], /no Use-Path that can be read/],
  ])('rejects for %s, naming the relay', async (_name, answers, reason) => {
    const taken = open().take();
    const failed = expect(taken).rejects.toThrow(reason);
    const peer = await relay.peer();
    for (const answer of answers) await answerAuth(peer, answer);
    await failed;
    await expect(taken).rejects.toThrow(`The MSRP relay 127.0.0.1:${relay.uri.port} cannot be used: `);
  });

  it('rejects when it has no credentials for the challenge, and when no answer comes', async () => {
    const without = expect(open({ authorize: () => null }).take()).rejects.toThrow(
      'no password for what it asks',
    );
    await answerAuth(await relay.peer(), ['401 No', CHALLENGE]);
    await without;
    await expect(open({ authTimeoutMs: 50 }).take()).rejects.toThrow('does not answer AUTH');
  });

  it.each([
    ['Min-Expires: 7200', '7200'],
    ['Max-Expires: 60', '60'],
  ])('keeps to the bounds of a 423: %s (RFC 4976 §6.3)', async (header, expires) => {
    const taken = open().take();
    const peer = await relay.peer();
    await answerAuth(peer, ['423 Interval Out-of-Bounds', header]);
    expect(headerOf(await answerAuth(peer, granted('one')), 'Expires')).toBe(expires);
    await taken;
  });

  it('tells of a lost relay, comes back, and authenticates again', async () => {
    const client = open();
    client.start();
    const peer = await relay.peer();
    await answerAuth(peer, granted('before'));
    await client.take();
    peer.close();
    const again = await relay.peer();
    await expect.poll(() => problems.at(-1)).toMatch(/connection to it was lost/);
    await answerAuth(again, granted('after'));
    expect((await client.take()).usePath[0]?.sessionId).toBe('after');
    expect(problems.at(-1)).toBeNull();
  });

  describe('a session behind it', () => {
    const relayed = 'msrp://relay.test:2855/one;tcp msrp://127.0.0.1:7/psa;tcp';
    let sink: MemorySink;
    let events: MsrpReceiverEvent[];

    async function behind() {
      sink = new MemorySink();
      events = [];
      const receiver = new MsrpReceiver({
        localPath: newSessionUri('127.0.0.1', 9998),
        remotePath: [],
        acceptTypes: () => true,
        maxSize: null,
        open: () => sink,
        on: (event) => events.push(event),
      });
      const client = open({ lookup: (id) => (id === receiver.localUri.sessionId ? receiver : undefined) });
      const taken = client.take();
      const peer = await relay.peer();
      await answerAuth(peer, granted('one'));
      return { receiver, peer, route: await taken };
    }

    it('answers to the relay alone and reports to the complete From-Path (RFC 4975 §7.1.3, §7.2)', async () => {
      const { receiver, peer } = await behind();
      await answerAuth(peer, granted('two'));
      peer.write(
        sendText({ tid: 'tid1', to: receiver.localUri, from: relayed, body: 'hello', success: 'yes' }),
      );
      const response = await peer.next();
      expect(response).toMatchObject({ kind: 'response', response: { code: 200 } });
      if (response.kind === 'response') {
        expect(formatPath(response.response.toPath)).toBe('msrp://relay.test:2855/one;tcp');
      }
      const report = await peer.next();
      expect(report.kind === 'request' && formatPath(report.head.toPath)).toBe(relayed);
      expect(sink.bytes.toString()).toBe('hello');
    });

    it('fails when the relay goes', async () => {
      const { receiver, peer } = await behind();
      peer.write(
        sendText({
          tid: 'tid1',
          to: receiver.localUri,
          from: relayed,
          body: 'hel',
          range: '1-3/5',
          flag: '+',
        }),
      );
      await expect.poll(() => sink.bytes.toString()).toBe('hel');
      peer.close();
      await expect.poll(() => events.at(-1)?.kind).toBe('closed');
      expect(sink.abandoned).not.toBeNull();
    });

    it('binds as the active side with an empty SEND along the whole way', async () => {
      const { receiver, peer, route } = await behind();
      await answerAuth(peer, granted('two'));
      const remotePath = parsePath('msrp://127.0.0.1:7/psa;tcp') ?? [];
      bindThroughRelay(receiver, route.connection, route.usePath, remotePath);
      const sent = await peer.next();
      expect(sent.kind === 'request' && [sent.head.method, formatPath(sent.head.toPath), sent.body]).toEqual([
        'SEND',
        relayed,
        '',
      ]);
    });
  });
});
