import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SandboxCore } from '../sandbox/core/core.ts';
import { runCore } from './core.ts';
import { runCli } from './program.ts';

class TestStreams {
  readonly input = new PassThrough();
  readonly output = new PassThrough();
  readonly errors = new PassThrough();
  #out = '';
  #err = '';

  constructor() {
    this.output.on('data', (bytes: Buffer) => {
      this.#out += bytes.toString();
    });
    this.errors.on('data', (bytes: Buffer) => {
      this.#err += bytes.toString();
    });
  }

  get text(): string {
    return this.#out;
  }

  get said(): string {
    return this.#err;
  }

  get lines(): readonly Record<string, unknown>[] {
    return this.#out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  }

  command(value: unknown): void {
    this.input.write(`${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
  }

  /** The first printed event with this name, waiting for it. */
  async event(name: string): Promise<Record<string, unknown>> {
    await expect
      .poll(() => this.lines.some((line) => line['event'] === name), { timeout: 10_000 })
      .toBe(true);
    return this.lines.find((line) => line['event'] === name) ?? {};
  }
}

describe('push-terminal', () => {
  let folder: string;
  let core: SandboxCore;
  let streams: TestStreams;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cli-'));
    const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
    core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
    streams = new TestStreams();
  });

  afterEach(async () => {
    await core.close();
    await rm(folder, { recursive: true });
  });

  async function profile(settings: object = {}): Promise<string> {
    const path = join(folder, 'bob.json');
    const value = {
      name: 'bob',
      aor: 'sip:bob@push.test',
      core: core.uri,
      auth: { username: 'bob', password: 'secret' },
      ...settings,
    };
    await writeFile(path, JSON.stringify(value));
    return path;
  }

  const pushArgs = (kind: string, ...rest: readonly string[]) => [
    'push',
    kind,
    '--core',
    core.uri,
    '--as',
    'sip:psa@push.test',
    '--auth',
    'psa:secret',
    '--to',
    'sip:bob@push.test',
    '--app',
    'mms.ua',
    ...rest,
  ];

  it('push files --tls: to a terminal that takes MSRP over TLS', async () => {
    const settings = { msrp: { tls: true }, files: { decide: 'accept' } };
    const run = runCli(
      ['headless', '--profile', await profile(settings), '--data', join(folder, 'data')],
      streams,
    );
    await streams.event('registered');
    const file = join(folder, 'notes.txt');
    await writeFile(file, 'notes');
    const sender = new TestStreams();
    expect(await runCli(pushArgs('files', file, '--report', '--tls'), sender)).toBe(0);
    expect(await runCli(pushArgs('files', file), sender)).toBe(1);
    expect(sender.lines.map((line) => line['code'])).toEqual([200, 488]);
    streams.command({ do: 'quit' });
    expect(await run).toBe(0);
  });

  it('push notify: to a terminal that subscribes by a command, direct and by reference', async () => {
    const content = { indirection: 'allow', allowHttp: true, allowPrivateAddresses: true };
    const path = await profile({ content });
    const run = runCli(['headless', '--profile', path, '--data', join(folder, 'data')], streams);
    await streams.event('registered');
    const sender = new TestStreams();
    const pushed = runCli(pushArgs('notify', '--text', 'hello', '--wait', '20'), sender);
    const target = 'sip:psa@push.test';
    const isThere = () => core.bindings().some(({ aor }) => aor === target);
    await expect.poll(isThere).toBe(true);
    streams.command({ do: 'subscribe', terminal: 'bob', target, application: 'mms.ua' });
    expect(await pushed).toBe(0);
    expect(sender.lines).toEqual([
      expect.objectContaining({ method: 'NOTIFY', state: 'delivered', code: 200 }),
    ]);
    expect(await streams.event('subscribed')).toMatchObject({ target, package: 'ua-profile' });
    expect(await streams.event('push')).toMatchObject({ method: 'NOTIFY', bytes: 5 });
    const { subscription } = await streams.event('subscription');
    streams.command({ do: 'unsubscribe', subscription });
    streams.command({ do: 'unsubscribe', subscription: 'none' });
    expect(await streams.event('error')).toMatchObject({ message: 'There is no subscription none.' });
    await expect.poll(isThere).toBe(false);
    const again = runCli(pushArgs('notify', '--text', 'elsewhere', '--by-reference', '--wait', '20'), sender);
    await expect.poll(isThere).toBe(true);
    streams.command({ do: 'subscribe', terminal: 'bob', target, application: 'mms.ua' });
    expect(await again).toBe(0);
    expect(sender.lines.at(-1)).toMatchObject({ reason: 'accepted, content fetched' });
    streams.command({ do: 'quit' });
    expect(await run).toBe(0);
  });

  it('push refer and push options: a terminal asked to subscribe, accepted and declined by command', async () => {
    const run = runCli(['headless', '--profile', await profile(), '--data', join(folder, 'data')], streams);
    await streams.event('registered');
    const sender = new TestStreams();
    const first = runCli(pushArgs('refer', '--wait', '20'), sender);
    const { refer } = await streams.event('refer');
    streams.command({ do: 'accept', refer, files: [0] });
    expect(await streams.event('error')).toMatchObject({
      message: expect.stringContaining('needs offer and files, or refer'),
    });
    streams.command({ do: 'accept', refer });
    expect(await first).toBe(0);
    expect(sender.lines).toEqual([
      expect.objectContaining({
        method: 'REFER',
        state: 'delivered',
        code: 200,
        label: 'subscribe to sip:psa@push.test',
      }),
    ]);
    expect(await streams.event('refer-ended')).toMatchObject({ refer, code: 200 });
    expect(await streams.event('subscribed')).toMatchObject({ target: 'sip:psa@push.test' });

    const second = runCli(pushArgs('refer', '--wait', '20'), sender);
    const isNext = () => streams.lines.filter((line) => line['event'] === 'refer').length;
    await expect.poll(isNext).toBe(2);
    const next = streams.lines.findLast((line) => line['event'] === 'refer')?.['refer'];
    streams.command({ do: 'decline', refer: next });
    expect(await second).toBe(1);
    expect(sender.lines.at(-1)).toMatchObject({ state: 'rejected', code: 603 });

    expect(await runCli(pushArgs('options'), sender)).toBe(0);
    expect(sender.lines.at(-1)).toMatchObject({
      method: 'OPTIONS',
      capabilities: { applications: ['mms.ua', 'wml.ua'], files: { transport: 'TCP/MSRP' } },
    });
    expect(await runCli(pushArgs('refer', '--target', 'nowhere'), sender)).toBe(2);
    streams.command({ do: 'quit' });
    expect(await run).toBe(0);
  });

  it('headless: registers, takes a push, accepts an offer by command, de-registers on quit', async () => {
    const run = runCli(['headless', '--profile', await profile(), '--data', join(folder, 'data')], streams);
    expect(await streams.event('registered')).toMatchObject({ terminal: 'bob', expires: 3600 });
    const sender = new TestStreams();
    expect(await runCli(pushArgs('message', '--text', 'hello'), sender)).toBe(0);
    expect(sender.lines).toEqual([expect.objectContaining({ state: 'delivered', code: 200 })]);
    expect(await streams.event('push')).toMatchObject({ contentType: 'text/plain', bytes: 5 });
    const file = join(folder, 'notes.txt');
    await writeFile(file, 'notes');
    const sent = runCli(pushArgs('files', file, '--report', '--cpim'), sender);
    const offer = await streams.event('offer');
    streams.command({ do: 'accept', offer: offer['offer'], files: [0] });
    expect(await sent).toBe(0);
    expect(await streams.event('file')).toMatchObject({ name: 'notes.txt', verified: true });
    await streams.event('ended');
    streams.command({ do: 'quit' });
    expect(await run).toBe(0);
    await streams.event('unregistered');
    const names = new Set(streams.lines.map((line) => line['event']));
    expect(
      [...names].filter((name) => ['registration', 'push-changed', 'delivery'].includes(String(name))),
    ).toEqual([]);
    expect(streams.lines.every((line) => typeof line['at'] === 'string' && 'terminal' in line)).toBe(true);
    expect(core.bindings()).toEqual([]);
  });

  it.each([
    [[], false, 'Command not run'],
    [['--allow-commands'], true, 'Command ended with 0'],
    [['--allow-webhooks'], false, 'Command not run'],
  ] as const)('headless %j: a command runs: %s', async (flags, ok, title) => {
    const action = { kind: 'command', command: process.execPath, arguments: ['-p', '6 * 7'] };
    const path = await profile({ handlers: [{ application: 'mms.ua', action }] });
    const run = runCli(['headless', '--profile', path, ...flags], streams);
    await streams.event('registered');
    expect(await runCli(pushArgs('message', '--text', 'hello'), new TestStreams())).toBe(0);
    const { push } = await streams.event('push');
    expect(await streams.event('handed')).toMatchObject({
      push,
      application: 'mms.ua',
      action: 'command',
      ok,
      title,
    });
    streams.command({ do: 'quit' });
    expect(await run).toBe(0);
  });

  it('headless: the trace goes to a file while it runs, and that of one push to another by command', async () => {
    const live = join(folder, 'live.pcapng');
    const run = runCli(['headless', '--profile', await profile(), '--trace', live], streams);
    await streams.event('registered');
    await expect.poll(async () => (await stat(live)).size, { timeout: 10_000 }).toBeGreaterThan(1_000);
    expect(await runCli(pushArgs('message', '--text', 'traced'), new TestStreams())).toBe(0);
    const { push } = await streams.event('push');
    const path = join(folder, 'push.jsonl');
    streams.command({ do: 'export', path, push });
    expect(await streams.event('exported')).toMatchObject({
      path,
      format: 'jsonl',
      records: 2,
      terminal: 'bob',
    });
    const records = (await readFile(path, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(records.map(({ title }: { title: string }) => title.split(' ')[0])).toEqual(['MESSAGE', '200']);
    streams.command({ do: 'export', path: join(folder, 'trace.doc') });
    expect(await streams.event('error')).toMatchObject({ message: expect.stringContaining('.pcapng') });
    streams.command({ do: 'quit' });
    expect(await run).toBe(0);
    const bytes = await readFile(live, 'latin1');
    expect(bytes).toContain('MESSAGE sip:');
    expect(bytes).not.toMatch(/response="[0-9a-f]/);
  });

  it('headless: a trace that cannot be written is a mistake in the call', async () => {
    for (const [path, complaint] of [
      [join(folder, 'trace.doc'), '.pcapng'],
      [join(folder, 'missing', 'trace.txt'), 'ENOENT'],
    ] as const) {
      const own = new TestStreams();
      expect(await runCli(['headless', '--profile', await profile(), '--trace', path], own)).toBe(2);
      expect(own.said).toContain(complaint);
    }
  });

  it('headless: a line that is no command is an error event, and the run goes on', async () => {
    const run = runCli(['headless', '--profile', await profile()], streams);
    await streams.event('registered');
    for (const line of [
      'nonsense',
      { do: 'dance' },
      { do: 'accept', offer: 'x', files: [0] },
      { do: 'unregister', terminal: 'carol' },
    ]) {
      streams.command(line);
    }
    await expect.poll(() => streams.lines.filter((line) => line['event'] === 'error')).toHaveLength(4);
    streams.input.end();
    expect(await run).toBe(0);
    expect(streams.said).toMatch(/History and files go to/);
  });

  it('push: exits 1 when one recipient did not accept', async () => {
    expect(await runCli(pushArgs('message', '--to', 'sip:nobody@push.test', '--text', 'x'), streams)).toBe(1);
    expect(streams.lines.map((line) => line['code']).sort()).toEqual([404, 480]);
  });

  it.each([
    ['no sub-command it knows', ['dance'], /unknown command/],
    ['a missing option', ['push', 'message', '--text', 'x'], /required option/],
    [
      'two contents',
      [
        'push',
        'message',
        '--core',
        'x',
        '--as',
        'x',
        '--to',
        'x',
        '--app',
        'x',
        '--text',
        'a',
        '--body',
        'b',
      ],
      /not both/,
    ],
    ['a listen address without port', ['core', '--listen', 'localhost', '--domain', 'd'], /HOST:PORT/],
    ['an unknown transport', ['core', '--listen', 'sctp:[::1]:0', '--domain', 'd'], /sctp.*wants HOST:PORT/],
    ['TLS without a certificate', ['core', '--listen', 'wss:[::1]:0', '--domain', 'd'], /needs --cert FILE/],
    [
      'a user without password',
      ['core', '--listen', '127.0.0.1:0', '--domain', 'd', '--user', 'bob'],
      /NAME:PASSWORD/,
    ],
    ['a profile that is not there', ['headless', '--profile', '/nowhere/x.json'], /x\.json/],
  ])('exits 2 for %s', async (_name, args, message) => {
    expect(await runCli(args, streams)).toBe(2);
    expect(streams.said).toMatch(message);
  });

  it.each([
    ['no content', ['message'], /--text or --body/],
    ['a recipient that is no address', ['message', '--to', 'bob', '--text', 'x'], /--to bob: must be/],
    ['a file that is not there', ['files', '/nowhere/x.bin'], /x\.bin: there is no such file/],
  ])('push exits 2 for %s', async (_name, [kind = '', ...rest], message) => {
    expect(await runCli(pushArgs(kind, ...rest), streams)).toBe(2);
    expect(streams.said).toMatch(message);
  });

  it('exits 2 and lists what is wrong in a profile', async () => {
    expect(await runCli(['headless', '--profile', await profile({ colour: 'red' })], streams)).toBe(2);
    expect(streams.said).toMatch(/bob\.json: .*colour/);
  });

  it.each([
    ['--keep-pushes', '0'],
    ['--keep-days', 'week'],
    ['--keep-bytes', '1.5'],
  ])('says what is wrong with %s %s', async (option, value) => {
    expect(await runCli(['headless', '--profile', await profile(), option, value], streams)).toBe(2);
    expect(streams.said).toContain(`${option} takes a number of`);
  });

  it('exits 1 with a sentence when the core is not there', async () => {
    await core.close();
    expect(await runCli(pushArgs('message', '--text', 'x'), streams)).toBe(1);
    expect(streams.said).toMatch(/cannot be reached/);
    core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users: [] });
  });

  it('core: says where it listens and who registers, and warns beyond loopback', async () => {
    const stop = new Promise<void>((resolve) => streams.input.once('end', resolve).resume());
    const options = { listen: ['127.0.0.1:0'], domain: 'push.test', user: ['bob:secret'] };
    const run = runCore(options, streams, stop);
    const { core: first, uris, domain: shown } = await streams.event('listening');
    const port = /:(\d+);/.exec(String(first))?.[1];
    expect([shown, uris]).toEqual([
      'push.test',
      [`sip:127.0.0.1:${port};transport=tcp`, `sip:127.0.0.1:${port};transport=udp`],
    ]);
    streams.input.end();
    expect(await run).toBe(0);
    const warned = new TestStreams();
    await runCore({ ...options, listen: ['0.0.0.0:0'] }, warned, Promise.resolve());
    expect(warned.said).toMatch(/reached from the network/);
  });

  it('core: runs an MSRP relay, and takes only a user as application server', async () => {
    const stop = new Promise<void>((resolve) => streams.input.once('end', resolve).resume());
    const options = { listen: ['127.0.0.1:0'], domain: 'push.test', user: ['psa:secret'] };
    const run = runCore(
      { ...options, relay: '127.0.0.1:0', applicationServer: 'sip:psa@push.test' },
      streams,
      stop,
    );
    expect((await streams.event('listening'))['relay']).toMatch(/^msrp:\/\/127\.0\.0\.1:\d+;tcp$/);
    streams.input.end();
    expect(await run).toBe(0);
    for (const applicationServer of ['sip:eve@push.test', 'sip:psa@other.test', 'psa']) {
      await expect(runCore({ ...options, applicationServer }, streams, stop)).rejects.toThrow(
        /wants the address of one/,
      );
    }
    await expect(runCore({ ...options, relay: 'ws:127.0.0.1:0' }, streams, stop)).rejects.toThrow(
      /wants HOST:PORT/,
    );
  });

  it('core: says so where the port is taken', async () => {
    const taken = /:(\d+);/.exec(core.uri)?.[1];
    expect(await runCli(['core', '--listen', `127.0.0.1:${taken}`, '--domain', 'push.test'], streams)).toBe(
      1,
    );
    expect(streams.said).toMatch(/cannot listen on 127\.0\.0\.1:\d+: .*in use/);
  });

  it('demo: all of it holds', async () => {
    expect(await runCli(['demo'], streams)).toBe(0);
    expect(streams.text.match(/^✓/gm)).toHaveLength(10);
    expect(streams.text).toMatch(/All of it held\.\n$/);
  });

  it('help says what there is', async () => {
    expect(await runCli(['--help'], streams)).toBe(0);
    expect(streams.text).toMatch(/headless[\s\S]*push[\s\S]*core[\s\S]*demo/);
  });
});
