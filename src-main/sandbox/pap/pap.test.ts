import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mangled } from '../../content/test-random.ts';
import { BOB, SenderWorld } from '../sender/test-sender-world.ts';
import { sipAddressOf } from './pap-address.ts';
import { PapGateway, SESSION_BYTES } from './pap-gateway.ts';
import { readPap } from './pap-message.ts';
import { MAX_PAP_BYTES, PapServer } from './pap-server.ts';

const DOCTYPE =
  '<!DOCTYPE pap PUBLIC "-//WAPFORUM//DTD PAP 2.0//EN" "http://www.wapforum.org/DTD/pap_2.0.dtd">';
const pap = (message: string): string => `<?xml version="1.0"?>\r\n${DOCTYPE}\r\n<pap>${message}</pap>`;
const pushOf = (id: string, to: string, more = ''): string =>
  pap(
    `<push-message push-id="${id}" progress-notes-requested="true"${more}><address address-value="${to}"/></push-message>`,
  );

describe('PAP, from a push initiator to real terminals', () => {
  let world: SenderWorld;
  let gateway: PapGateway;
  let server: PapServer;
  let initiator: Server;
  let notified: string[];
  let notifyUrl: string;

  beforeEach(async () => {
    world = await SenderWorld.open();
    gateway = new PapGateway({ sender: world.sender, domain: 'push.test' });
    server = await PapServer.open({ host: '127.0.0.1', port: 0, application: 'mms.ua', gateway });
    notified = [];
    initiator = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        notified.push(body);
        response.end();
      });
    });
    await new Promise<void>((resolve) => initiator.listen(0, '127.0.0.1', resolve));
    notifyUrl = `http://127.0.0.1:${(initiator.address() as AddressInfo).port}/told`;
  });

  afterEach(async () => {
    await server.close();
    await gateway.close();
    initiator.closeAllConnections();
    initiator.close();
    await world.close();
  });

  async function post(body: string | Buffer, type = 'application/xml'): Promise<string> {
    const response = await fetch(server.url, {
      method: 'POST',
      headers: { 'content-type': type },
      body: new Uint8Array(Buffer.from(body)),
    });
    expect(response.status).toBe(202);
    return response.text();
  }

  function push(control: string, content: string, headers = 'Content-Type: text/plain'): Promise<string> {
    const parts = [
      `--cut\r\nContent-Type: application/xml\r\n\r\n${control}\r\n`,
      `--cut\r\n${headers}\r\n\r\n${content}\r\n`,
      '--cut--\r\n',
    ];
    return post(parts.join(''), 'multipart/related; boundary=cut; type="application/xml"');
  }

  const query = (id: string) => post(pap(`<statusquery-message push-id="${id}"/>`));

  it('a push-message reaches the terminal, its result is told and can be asked for', async () => {
    await world.add('desk');
    const answer = await push(
      pushOf('p1', 'WAPPUSH=bob%40push.test/TYPE=USER@ppg.test', ` ppg-notify-requested-to="${notifyUrl}"`),
      'hello from PAP',
      'Content-Type: text/plain\r\nX-Wap-Application-Id: x-wap-application:mms.ua',
    );
    expect(answer).toContain('<push-response push-id="p1"');
    expect(answer).toContain('<response-result code="1001" desc="Accepted for Processing"/>');
    expect(answer).toContain('<progress-note stage="accepted"');
    await expect.poll(() => notified).toHaveLength(1);
    expect(notified[0]).toMatch(
      /<resultnotification-message push-id="p1" .*message-state="delivered" code="1000"/,
    );
    expect(notified[0]).toContain('address-value="WAPPUSH=bob%40push.test/TYPE=USER@ppg.test"');
    await expect.poll(() => world.of('desk', 'push')).toHaveLength(1);
    expect(await query('p1')).toMatch(/message-state="delivered" code="1000"/);
    expect(await push(pushOf('p1', BOB), 'again')).toContain('code="2007"');
  });

  it('content of any size: by reference, then by a session', async () => {
    await world.add('desk');
    await push(pushOf('reference', BOB), 'x'.repeat(5_000));
    await push(pushOf('session', BOB), 'x'.repeat(SESSION_BYTES + 1));
    await expect.poll(() => query('reference')).toContain('message-state="delivered"');
    await expect.poll(() => query('session')).toContain('message-state="delivered"');
    await expect
      .poll(() => [world.of('desk', 'push').length, world.of('desk', 'file').length])
      .toEqual([1, 1]);
  });

  it('what is refused, and where nobody is, has the code of it', async () => {
    await world.add('desk', { content: { accept: ['image/*'] } });
    await push(pushOf('type', BOB), 'text');
    await push(pushOf('nobody', 'sip:nobody@push.test'), 'text');
    await expect.poll(() => query('type')).toMatch(/message-state="rejected" code="2005"/);
    await expect.poll(() => query('nobody')).toMatch(/message-state="undeliverable" code="2003"/);
    expect(await query('unknown')).toMatch(/message-state="unknown" code="2004"/);
    expect(await push(pushOf('address', 'WAPPUSH=1.2.3.4/TYPE=IPV4@ppg.test'), 'x')).toContain('code="2002"');
  });

  it('a push that waits for its time is cancelled, one that is gone is not; one too late expires', async () => {
    await world.add('desk');
    const cancel = (id: string) => post(pap(`<cancel-message push-id="${id}"/>`));
    await push(pushOf('later', BOB, ' deliver-after-timestamp="2999-01-01T00:00:00Z"'), 'later');
    expect(await query('later')).toContain('message-state="pending"');
    expect(await cancel('later')).toMatch(/<cancel-result code="1000" desc="OK"><address/);
    expect(await query('later')).toContain('message-state="cancelled"');
    await push(pushOf('now', BOB), 'now');
    await expect.poll(() => query('now')).toContain('message-state="delivered"');
    expect(await cancel('now')).toContain('code="2008"');
    expect(await cancel('nothing')).toContain('code="2004"');
    await push(pushOf('late', BOB, ' deliver-before-timestamp="2001-01-01T00:00:00Z"'), 'late');
    await expect.poll(() => query('late')).toContain('message-state="expired"');
    // The terminal tells of a push once its content has a file, which is after its 200.
    await expect.poll(() => world.of('desk', 'push')).toHaveLength(1);
  });

  it.each([
    ['<pap', 2000],
    [pap(''), 2000],
    [pap('<push-message push-id="x"/>'), 2000],
    [pap('<ccq-message query-id="1"><address address-value="x"/></ccq-message>'), 3001],
    [pushOf('x', BOB, ' deliver-after-timestamp="soon"'), 2000],
    [pushOf('x', BOB, ' ppg-notify-requested-to="file:///etc/passwd"'), 2000],
    [`<!DOCTYPE pap [<!ENTITY a "b">]><pap>&a;</pap>`, 2000],
  ])('%s is a bad message, %i', async (body, code) => {
    expect(await post(body)).toMatch(new RegExp(`<badmessage-response code="${code}"`));
  });

  it('what is no PAP gets a code of HTTP', async () => {
    const statusOf = async (init: RequestInit) => (await fetch(server.url, init)).status;
    expect(await statusOf({ method: 'GET' })).toBe(405);
    expect(await statusOf({ method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' })).toBe(
      415,
    );
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    socket.on('error', () => {});
    const answer = new Promise<string>((resolve) => socket.once('data', (data) => resolve(data.toString())));
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${MAX_PAP_BYTES * 2}\r\n\r\n`);
    socket.write(Buffer.alloc(MAX_PAP_BYTES + 1));
    expect(await answer).toMatch(/^HTTP\/1\.1 413/);
    socket.destroy();
  });
});

describe('addresses of PAP', () => {
  it.each([
    ['sip:bob@push.test;gr=urn:uuid:1', 'sip:bob@push.test;gr=urn:uuid:1'],
    ['WAPPUSH=bob/TYPE=USER@ppg.test', 'sip:bob@push.test'],
    ['wappush=bob%40other.test/type=user', 'sip:bob@other.test'],
    ['WAPPUSH=+4912345/TYPE=PLMN@ppg.test', 'sip:+4912345@push.test;user=phone'],
    ['WAPPUSH=%/TYPE=USER', null],
    ['WAPPUSH=me/TYPE=PLMN', null],
    ['WAPPUSH=1.2.3.4/TYPE=IPV4@ppg.test', null],
    ['sip:', null],
    ['bob', null],
  ])('%s', (address, uri) => {
    expect(sipAddressOf(address, 'push.test')).toBe(uri);
  });
});

describe('reading PAP', () => {
  it('never fails on what is broken', () => {
    const whole = Buffer.from(pushOf('p', BOB, ' deliver-after-timestamp="2026-11-21T12:00:00Z"'));
    for (const bytes of mangled([whole], 3_000, 7)) {
      expect(['bad', 'push-message', 'cancel-message', 'statusquery-message']).toContain(readPap(bytes).kind);
    }
  });
});
