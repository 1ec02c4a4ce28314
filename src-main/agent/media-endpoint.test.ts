import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { fingerprintOf } from '../msrp/fingerprint.ts';
import { type MsrpIdentity, newIdentity } from '../msrp/identity.ts';
import { MsrpListener } from '../msrp/listener.ts';
import { MsrpSender } from '../msrp/sender.ts';
import { CERTIFICATE, KEY } from '../msrp/test-certificate.ts';
import { sendText } from '../msrp/test-peer.ts';
import { answerAuth, headerOf, TestRelay } from '../msrp/test-relay.ts';
import { formatPath, formatUri, parsePath, parseUri } from '../msrp/uri.ts';
import { parseAnswer } from '../sdp/answer.ts';
import { digestResponse, parseCredentials } from '../sip/digest.ts';
import type { SipResponse } from '../sip/message.ts';
import type { ProfileInput } from './profile.ts';
import { connectTo, offerOf, TestTerminal } from './test-terminal.ts';

const NOTES = { name: 'notes.txt', content: Buffer.from('hello'), type: 'text/plain' };
const psa = newIdentity('127.0.0.1');
const other = newIdentity('127.0.0.1');
const closers: (() => Promise<void> | void)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function open(msrp: ProfileInput['msrp'], settings: Partial<ProfileInput> = {}): Promise<TestTerminal> {
  const test = await TestTerminal.open({ files: { decide: 'accept' }, msrp, ...settings });
  closers.push(() => test.close());
  return test;
}

/** Offers the notes and waits for the 200. */
async function offered(test: TestTerminal, sdp: string): Promise<SipResponse> {
  test.invite([], { sdp });
  const answer = await test.core.response();
  expect(answer.code).toBe(200);
  return answer;
}

function send(sender: MsrpSender) {
  closers.push(() => sender.close());
  return sender.send({ contentType: 'text/plain', total: 5, source: [NOTES.content] });
}

async function received(test: TestTerminal): Promise<string> {
  return readFile((await test.event('file')).path, 'utf8');
}

/** A listener of the sender, over TLS with an identity, and the session the terminal is to connect to. */
async function passiveSender(identity?: MsrpIdentity) {
  const listener = await MsrpListener.open({
    host: '127.0.0.1',
    port: 0,
    ...(identity === undefined ? {} : { tls: identity }),
  });
  const localPath = parseUri(
    `${identity === undefined ? 'msrp' : 'msrps'}://127.0.0.1:${listener.port}/passive0;tcp`,
  );
  if (localPath === null) throw new Error('no URI');
  closers.push(() => listener.close());
  return {
    port: listener.port,
    /** Sends once the terminal has connected to it. */
    serve: async (answer: ReturnType<TestTerminal['acknowledge']>) => {
      const [file] = answer;
      if (file?.kind !== 'accepted') throw new Error('declined');
      const sender = new MsrpSender({
        localPath,
        remotePath: parsePath(file.path.join(' ')) ?? [],
        peerFingerprints: file.fingerprints,
        successReport: true,
      });
      listener.register('passive0', sender);
      await sender.bound(5000);
      return send(sender);
    },
  };
}

const passive = (sdp: string) => sdp.replace('a=setup:actpass', 'a=setup:passive');

