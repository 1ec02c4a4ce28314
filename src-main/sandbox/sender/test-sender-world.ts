import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { TerminalEvent } from '../../agent/events.ts';
import { type ProfileInput, readProfile } from '../../agent/profile.ts';
import type { Terminal } from '../../agent/terminal.ts';
import { Terminals } from '../../agent/terminals.ts';
import { SandboxCore, type SandboxCoreOptions } from '../core/core.ts';
import type { PushResult } from './results.ts';
import { PushSender } from './sender.ts';

export const BOB = 'sip:bob@push.test';
export const PSA = 'sip:psa@push.test';
const USERS = ['bob', 'psa'].map((name) => ({ name, password: 'secret' }));

/** A core, a sender as an application server of it, and terminals of Bob that take every file. */
export class SenderWorld {
  readonly folder: string;
  readonly core: SandboxCore;
  readonly sender: PushSender;
  readonly terminals: Terminals;
  readonly events: TerminalEvent[];
  readonly results: PushResult[];

  private constructor(parts: Omit<SenderWorld, 'add' | 'gruuOf' | 'of' | 'close'>) {
    this.folder = parts.folder;
    this.core = parts.core;
    this.sender = parts.sender;
    this.terminals = parts.terminals;
    this.events = parts.events;
    this.results = parts.results;
  }

  static async open(core: Partial<SandboxCoreOptions> = {}): Promise<SenderWorld> {
    const folder = await mkdtemp(join(tmpdir(), 'sender-world-'));
    const [events, results]: [TerminalEvent[], PushResult[]] = [[], []];
    const opened = await SandboxCore.open({
      host: '127.0.0.1',
      port: 0,
      domain: 'push.test',
      users: USERS,
      allowAnySender: true,
      registrationFilter: { server: PSA },
      ...core,
    });
    const terminals = await Terminals.open({
      dataFolder: join(folder, 'data'),
      emit: (event) => events.push(event),
    });
    const sender = await PushSender.open({
      core: opened.uri,
      as: PSA,
      credentials: { username: 'psa', password: 'secret' },
      onResult: (result) => results.push(result),
      notifier: true,
    });
    return new SenderWorld({ folder, core: opened, sender, terminals, events, results });
  }

  /** A terminal of Bob that is registered. */
  async add(name: string, settings: Partial<ProfileInput> = {}): Promise<Terminal> {
    const read = readProfile({
      name,
      aor: BOB,
      core: this.core.uri,
      auth: { username: 'bob', password: 'secret' },
      files: { decide: 'accept' },
      trust: { senders: [PSA] },
      content: { indirection: 'allow', allowHttp: true, allowPrivateAddresses: true },
      ...settings,
    });
    if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
    const terminal = await this.terminals.add(read.profile);
    terminal.start();
    await expect.poll(() => terminal.registration.kind).toBe('registered');
    return terminal;
  }

  gruuOf(name: string): string {
    const state = this.terminals.get(name)?.registration;
    if (state?.kind !== 'registered' || state.pubGruu === null) throw new Error('no GRUU');
    return state.pubGruu;
  }

  of(name: string, event: TerminalEvent['event']): readonly TerminalEvent[] {
    return this.events.filter((one) => one.terminal === name && one.event === event);
  }

  async close(): Promise<void> {
    await this.sender.close();
    await this.terminals.close();
    await this.core.close();
    await rm(this.folder, { recursive: true });
  }
}
