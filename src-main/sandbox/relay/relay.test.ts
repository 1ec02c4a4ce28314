import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RequestHead } from '../../msrp/message.ts';
import { RawPeer, sendText } from '../../msrp/test-peer.ts';
import { answerChallenge, parseChallenges } from '../../sip/digest.ts';
import { MsrpRelay, type MsrpRelayOptions } from './relay.ts';

const OPTIONS: MsrpRelayOptions = {
  host: '127.0.0.1',
  port: 0,
  realm: 'push.test',
  users: [{ name: 'bob', password: 'secret' }],
};
const BOB = 'msrp://127.0.0.1:7777/bob;tcp';
const ALICE = 'msrp://127.0.0.1:9999/alice;tcp';

let relay: MsrpRelay;
let peers: RawPeer[];

beforeEach(async () => {
  peers = [];
  relay = await MsrpRelay.open(OPTIONS);
});
afterEach(async () => {
  for (const peer of peers) peer.close();
  await relay.close();
});

describe('AUTH', () => {
  it('is challenged with qop auth alone, then granted a URI that cannot be guessed', async () => {
    const peer = await connected();
    peer.write(auth('a001'));
    const challenge = await response(peer);
    expect(challenge.code).toBe(401);
    const values = challenge.headers
      .filter(({ name }) => name === 'WWW-Authenticate')
      .map(({ value }) => value);
    expect(values.map((value) => /qop="auth"/.test(value))).toEqual([true, true]);
    const { usePath, headers } = await granted(peer);
    expect(usePath).toMatch(/^msrp:\/\/127\.0\.0\.1:\d+\/[\w-]{24};tcp$/);
    expect(headers).toMatchObject({ Expires: '600' });
    expect(headers['Authentication-Info']).toMatch(
      /^rspauth="[0-9a-f]+", cnonce=".+", nc=00000001, qop=auth$/,
    );
  });

  it.each([
    ['10', 'Min-Expires', '60'],
    ['1000000', 'Max-Expires', '86400'],
  ])('for %s seconds is refused with %s', async (expires, name, value) => {
    const peer = await connected();
    const { code, headers } = await authenticated(peer, 'secret', expires);
    expect(code).toBe(423);
    expect(headers[name]).toBe(value);
  });

  it('with a wrong password again and again ends the connection', async () => {
    const peer = await connected();
    expect((await authenticated(peer, 'wrong')).code).toBe(401);
    expect((await authenticated(peer, 'wrong')).code).toBe(401);
    peer.write(auth('a001'));
    expect((await response(peer)).code).toBe(401);
    expect((await peer.next()).kind).toBe('closed');
  });

  it('through another relay is refused', async () => {
    const peer = await connected();
    peer.write(
      `MSRP a001 AUTH\r\nTo-Path: ${relay.uri} msrp://other.test:2855;tcp\r\nFrom-Path: ${BOB}\r\n-------a001$\r\n`,
    );
    expect((await response(peer)).code).toBe(403);
  });
});