describe('MSRP over TLS (RFC 4975 §14.4)', () => {
  it('offers its own certificate by fingerprint, and takes a file', async () => {
    const test = await open({ tls: true });
    const answer = await offered(test, offerOf([NOTES], { port: 9, fingerprint: psa.fingerprint }));
    expect(answer.body.toString()).toMatch(
      /m=message \d+ TCP\/TLS\/MSRP \*\r\na=setup:passive\r\na=fingerprint:sha-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}\r\n/,
    );
    const [file] = test.acknowledge(answer, 1, true);
    expect(file?.kind === 'accepted' && file.path[0]).toMatch(/^msrps:/);
    expect((await send(await connectTo(file, { tls: psa }))).kind).toBe('delivered');
    expect(await received(test)).toBe('hello');
  });

  it('takes a file that a re-INVITE adds, over TLS too, and not one that comes without (RFC 5547 §8)', async () => {
    const test = await open({ tls: true });
    const secure = { port: 9, fingerprint: psa.fingerprint };
    const sdp = offerOf([NOTES], secure);
    const answer = await offered(test, sdp);
    test.acknowledge(answer, 1, true);
    const more = { name: 'more.txt', content: Buffer.from('more'), type: 'text/plain' };
    const media = (text: string) => text.slice(text.indexOf('m='));
    const added = sdp + media(offerOf([more], secure)) + media(offerOf([{ ...more, name: 'plain.txt' }]));
    test.inDialog('INVITE', answer, 2, { sdp: added });
    const changed = await test.core.response();
    test.inDialog('ACK', answer, 2);
    const taken = parseAnswer(changed.body.toString(), 3, true);
    expect(taken?.map(({ kind }) => kind)).toEqual(['accepted', 'accepted', 'declined']);
    const sender = await connectTo(taken?.[1], { tls: psa });
    closers.push(() => sender.close());
    const outcome = await sender.send({ contentType: 'text/plain', total: 4, source: [more.content] });
    expect(outcome.kind).toBe('delivered');
    expect(await test.event('file')).toMatchObject({ index: 1, name: 'more.txt', verified: true });
  });

  it('drops whoever has another certificate than the offer names', async () => {
    const test = await open({ tls: true });
    const answer = await offered(test, offerOf([NOTES], { port: 9, fingerprint: psa.fingerprint }));
    const [file] = test.acknowledge(answer, 1, true);
    expect((await send(await connectTo(file, { tls: other }))).kind).toBe('closed');
    expect((await test.event('file-failed')).reason).toMatch(/another certificate/);
  });

  it('uses the certificate of the profile, which has to be whole', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'media-'));
    closers.push(() => rm(folder, { recursive: true }));
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    await Promise.all([writeFile(cert, CERTIFICATE), writeFile(key, KEY)]);
    const test = await open({ tls: true }, { tls: { cert, key } });
    const answer = await offered(test, offerOf([NOTES], { port: 9, fingerprint: psa.fingerprint }));
    expect(answer.body.toString()).toContain(`a=fingerprint:${fingerprintOf(CERTIFICATE)}\r\n`);
    await expect(open({ tls: true }, { tls: { cert } })).rejects.toThrow('both tls.cert and tls.key');
    await expect(open({ tls: true }, { tls: { cert, key: cert } })).rejects.toThrow(
      'no certificate and its key',
    );
  });

  it.each([
    [true, undefined, /over TLS only/],
    [false, psa.fingerprint, /no files over TLS/],
  ])('with msrp.tls %s refuses an offer of the other kind with 488', async (tls, fingerprint, reason) => {
    const test = await open({ tls });
    test.invite([], {
      sdp: offerOf([NOTES], { port: 9, ...(fingerprint === undefined ? {} : { fingerprint }) }),
    });
    const refusal = await test.core.response();
    expect([refusal.code, refusal.header('Warning')]).toEqual([488, expect.stringMatching(reason)]);
    expect((await test.event('refused')).reason).toMatch(reason);
  });

  it('takes the m-lines it can of an offer with both', async () => {
    const test = await open({ tls: true });
    const mixed = offerOf([NOTES, NOTES], { port: 9, fingerprint: psa.fingerprint }).replace(
      'TCP/TLS/MSRP',
      'TCP/MSRP',
    );
    const answer = await offered(test, mixed);
    expect(answer.body.toString()).toMatch(/m=message 0 TCP\/MSRP[\s\S]*m=message [1-9]\d* TCP\/TLS\/MSRP/);
    expect((await test.event('offer')).files.map(({ index }) => index)).toEqual([1]);
  });
});

