import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BOB, PSA, SenderWorld } from '../sandbox/sender/test-sender-world.ts';
import { runPap } from './pap.ts';
import { runCli } from './program.ts';

describe('push from a shell, to terminals and with faults', () => {
  let world: SenderWorld;

  beforeEach(async () => {
    world = await SenderWorld.open();
  });

  afterEach(() => world.close());

  async function push(kind: string, ...rest: readonly string[]) {
    const streams = { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() };
    const base = [
      '--core',
      world.core.uri,
      '--as',
      PSA,
      '--auth',
      'psa:secret',
      '--to',
      BOB,
      '--app',
      'mms.ua',
    ];
    const code = await runCli(['push', kind, ...base, ...rest], streams);
    const text = (streams.output.read() as Buffer | null)?.toString() ?? '';
    const said = (streams.errors.read() as Buffer | null)?.toString() ?? '';
    const results = text.split('\n').filter(Boolean);
    return { code, said, results: results.map((line) => JSON.parse(line) as Record<string, unknown>) };
  }

  it('--all-terminals: each by its GRUU with a result of its own; --first: until one takes it', async () => {
    await world.add('desk');
    await world.add('phone', { content: { accept: ['image/*'] } });
    const all = await push('message', '--text', 'to each', '--all-terminals');
    expect(all.code).toBe(1);
    const gruus = [world.gruuOf('desk'), world.gruuOf('phone')];
    expect(all.results.map(({ to }) => to)).toEqual(expect.arrayContaining(gruus));
    expect(all.results.map(({ status }) => status).sort()).toEqual(['accepted', 'unsupported-type']);
    const first = await push('message', '--text', 'to one', '--first');
    expect(first.code).toBe(0);
    expect(first.results.at(-1)).toMatchObject({ to: world.gruuOf('desk'), status: 'accepted' });
    await expect.poll(() => world.of('desk', 'push')).toHaveLength(2);
  });

  it('--all-terminals where there are none says so', async () => {
    const { code, said } = await push('message', '--text', 'x', '--all-terminals');
    expect(code).toBe(1);
    expect(said).toContain(`The core knows no terminal of ${BOB} that serves mms.ua.`);
  });

  it('--by-reference, services, chunks, and a fault', async () => {
    await world.add('desk');
    const referred = await push('message', '--text', 'x', '--by-reference', '--icsi', 'urn:a:b');
    expect(referred).toMatchObject({ code: 0, results: [{ reason: 'accepted, content fetched' }] });
    const path = join(world.folder, 'file.bin');
    await writeFile(path, Buffer.alloc(10_000));
    const files = ['--chunk', '1000', '--window', '1', '--failure-report', 'partial', path];
    expect(await push('files', ...files)).toMatchObject({
      code: 0,
      results: [{ files: [{ chunksTotal: 10 }] }],
    });
    const wrong = await push('files', '--fault', 'wrong-hash', path);
    expect(wrong).toMatchObject({ code: 0 });
    await expect.poll(() => world.of('desk', 'file-failed')).toHaveLength(1);
  });

  it.each([
    ['message', ['--text', 'x', '--fault', 'bad-sdp'], '--fault bad-sdp: is for files'],
    ['message', ['--text', 'x', '--fault', 'rain'], 'must be one of wrong-hash'],
    ['message', ['--text', 'x', '--wait', '0'], '--wait 0: must be a whole number'],
    ['files', ['--failure-report', 'maybe', 'package.json'], 'must be yes, no or partial'],
    ['files', ['--relay', 'msrp://127.0.0.1;tcp', '--tls', 'package.json'], 'do not go together'],
  ])('push %s %j is a mistake in the call', async (kind, rest, complaint) => {
    const { code, said } = await push(kind, ...rest);
    expect(code).toBe(2);
    expect(said).toContain(complaint);
  });

  it('pap: listens, pushes, prints each end', async () => {
    await world.add('desk');
    const streams = { input: new PassThrough(), output: new PassThrough(), errors: new PassThrough() };
    const line = async () => JSON.parse(String((await once(streams.output, 'data'))[0])) as { pap: string };
    let stop = () => {};
    const stopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const options = {
      listen: '127.0.0.1:0',
      core: world.core.uri,
      as: PSA,
      app: 'mms.ua',
      auth: 'psa:secret',
    };
    const run = runPap(options, streams, stopped);
    const { pap } = await line();
    const control = `<pap><push-message push-id="1"><address address-value="${BOB}"/></push-message></pap>`;
    const ended = line();
    await fetch(pap, {
      method: 'POST',
      headers: { 'content-type': 'multipart/related; boundary=b' },
      body: `--b\r\nContent-Type: application/xml\r\n\r\n${control}\r\n--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b--\r\n`,
    });
    expect(await ended).toMatchObject({ event: 'delivered', push: '1', to: BOB, code: 1000 });
    stop();
    expect(await run).toBe(0);
  });
});
