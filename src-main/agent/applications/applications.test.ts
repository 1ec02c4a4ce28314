import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { pushRequest } from '../../sip/test-core.ts';
import type { ProfileInput } from '../profile.ts';
import { connectTo, FOR_MMS, FROM_PSA, GRUU, TestTerminal } from '../test-terminal.ts';
import type { AppPermissions } from './handover.ts';

type Action = NonNullable<Handler['action']>;
type Handler = NonNullable<ProfileInput['handlers']>[number];
const FILE = { name: 'a.jpg', content: Buffer.alloc(10_000, 'ffd8ffe0', 'hex'), type: 'image/jpeg' };

describe('handing pushes to applications', () => {
  let test: TestTerminal | null = null;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'applications-'));
  });

  afterEach(async () => {
    await test?.close();
    test = null;
    await rm(folder, { recursive: true });
  });

  async function open(
    action: Action,
    allows: Partial<AppPermissions> = {},
    more: Partial<ProfileInput> = {},
  ): Promise<TestTerminal> {
    // The case of an identifier does not matter.
    const handlers = [{ application: 'MMS.ua', action }] as Handler[];
    test = await TestTerminal.open(
      { handlers, ...more },
      { allows: () => ({ commands: false, webhooks: false, ...allows }) },
    );
    return test;
  }

  async function pushText(opened: TestTerminal, body = 'hello', callId = 'c1'): Promise<void> {
    const headers = [FOR_MMS, FROM_PSA, 'Content-Type: text/plain'];
    opened.core.send(pushRequest('MESSAGE', { to: GRUU, branch: callId, callId, headers, body }));
    expect((await opened.core.response()).code).toBe(200);
  }

  it('saves a message to a folder, and says so in its timeline', async () => {
    const opened = await open({ kind: 'folder', folder: join(folder, 'in') });
    await pushText(opened);
    const handed = await opened.event('handed');
    expect(handed).toMatchObject({ application: 'mms.ua', action: 'folder', ok: true });
    expect(handed.detail).toBe(join(folder, 'in', 'hello.txt'));
    expect(await readFile(handed.detail, 'utf8')).toBe('hello');
    const record = await opened.history.get(handed.push);
    expect(record?.delivery.at(-1)).toMatchObject({ ok: true, title: 'Saved to folder', side: 'local' });
    expect(record).toMatchObject({ state: 'received', read: false });
  });

  it('copies a verified file, which stays where it is', async () => {
    const opened = await open({ kind: 'folder', folder }, {}, { files: { decide: 'accept' } });
    opened.invite([FILE]);
    const answer = await opened.core.response();
    const [file] = opened.acknowledge(answer, 1);
    const sender = await connectTo(file);
    await sender.send({
      contentType: 'image/jpeg',
      total: FILE.content.length,
      source: [FILE.content],
    });
    const handed = await opened.event('handed');
    expect(handed.detail).toBe(join(folder, 'a.jpg'));
    const kept = await opened.event('file');
    for (const path of [handed.detail, kept.path])
      expect((await readFile(path)).equals(FILE.content)).toBe(true);
    expect(
      (await opened.history.get(handed.push))?.delivery.some(
        ({ title, file: index }) => title === 'Saved to folder' && index === 0,
      ),
    ).toBe(true);
    sender.close();
    opened.inDialog('BYE', answer, 2);
    await opened.event('ended');
  });

  it('runs a command only where the app allows it', async () => {
    const action = {
      kind: 'command' as const,
      command: process.execPath,
      arguments: ['-p', '"{application}"'],
    } satisfies Action;
    const refused = await open(action);
    await pushText(refused);
    expect(await refused.event('handed')).toMatchObject({
      ok: false,
      title: 'Command not run',
      detail: 'Commands are turned off in the settings of this app.',
    });
    await refused.close();
    const allowed = await open(action, { commands: true });
    await pushText(allowed);
    expect(await allowed.event('handed')).toMatchObject({ ok: true, detail: 'mms.ua' });
  });

  it('posts to a webhook only where the app allows it', async () => {
    const bodies: string[] = [];
    const server = createServer(async (request, response) => {
      for await (const chunk of request) bodies.push(String(chunk));
      response.writeHead(204).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const action = {
      kind: 'webhook',
      url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    } as const;
    const refused = await open(action, { commands: true });
    await pushText(refused);
    expect(await refused.event('handed')).toMatchObject({ ok: false, title: 'Webhook not sent' });
    await refused.close();
    const allowed = await open(action, { webhooks: true });
    await pushText(allowed, 'to the hook');
    expect(await allowed.event('handed')).toMatchObject({ ok: true, title: 'Webhook answered 204' });
    expect(bodies).toEqual(['to the hook']);
    server.close();
  });

  it('marks a push as read that is for a notification only', async () => {
    const opened = await open({ kind: 'notify' });
    await pushText(opened);
    const { push } = await opened.event('handed');
    expect((await opened.history.get(push))?.read).toBe(true);
  });

  it('hands nothing over before a waiting push is allowed', async () => {
    const rules = [{ decide: 'ask' as const }];
    const opened = await open({ kind: 'folder', folder }, {}, { trust: { rules } });
    await pushText(opened);
    const { push } = await opened.event('asks');
    expect(opened.events.some(({ event }) => event === 'handed')).toBe(false);
    await opened.terminal.allow(push);
    expect(await opened.event('handed')).toMatchObject({ push, ok: true });
  });

  it('closing finishes the copies that wait', async () => {
    const opened = await open({ kind: 'folder', folder });
    for (let index = 0; index < 20; index += 1) await pushText(opened, `text ${index}`, `call-${index}`);
    await opened.close();
    test = null;
    const files = Array.from({ length: 20 }, (_, index) => `text ${index}.txt`);
    expect(new Set(await readdir(folder))).toEqual(new Set(files));
    expect(opened.events.filter(({ event }) => event === 'handed')).toHaveLength(20);
  });

  it('closing stops what runs', async () => {
    const command = {
      kind: 'command' as const,
      command: process.execPath,
      arguments: ['-e', 'setInterval(() => {}, 1e3)'],
    };
    const opened = await open(command, { commands: true });
    await pushText(opened);
    await opened.event('push');
    const begun = Date.now();
    await opened.close();
    test = null;
    expect(Date.now() - begun).toBeLessThan(3000);
    expect(await opened.event('handed')).toMatchObject({ ok: false });
  });
});