describe('the active side (X-26)', () => {
  it.each([
    ['TCP', undefined],
    ['TLS', psa],
  ])(
    'connects over %s to a sender that is passive, and binds with an empty SEND',
    async (_name, identity) => {
      const test = await open({ tls: identity !== undefined });
      const sender = await passiveSender(identity);
      const fingerprint = identity === undefined ? {} : { fingerprint: identity.fingerprint };
      const sdp = passive(offerOf([NOTES], { port: sender.port, sessionId: 'passive', ...fingerprint }));
      const answer = await offered(test, sdp);
      expect(answer.body.toString()).toContain('a=setup:active\r\n');
      const outcome = await sender.serve(test.acknowledge(answer, 1, identity !== undefined));
      expect(outcome.kind).toBe('delivered');
      expect(await received(test)).toBe('hello');
    },
  );

  it('tears down at once when the server is not the one of the offer', async () => {
    const test = await open({ tls: true });
    const sender = await passiveSender(other);
    await offered(test, passive(offerOf([NOTES], { port: sender.port, fingerprint: psa.fingerprint })));
    expect((await test.event('file-failed')).reason).toMatch(/does not match the fingerprint/);
  });

  it.each([
    ['nobody listens', (sdp: string) => sdp, /port 9: connect ECONNREFUSED/],
    [
      'its address is one no peer has',
      (sdp: string) => sdp.replace('127.0.0.1:9/', '169.254.169.254:80/'),
      /none of its addresses may be connected to/,
    ],
    ['its path is of the other kind', (sdp: string) => sdp.replace('msrp://', 'msrps://'), /path is msrps/],
  ])('listens on when %s, and the sender may still come (X-26)', async (_name, change, reason) => {
    const test = await open({});
    const answer = await offered(test, change(passive(offerOf([NOTES]))));
    const failed = await test.event('delivery', ({ entry }) => entry.title === 'MSRP not connected');
    expect(failed.entry.detail).toMatch(reason);
    const [file] = test.acknowledge(answer, 1);
    expect((await send(await connectTo(file))).kind).toBe('delivered');
    expect(await received(test)).toBe('hello');
  });
});

describe('who connects where the sender leaves it to us (X-26)', () => {
  const elsewhere = (sdp: string) => sdp.replaceAll('msrp://127.0.0.1', 'msrp://192.0.2.1');
  const actpass = (sdp: string) => sdp.replaceAll(/(m=message[^\r]*\r\n)/g, '$1a=setup:actpass\r\n');

  it.each([
    ['auto, both on loopback', { setup: 'auto' }, (sdp: string) => sdp, 'passive'],
    ['auto, we on loopback and the sender elsewhere', { setup: 'auto' }, elsewhere, 'active'],
    ['auto, behind an address of a NAT', { setup: 'auto', advertise: '192.0.2.7' }, elsewhere, 'passive'],
    ['active', { setup: 'active' }, (sdp: string) => sdp, 'active'],
    ['passive', { setup: 'passive' }, elsewhere, 'passive'],
  ] as const)('%s', async (_name, msrp, change, role) => {
    const test = await open(msrp);
    const answer = await offered(test, change(actpass(withoutSetup(offerOf([NOTES])))));
    expect(answer.body.toString()).toContain(`a=setup:${role}\r\n`);
    const { record } = await test.event('push-changed', ({ record: { state } }) => state === 'receiving');
    expect(record.body).toMatchObject({ files: [{ session: { setup: role } }] });
  });

  it('is reached by no one, and so connects to a sender that offers actpass', async () => {
    const test = await open({ setup: 'active' });
    const sender = await passiveSender();
    const offer = offerOf([NOTES], { port: sender.port, sessionId: 'passive' });
    const answer = await offered(test, actpass(withoutSetup(offer)));
    expect((await sender.serve(test.acknowledge(answer, 1))).kind).toBe('delivered');
    expect(await received(test)).toBe('hello');
  });

  it('leaves an offer of active as it must be', async () => {
    const test = await open({ setup: 'active' });
    const offer = withoutSetup(offerOf([NOTES])).replace(/(m=message[^\r]*\r\n)/, '$1a=setup:active\r\n');
    expect((await offered(test, offer)).body.toString()).toContain('a=setup:passive\r\n');
  });

  function withoutSetup(sdp: string): string {
    return sdp.replaceAll(/a=setup:\w+\r\n/g, '');
  }
});