describe('SEND to a client', () => {
  it('is answered at once and forwarded with the relay moved from one path to the other', async () => {
    const { bob, usePath } = await withBob();
    const alice = await connected();
    alice.write(
      sendText({ tid: 'send0001', to: `${usePath} ${BOB}`, from: ALICE, range: '1-5/5', body: 'hello' }),
    );
    expect(await alice.said()).toBe('200 send0001');
    const { head, body, flag } = await request(bob);
    expect(body + flag).toBe('hello$');
    expect(head.transactionId).not.toBe('send0001');
    expect(pathsOf(head)).toEqual([BOB, `${usePath} ${ALICE}`]);
    expect(head.headers.map(({ name, value }) => `${name}: ${value}`).slice(2)).toEqual([
      'Message-ID: message1',
      'Byte-Range: 1-5/5',
      'Content-Type: text/plain',
    ]);
  });

  it('of any size comes in pieces whose bytes are those that were sent', async () => {
    const { bob, usePath } = await withBob();
    const alice = await connected();
    const content = Buffer.alloc(300_000, 'somewhat more than four pieces ').toString();
    alice.write(
      sendText({ tid: 'send0001', to: `${usePath} ${BOB}`, from: ALICE, range: '1-*/300000', body: content }),
    );
    expect(await alice.said()).toBe('200 send0001');
    const ranges: (string | undefined)[] = [];
    const hash = createHash('sha1');
    for (let flag = '+'; flag === '+'; ) {
      const piece = await request(bob);
      flag = piece.flag;
      ranges.push(piece.head.headers.find(({ name }) => name === 'Byte-Range')?.value);
      hash.update(piece.body, 'latin1');
      bob.write(answerTo(piece.head, 200));
    }
    expect(hash.digest('hex')).toBe(createHash('sha1').update(content).digest('hex'));
    expect([ranges[0], ranges.at(-1)]).toEqual(['1-65536/300000', '262145-300000/300000']);
  });

  it('that the client refuses is reported to its sender', async () => {
    const { bob, usePath } = await withBob();
    const alice = await connected();
    alice.write(
      sendText({ tid: 'send0001', to: `${usePath} ${BOB}`, from: ALICE, range: '1-5/5', body: 'hello' }),
    );
    await alice.next();
    bob.write(answerTo((await request(bob)).head, 413));
    const { head } = await request(alice);
    expect([head.method, head.messageId, head.status?.code, head.byteRange]).toEqual([
      'REPORT',
      'message1',
      413,
      { start: 1, end: 5, total: 5 },
    ]);
    expect(pathsOf(head)).toEqual([ALICE, usePath]);
  });

  it.each([
    ['no', false],
    ['partial', true],
  ])('with Failure-Report %s gets no 200, and a report of a refusal: %s', async (failure, isReported) => {
    const { bob, usePath } = await withBob();
    const alice = await connected();
    const fields = { to: `${usePath} ${BOB}`, from: ALICE, body: 'x' };
    alice.write(sendText({ ...fields, tid: 'send0001', failure, id: 'quiet001' }));
    bob.write(answerTo((await request(bob)).head, 415));
    alice.write(sendText({ ...fields, tid: 'send0002', id: 'loud0001' }));
    expect(await alice.said()).toBe(isReported ? 'REPORT quiet001 1-1/* 415' : '200 send0002');
  });

  it('whose client is silent is reported with 408', async () => {
    await relay.close();
    relay = await MsrpRelay.open({ ...OPTIONS, answerTimeoutMs: 50 });
    const { usePath } = await withBob();
    const alice = await connected();
    alice.write(
      sendText({ tid: 'send0001', to: `${usePath} ${BOB}`, from: ALICE, range: '1-1/1', body: 'x' }),
    );
    await alice.next();
    expect(await alice.said()).toBe('REPORT message1 1-1/1 408');
  });

  it('whose client has gone is answered 481, for its URI went with it', async () => {
    const { bob, usePath } = await withBob();
    const alice = await connected();
    alice.write(
      sendText({ tid: 'send0001', to: `${usePath} ${BOB}`, from: ALICE, range: '1-1/1', body: 'x' }),
    );
    expect(await alice.said()).toBe('200 send0001');
    bob.close();
    expect(await alice.said()).toBe('REPORT message1 1-1/1 408');
    alice.write(sendText({ tid: 'send0002', to: `${usePath} ${BOB}`, from: ALICE, body: 'x' }));
    expect(await alice.said()).toBe('481 send0002');
  });
});

describe('what a client sends', () => {
  it('goes back over the connection its peer came by, REPORT too', async () => {
    const { bob, usePath } = await withBob();
    const alice = await connected();
    alice.write(
      sendText({
        tid: 'send0001',
        to: `${usePath} ${BOB}`,
        from: ALICE,
        range: '1-1/1',
        body: 'x',
        success: 'yes',
      }),
    );
    await alice.next();
    await bob.next();
    bob.write(
      `MSRP report01 REPORT\r\nTo-Path: ${usePath} ${ALICE}\r\nFrom-Path: ${BOB}\r\nMessage-ID: message1\r\nByte-Range: 1-1/1\r\nStatus: 000 200 OK\r\n-------report01$\r\n`,
    );
    expect(await alice.said()).toBe('REPORT message1 1-1/1 200');
  });

  it('to a peer nobody can reach is reported with 408', async () => {
    const { bob, usePath } = await withBob();
    const nobody = 'msrp://127.0.0.1:1/nobody;tcp';
    bob.write(
      sendText({ tid: 'send0001', to: `${usePath} ${nobody}`, from: BOB, range: '1-1/1', body: 'x' }),
    );
    const said = new Set([await bob.said(), await bob.said()]);
    expect(said).toEqual(new Set(['200 send0001', 'REPORT message1 1-1/1 408']));
  });

  it('may not leave loopback where the relay listens there', async () => {
    const { bob, usePath } = await withBob();
    bob.write(
      sendText({
        tid: 'send0001',
        to: `${usePath} msrp://192.0.2.1:2855/x;tcp`,
        from: BOB,
        range: '1-1/1',
        body: 'x',
      }),
    );
    const said = new Set([await bob.said(), await bob.said()]);
    expect(said).toEqual(new Set(['200 send0001', 'REPORT message1 1-1/1 408']));
  });

  it('to a client of the same relay goes through both URIs', async () => {
    const { bob, usePath } = await withBob();
    const other = await connected();
    const { usePath: others } = await granted(other);
    other.write(sendText({ tid: 'send0001', to: `${others} ${usePath} ${BOB}`, from: ALICE, body: 'hello' }));
    const { head, body } = await request(bob);
    expect(body).toBe('hello');
    expect(pathsOf(head)).toEqual([BOB, `${usePath} ${others} ${ALICE}`]);
  });
});

