import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import type { TerminalEvent } from '../../src-main/agent/events.ts';
import { type ProfileInput, readProfile } from '../../src-main/agent/profile.ts';
import type { Terminal } from '../../src-main/agent/terminal.ts';
import { Terminals } from '../../src-main/agent/terminals.ts';
import type { PushResult } from '../../src-main/sandbox/sender/results.ts';
import { PushSender } from '../../src-main/sandbox/sender/sender.ts';

/** Terminals of Bob in this process, with history and files of their own, and a sender on some core. */
export class World {
  readonly folder: string;
  readonly terminals: Terminals;
  readonly events: TerminalEvent[];
  #sender: PushSender | null = null;

  private constructor(folder: string, terminals: Terminals, events: TerminalEvent[]) {
    this.folder = folder;
    this.terminals = terminals;
    this.events = events;
  }

  static async open(): Promise<World> {
    const folder = await mkdtemp(join(tmpdir(), 'push-terminal-interop-'));
    const events: TerminalEvent[] = [];
    const terminals = await Terminals.open({
      dataFolder: join(folder, 'data'),
      emit: (event) => events.push(event),
    });
    return new World(folder, terminals, events);
  }

  /** A sender; as a notifier it registers and takes subscriptions. */
  async connectSender(core: string, notifier = false): Promise<PushSender> {
    this.#sender = await PushSender.open({
      core,
      as: 'sip:psa@push.test',
      credentials: { username: 'psa', password: 'secret' },
      onResult: () => {},
      notifier,
    });
    return this.#sender;
  }

  /** Adds a terminal, and waits until it is registered. */
  async register(
    name: string,
    core: string | string[],
    settings: Partial<ProfileInput> = {},
  ): Promise<Terminal> {
    const read = readProfile({
      name,
      aor: 'sip:bob@push.test',
      core,
      auth: { username: 'bob', password: 'secret' },
      files: { decide: 'accept' },
      ...settings,
    });
    if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
    const terminal = await this.terminals.add(read.profile);
    terminal.start();
    await expect.poll(() => terminal.registration.kind, { timeout: 60_000 }).toBe('registered');
    return terminal;
  }

  /** Pushes a text and waits for its end. */
  async message(to: string, text: string): Promise<PushResult> {
    if (this.#sender === null) throw new Error('There is no sender.');
    const push = this.#sender.message({
      to,
      application: 'mms.ua',
      contentType: 'text/plain',
      body: Buffer.from(text),
    });
    return this.#sender.settled(push.id);
  }

  /** Names of the terminals that took a push, one entry for each push. */
  get taken(): readonly string[] {
    return this.events.flatMap((event) => (event.event === 'push' ? [event.terminal] : []));
  }

  async close(): Promise<void> {
    await this.#sender?.close();
    await this.terminals.close();
    await rm(this.folder, { recursive: true });
  }
}