describe('where sessions are', () => {
  it('advertises another host than the one listened on', async () => {
    const test = await open({ advertise: 'nat.push.test' });
    const answer = (await offered(test, offerOf([NOTES]))).body.toString();
    expect(answer).toMatch(/c=IN IP4 nat\.push\.test\r\n/);
    expect(answer).toMatch(/a=path:msrp:\/\/nat\.push\.test:\d+\//);
    expect(test.terminal.msrp.host).toBe('nat.push.test');
  });

  it('takes the first free port of a range, or says which was full', async () => {
    const taken = await MsrpListener.open({ host: '127.0.0.1', port: 0 });
    closers.push(() => taken.close());
    const test = await open({ port: `${taken.port}-${Math.min(taken.port + 9, 65_535)}` });
    expect(test.terminal.msrp.port).toBeGreaterThan(taken.port);
    const full = `${taken.port}-${taken.port}`;
    await expect(open({ port: full })).rejects.toThrow(`MSRP cannot listen on 127.0.0.1:${full}: `);
  });
});

describe('behind an MSRP relay (RFC 4976)', () => {
  const auth = { username: 'bob', password: 'secret' };
  const challenge = 'WWW-Authenticate: Digest realm="relay.test", nonce="n1", qop="auth"';
  const use = 'Use-Path: msrp://in.relay.test:2855/a;tcp msrp://out.relay.test:2856/b;tcp';

  async function behindRelay() {
    const relay = await TestRelay.open();
    closers.push(() => relay.close());
    const test = await open({ relay: formatUri(relay.uri) }, { auth });
    const peer = await relay.peer();
    await answerAuth(peer, ['401 Unauthorized', challenge]);
    const head = await answerAuth(peer, ['200 OK', use, 'Expires: 600']);
    return { test, peer, authorization: headerOf(head, 'Authorization') ?? '', relay };
  }

  it('authenticates by digest over the URI of the relay', async () => {
    const { authorization, relay } = await behindRelay();
    const used = parseCredentials(authorization);
    expect(used).toMatchObject({ username: 'bob', realm: 'relay.test', qop: 'auth', nc: '00000001' });
    const request = {
      username: 'bob',
      password: 'secret',
      method: 'AUTH',
      uri: formatUri(relay.uri),
      body: '',
    };
    expect(used?.response).toBe(used && digestResponse({ ...used, ...request }));
  });

  it('answers with the path through it, and takes what comes that way', async () => {
    const { test, peer } = await behindRelay();
    const sdp = (await offered(test, offerOf([NOTES]))).body.toString();
    const [, path = ''] = /a=path:(.*)\r\n/.exec(sdp) ?? [];
    expect(path).toMatch(
      /^msrp:\/\/out\.relay\.test:2856\/b;tcp msrp:\/\/in\.relay\.test:2855\/a;tcp msrp:\/\/127/,
    );
    expect(sdp).toMatch(/c=IN IP4 out\.relay\.test\r\n[\s\S]*m=message 2856 TCP\/MSRP/);
    const own = path.split(' ').at(-1) ?? '';
    peer.write(sendText({ tid: 'tid1', to: own, from: path, body: 'hello' }));
    expect(await received(test)).toBe('hello');
  });

  it('as the active side sends an empty SEND along the whole way', async () => {
    const { test, peer } = await behindRelay();
    const sdp = (await offered(test, passive(offerOf([NOTES])))).body.toString();
    expect(sdp).toContain('a=setup:active\r\n');
    const heads = [await peer.next(), await peer.next()].flatMap((one) =>
      one.kind === 'request' ? [one.head] : [],
    );
    const sent = heads.find(({ method }) => method === 'SEND');
    expect(formatPath(sent?.toPath ?? [])).toBe(
      'msrp://in.relay.test:2855/a;tcp msrp://out.relay.test:2856/b;tcp msrp://127.0.0.1:9/sender0;tcp',
    );
  });

  it('says so when the relay cannot be used, and answers 500', async () => {
    const { test, relay, peer } = await behindRelay();
    relay.close();
    peer.close();
    expect((await test.event('error')).message).toMatch(/^The MSRP relay 127\.0\.0\.1:\d+ cannot be used: /);
    test.invite([NOTES]);
    expect((await test.core.response()).code).toBe(500);
  });

  it.each<[string, Partial<ProfileInput>, RegExp]>([
    ['msrp://127.0.0.1:1;tcp', {}, /msrp\.relay needs auth with a username and a password/],
    ['msrp://127.0.0.1;tcp', { auth }, /msrp\.relay msrp:\/\/127\.0\.0\.1;tcp is no MSRP URI/],
  ])('%s with %j is refused at the start', async (relay, settings, reason) => {
    await expect(open({ relay }, settings)).rejects.toThrow(reason);
  });
});