describe('a stranger', () => {
  it.each([
    ['a URI of nobody', () => `${relay.uri.replace(';', '/guess;')} ${BOB}`, '481 send0001'],
    ['a path that ends here', () => relay.uri.replace(';', '/guess;'), '481 send0001'],
    ['another address', () => `msrp://127.0.0.1:1/x;tcp ${BOB}`, 'closed'],
  ])('who sends to %s is turned away', async (_what, to, said) => {
    const peer = await connected();
    peer.write(sendText({ tid: 'send0001', to: to(), body: 'x' }));
    expect(await peer.said()).toBe(said);
  });

  it('who says nothing good is closed', async () => {
    await relay.close();
    relay = await MsrpRelay.open({ ...OPTIONS, probationMs: 50 });
    const peer = await connected();
    expect((await peer.next()).kind).toBe('closed');
  });

  it('who speaks no MSRP is closed, and others stay', async () => {
    const { bob, usePath } = await withBob();
    const socket = connect(relay.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.write('GET / HTTP/1.1\r\n\r\n');
    await new Promise((resolve) => socket.once('close', resolve));
    const alice = await connected();
    alice.write(sendText({ tid: 'send0001', to: `${usePath} ${BOB}`, from: ALICE, body: 'x' }));
    expect((await request(bob)).body).toBe('x');
  });
});

async function connected(): Promise<RawPeer> {
  const peer = await RawPeer.connect(relay.port);
  peers.push(peer);
  return peer;
}

async function withBob(): Promise<{ readonly bob: RawPeer; readonly usePath: string }> {
  const bob = await connected();
  return { bob, usePath: (await granted(bob)).usePath };
}

function auth(tid: string, headers = ''): string {
  return `MSRP ${tid} AUTH\r\nTo-Path: ${relay.uri}\r\nFrom-Path: ${BOB}\r\n${headers}-------${tid}$\r\n`;
}

async function response(peer: RawPeer) {
  const received = await peer.next();
  if (received.kind !== 'response') throw new Error(`${received.kind} instead of a response`);
  return received.response;
}

async function request(peer: RawPeer) {
  const received = await peer.next();
  if (received.kind !== 'request') throw new Error(`${received.kind} instead of a request`);
  return received;
}

async function authenticated(peer: RawPeer, password: string, expires = '600') {
  peer.write(auth('a001'));
  const challenge = await response(peer);
  const values = challenge.headers
    .filter(({ name }) => name === 'WWW-Authenticate')
    .map(({ value }) => value);
  const [first] = parseChallenges(values);
  if (first === undefined) throw new Error('no challenge');
  const answer = answerChallenge(first, {
    username: 'bob',
    password,
    method: 'AUTH',
    uri: relay.uri,
    body: '',
  });
  peer.write(auth('a002', `Expires: ${expires}\r\nAuthorization: ${answer}\r\n`));
  const { code, headers } = await response(peer);
  return { code, headers: Object.fromEntries(headers.map(({ name, value }) => [name, value])) };
}

async function granted(peer: RawPeer) {
  const { headers } = await authenticated(peer, 'secret');
  return { usePath: headers['Use-Path'] ?? '', headers };
}

function pathsOf(head: RequestHead): readonly (string | undefined)[] {
  return ['To-Path', 'From-Path'].map((wanted) => head.headers.find(({ name }) => name === wanted)?.value);
}

function answerTo(head: RequestHead, code: number): string {
  const [to, from] = pathsOf(head);
  const back = from?.split(' ')[0];
  return `MSRP ${head.transactionId} ${code}\r\nTo-Path: ${back}\r\nFrom-Path: ${to}\r\n-------${head.transactionId}$\r\n`;
}
