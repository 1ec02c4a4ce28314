import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TerminalEvent } from '../../agent/events.ts';
import { readProfile } from '../../agent/profile.ts';
import type { Terminal } from '../../agent/terminal.ts';
import { Terminals } from '../../agent/terminals.ts';
import { SandboxCore } from '../core/core.ts';
import type { FilesRequest } from './files-request.ts';
import { PushSender } from './sender.ts';

const PICTURE = Buffer.alloc(3_000_000, 'ffd8ffe0', 'hex');

describe('sessions that change, from PushSender through the sandbox core to a terminal', () => {
  let folder: string;
  let core: SandboxCore;
  let terminals: Terminals;
  let terminal: Terminal;
  let sender: PushSender;
  let events: TerminalEvent[];
  let onEvent: (event: TerminalEvent) => void;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sender-'));
    await writeFile(join(folder, 'picture.jpg'), PICTURE);
    await writeFile(join(folder, 'notes.txt'), 'hello');
    await writeFile(join(folder, 'more.txt'), 'more');
    events = [];
    onEvent = () => {};
    const users = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));
    core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
    terminals = await Terminals.open({
      dataFolder: join(folder, 'data'),
      emit: (event) => {
        events.push(event);
        onEvent(event);
      },
    });
    const read = readProfile({
      name: 'desk',
      aor: 'sip:bob@push.test',
      core: core.uri,
      auth: { username: 'bob', password: 'secret' },
      files: { decide: 'accept' },
    });
    if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
    terminal = await terminals.add(read.profile);
    terminal.start();
    await expect.poll(() => terminal.registration.kind).toBe('registered');
    sender = await PushSender.open({
      core: core.uri,
      as: 'sip:psa@push.test',
      credentials: { username: 'psa', password: 'secret' },
      onResult: () => {},
    });
  });

  afterEach(async () => {
    await sender.close();
    await terminals.close();
    await core.close();
    await rm(folder, { recursive: true });
  });

  const path = (name: string) => ({ path: join(folder, name) });

  function push(names: readonly string[], more: Partial<FilesRequest> = {}) {
    const to = 'sip:bob@push.test';
    return sender.files({ to, application: 'mms.ua', files: names.map(path), report: true, ...more });
  }

  async function timeline(): Promise<readonly string[]> {
    const ended = events.find((event) => event.event === 'ended');
    const id = ended?.event === 'ended' ? ended.offer : '';
    return (await terminals.history.get(id))?.delivery.map(({ title, detail }) => `${title} ${detail}`) ?? [];
  }

  it('closes the m-line of each file that has ended while others go on (PSA-REL-04, X-33)', async () => {
    const result = await sender.settled(
      push(['notes.txt', 'picture.jpg'], { closeEach: true, chunkBytes: 2048 }).id,
    );
    expect(result).toMatchObject({
      state: 'delivered',
      files: [{ state: 'reported' }, { state: 'reported' }],
    });
    await expect.poll(() => events.some(({ event }) => event === 'ended')).toBe(true);
    expect(await timeline()).toContain('re-INVITE received files: 1 closed');
    expect(events.filter(({ event }) => event === 'file-failed')).toEqual([]);
  });

  it('adds a file to the session while another goes on', async () => {
    const { id } = push(['picture.jpg'], { chunkBytes: 2048 });
    await expect.poll(() => events.some(({ event }) => event === 'progress'), { interval: 5 }).toBe(true);
    await sender.add(id, [path('more.txt')]);
    const result = await sender.settled(id);
    expect(result).toMatchObject({
      state: 'delivered',
      files: [{ state: 'reported' }, { name: 'more.txt', state: 'reported' }],
    });
    const file = events.find((event) => event.event === 'file' && event.index === 1);
    expect(file?.event === 'file' && (await readFile(file.path, 'utf8'))).toBe('more');
    await expect(sender.add(id, [path('notes.txt')])).rejects.toThrow(/no such push|not open/);
  });

  it('lets the terminal stop one file and close its m-line; the other arrives (RFC 5547 §8.4)', async () => {
    await writeFile(join(folder, 'stopped.bin'), Buffer.alloc(20_000_000, 'stopped'));
    await writeFile(join(folder, 'large.bin'), Buffer.alloc(80_000_000, 'large'));
    // At once: a moment later a file may be whole.
    onEvent = (event) => {
      if (event.event === 'progress' && event.index === 0) {
        onEvent = () => {};
        terminal.abort(event.offer, 0);
      }
    };
    // Each chunk waits for its answer, so that the other file outlasts the second the sender has to close the m-line.
    const { id } = push(['stopped.bin', 'large.bin'], { chunkBytes: 2048, window: 1 });
    const result = await sender.settled(id);
    expect(result.files.map(({ state }) => state)).toEqual(['failed', 'reported']);
    await expect.poll(() => events.some(({ event }) => event === 'ended')).toBe(true);
    expect(await timeline()).toContain('re-INVITE sent port 0');
  }, 30_000);
});
