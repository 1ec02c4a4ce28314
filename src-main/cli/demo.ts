import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TerminalEvent } from '../agent/events.ts';
import { readProfile } from '../agent/profile.ts';
import type { Terminal } from '../agent/terminal.ts';
import { Terminals } from '../agent/terminals.ts';
import { SandboxCore } from '../sandbox/core/core.ts';
import { PushSender } from '../sandbox/sender/sender.ts';
import type { Streams } from './streams.ts';

/** How long any one thing of the story may take. */
const STEP_TIMEOUT_MS = 15_000;
const POLL_MS = 10;
const FILE_BYTES = 2_000_000;
const BOB = 'sip:bob@push.test';
const PASSWORD = 'demo';

/**
 * Plays the whole story on the console: a core, two terminals of one user, a message to both, a file to one of them
 * by its GRUU, reports on both sides, an untrusted sender refused, and everybody leaves. Answers 0 only if all held.
 */
export async function runDemo(streams: Streams): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'push-terminal-demo-'));
  const say = (text: string) => streams.output.write(`${text}\n`);
  const demo = await Demo.open(folder, say);
  try {
    await demo.play();
    say('All of it held.');
    return 0;
  } catch (error) {
    say(`✗ ${error instanceof Error ? error.message : String(error)}`);
    return 1;
  } finally {
    await demo.close();
    await rm(folder, { recursive: true, force: true });
  }
}

type Stage = {
  readonly core: SandboxCore;
  readonly terminals: Terminals;
  readonly events: readonly TerminalEvent[];
};

class Demo {
  readonly #folder: string;
  readonly #say: (text: string) => void;
  readonly #stage: Stage;

  private constructor(folder: string, say: (text: string) => void, stage: Stage) {
    this.#folder = folder;
    this.#say = say;
    this.#stage = stage;
  }

  static async open(folder: string, say: (text: string) => void): Promise<Demo> {
    const users = ['bob', 'psa', 'mallory'].map((name) => ({ name, password: PASSWORD }));
    const core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
    const events: TerminalEvent[] = [];
    const terminals = await Terminals.open({
      dataFolder: join(folder, 'data'),
      emit: (event) => events.push(event),
    });
    return new Demo(folder, say, { core, terminals, events });
  }

  async play(): Promise<void> {
    const { core } = this.#stage;
    this.#done(`The sandbox core listens on ${core.uri}`);
    const desk = await this.#register('desk');
    const phone = await this.#register('phone');
    if (desk.gruu === phone.gruu) throw new Error('Both terminals have the same GRUU.');
    const sender = await this.#sender('psa');
    try {
      await this.#messageToBoth(sender);
      await this.#fileToOne(sender, desk);
    } finally {
      await sender.close();
    }
    await this.#strangerRefused(desk.gruu);
    await this.#everybodyLeaves();
  }

  async close(): Promise<void> {
    await this.#stage.terminals.close();
    await this.#stage.core.close();
  }

