import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseXmlDocument } from '../../sip/xml-document.ts';
import { readProfile } from '../profile.ts';
import { TestTerminal } from '../test-terminal.ts';
import { uaProfOf } from './uaprof.ts';
import { UaProfServer } from './uaprof-server.ts';

describe('the UAProf document', () => {
  const read = readProfile({
    name: 'desk',
    aor: 'sip:bob@push.test',
    core: 'sip:127.0.0.1',
    applications: ['mms.ua', 'urn:x-wap-application:<odd>'],
    content: { accept: ['text/*', 'image/png'] },
  });
  if (read.kind === 'bad') throw new Error(read.problems.join());
  const document = uaProfOf(read.profile);

  it('is RDF with the characteristics of push', () => {
    const parsed = parseXmlDocument(Buffer.from(document));
    if (parsed.kind === 'bad') throw new Error(parsed.reason);
    const items = (name: string) =>
      [...(parsed.root.getElementsByTagName(`prf:${name}`)[0]?.getElementsByTagName('rdf:li') ?? [])].map(
        (item) => item.textContent,
      );
    expect(parsed.root.nodeName).toBe('rdf:RDF');
    expect(items('Push-Accept')).toEqual(['text/*', 'image/png']);
    expect(items('Push-Accept-AppID')).toEqual(['x-wap-application:mms.ua', 'urn:x-wap-application:<odd>']);
    expect(items('Push-Accept-Encoding')).toEqual(['gzip', 'deflate', 'br']);
    expect(parsed.root.getElementsByTagName('prf:Push-MsgSize')[0]?.textContent).toBe('1048576');
  });

  describe('served', () => {
    let server: UaProfServer;

    beforeEach(async () => {
      server = await UaProfServer.open(
        '127.0.0.1:0',
        () => document,
        () => null,
      );
    });

    afterEach(() => server.close());

    it.each([
      ['GET', '', 200],
      ['HEAD', '', 200],
      ['GET', '?x=1', 200],
      ['POST', '', 405],
      ['DELETE', '', 405],
      ['GET', '/../../etc/passwd', 404],
    ])('%s %s: %i', async (method, more, code) => {
      const answer = await fetch(`${server.url}${more}`, { method });
      expect(answer.status).toBe(code);
      const text = await answer.text();
      if (code === 200) expect(answer.headers.get('content-type')).toMatch(/^application\/vnd\.wap\.uaprof/);
      expect(text).toBe(code === 200 && method === 'GET' ? document : '');
    });

    it('closes what is over the limit of connections', async () => {
      const { port } = new URL(server.url ?? '');
      const sockets = Array.from({ length: 40 }, () => connect(Number(port), '127.0.0.1'));
      let closed = 0;
      await new Promise<void>((resolve) => {
        for (const socket of sockets) {
          socket.on('error', () => {});
          socket.on('close', () => {
            closed += 1;
            if (closed === 8) resolve();
          });
        }
      });
      expect(closed).toBe(8);
      for (const socket of sockets) socket.destroy();
    });

    it('closes a client that never comes to the end of its request', async () => {
      const hasty = await UaProfServer.open(
        '127.0.0.1:0',
        () => document,
        () => null,
        250,
      );
      const { port } = new URL(hasty.url ?? '');
      const socket = connect(Number(port), '127.0.0.1');
      socket.on('error', () => {});
      socket.write('GET /uaprof.rdf HTTP/1.1\r\nX: ');
      const drip = setInterval(() => socket.write('x'), 50);
      await once(socket.resume(), 'close');
      clearInterval(drip);
      await hasty.close();
    });

    it('says no to a head that is too large', async () => {
      const { port } = new URL(server.url ?? '');
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(`GET /uaprof.rdf HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
      const [bytes] = await once(socket, 'data');
      expect(String(bytes)).toMatch(/^HTTP\/1\.1 431 /);
      socket.destroy();
    });

    it('a port that is taken is told in a sentence', async () => {
      const { port } = new URL(server.url ?? '');
      await expect(
        UaProfServer.open(
          `127.0.0.1:${port}`,
          () => '',
          () => null,
        ),
      ).rejects.toThrow(`The UAProf document cannot be served at 127.0.0.1:${port}`);
    });
  });

  it('on every address is linked by that of the flow, once there is one', async () => {
    let flow: string | null = null;
    const server = await UaProfServer.open(
      '0.0.0.0:0',
      () => document,
      () => flow,
    );
    expect(server.url).toBeNull();
    flow = '127.0.0.1';
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/uaprof\.rdf$/);
    await server.close();
  });

  it('of a terminal is linked in OPTIONS and PUBLISH, follows its applications, and ends with it', async () => {
    const test = await TestTerminal.open({ capabilities: { publish: true, serve: '127.0.0.1:0' } });
    const published = (await test.core.request('PUBLISH')).body.toString();
    const url = /<push:uaprof>([^<]*)</.exec(published)?.[1] ?? '';
    expect(await (await fetch(url)).text()).toContain('x-wap-application:wml.ua');
    test.terminal.adopt({ ...test.terminal.profile, applications: ['sync.ua'] });
    expect(await (await fetch(url)).text()).toContain('x-wap-application:sync.ua');
    await test.abandon();
    await expect(fetch(url)).rejects.toThrow();
  });
});