  async #register(name: string): Promise<{ readonly terminal: Terminal; readonly gruu: string }> {
    const read = readProfile({
      name,
      aor: BOB,
      core: this.#stage.core.uri,
      auth: { username: 'bob', password: PASSWORD },
      trust: { senders: ['sip:psa@push.test'] },
    });
    if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
    const terminal = await this.#stage.terminals.add(read.profile);
    terminal.start();
    const { pubGruu } = await this.#event(name, 'registered');
    if (pubGruu === null) throw new Error(`${name} got no GRUU.`);
    this.#done(`${name} registered as ${BOB}, GRUU …${pubGruu.slice(-12)}`);
    return { terminal, gruu: pubGruu };
  }

  #sender(user: string): Promise<PushSender> {
    return PushSender.open({
      core: this.#stage.core.uri,
      as: `sip:${user}@push.test`,
      credentials: { username: user, password: PASSWORD },
      onResult: () => {},
    });
  }

  async #messageToBoth(sender: PushSender): Promise<void> {
    const body = Buffer.from('Your parcel arrives today');
    const pushed = sender.message({ to: BOB, application: 'mms.ua', contentType: 'text/plain', body });
    const result = await within('the answer to the message', sender.settled(pushed.id));
    if (result.code !== 200) throw new Error(`The message was answered ${result.code}.`);
    for (const name of ['desk', 'phone']) {
      const push = await this.#event(name, 'push');
      const kept = push.path === null ? null : await readFile(push.path);
      if (kept === null || !kept.equals(body))
        throw new Error(`${name} did not keep the message as it was sent.`);
    }
    this.#done(`A MESSAGE to ${BOB} reached both terminals: 200 OK in ${result.milliseconds} ms`);
  }

  async #fileToOne(sender: PushSender, desk: { terminal: Terminal; gruu: string }): Promise<void> {
    const path = join(this.#folder, 'firmware.img');
    const content = Buffer.alloc(FILE_BYTES, 'firmware ');
    await writeFile(path, content);
    const files = [{ path }];
    const pushed = sender.files({ to: desk.gruu, application: 'mms.ua', files, report: true });
    const offer = await this.#event('desk', 'offer');
    this.#done(`An offer of ${offer.files[0]?.name} came to desk by its GRUU and waits for the user`);
    desk.terminal.accept(offer.offer, [0]);
    const result = await within('the delivery of the file', sender.settled(pushed.id));
    const file = await this.#event('desk', 'file');
    const onDisk = createHash('sha1')
      .update(await readFile(file.path))
      .digest('hex');
    if (onDisk !== createHash('sha1').update(content).digest('hex'))
      throw new Error('The file on disk differs.');
    this.#done(`The file is on disk, SHA-1 verified: ${file.sha1}`);
    const report = await this.#event('desk', 'report');
    const received = result.files[0]?.report;
    if (result.state !== 'delivered' || received?.range !== report.range) {
      throw new Error(`The sender saw no matching report: ${result.reason}`);
    }
    this.#done(`REPORT ${report.status} for ${report.range}: sent by desk, received by the sender`);
    if (this.#of('phone', 'offer') !== undefined) throw new Error('phone was offered the file, too.');
    this.#done('phone saw none of it');
  }

  async #strangerRefused(to: string): Promise<void> {
    const mallory = await this.#sender('mallory');
    try {
      const body = Buffer.from('trust me');
      const pushed = mallory.message({ to, application: 'mms.ua', contentType: 'text/plain', body });
      const result = await within('the refusal', mallory.settled(pushed.id));
      const refused = await this.#event('desk', 'refused');
      if (result.code !== 403) throw new Error(`The stranger was answered ${result.code}.`);
      this.#done(`A sender that is not trusted got 403: ${refused.reason}`);
    } finally {
      await mallory.close();
    }
  }

  async #everybodyLeaves(): Promise<void> {
    const { core, terminals } = this.#stage;
    await Promise.all(terminals.all().map((terminal) => terminal.unregister()));
    await within(
      'de-registration',
      until(() => (core.bindings().length === 0 ? true : undefined)),
    );
    this.#done('Both terminals de-registered');
  }

  #of<E extends TerminalEvent['event']>(
    terminal: string,
    name: E,
  ): Extract<TerminalEvent, { event: E }> | undefined {
    return this.#stage.events.find(
      (event): event is Extract<TerminalEvent, { event: E }> =>
        event.terminal === terminal && event.event === name,
    );
  }

  #event<E extends TerminalEvent['event']>(
    terminal: string,
    name: E,
  ): Promise<Extract<TerminalEvent, { event: E }>> {
    return within(
      `${name} on ${terminal}`,
      until(() => this.#of(terminal, name)),
    );
  }

  #done(text: string): void {
    this.#say(`✓ ${text}`);
  }
}

/** Polls until there is a value; the caller bounds the time. */
async function until<T>(find: () => T | undefined): Promise<T> {
  const deadline = Date.now() + STEP_TIMEOUT_MS;
  for (;;) {
    const found = find();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** A promise with a time limit and a name for what was waited for. */
async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited in vain for ${what}.`)), STEP_TIMEOUT_MS);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}
