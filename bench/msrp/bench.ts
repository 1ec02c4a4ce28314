import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type AnsweredFile, parseAnswer } from '../../src-main/sdp/answer.ts';
import { buildOffer } from '../../src-main/sdp/build-offer.ts';
import type { SipRequest, SipResponse } from '../../src-main/sip/message.ts';
import { pushRequest, TestCore } from '../../src-main/sip/test-core.ts';
import { TerminalProcess, type Vitals } from '../terminal/child.ts';
import { BLOCK, Blaster, type Hit } from './blaster.ts';
import { type Ceiling, Ceilings } from './ceilings.ts';
import { touchMemory } from './touched-memory.ts';

/**
 * What one run measured. Rates are MB a second: until every byte was answered, and until the file was kept. CPU time is
 * the receiver's, all threads together, in ms a GB: it tells more than the rates while others use the machine.
 */
export type Measured = { readonly received: number; readonly kept: number; readonly cpu: number };
/** The same of the terminal, and how it felt meanwhile. */
export type MeasuredTerminal = Measured & { readonly hits: readonly Hit[]; readonly vitals: Vitals };

/** Bytes of memory touched before a run: a long one is measured over more than that in any case. */
const MOST_TOUCHED = 2 ** 30;

/** A terminal that takes every file, the bare receivers it is compared with, and the one sender of both. */
export class MsrpBench {
  readonly #folder: string;
  readonly #core: TestCore;
  readonly #terminal: TerminalProcess;
  readonly #blaster: Blaster;
  #calls = 0;

  private constructor(folder: string, core: TestCore, terminal: TerminalProcess) {
    this.#folder = folder;
    this.#core = core;
    this.#terminal = terminal;
    this.#blaster = Blaster.start();
  }

  /** Starts core and terminal under `parent`, and waits until it is registered. */
  static async open(parent: string): Promise<MsrpBench> {
    await mkdir(parent, { recursive: true });
    const folder = await mkdtemp(resolve(parent, 'msrp-'));
    await mkdir(join(folder, 'files'));
    const core = await TestCore.open();
    const terminal = TerminalProcess.start({
      profile: {
        core: `sip:127.0.0.1:${core.port};transport=tcp`,
        regEvent: false,
        files: { decide: 'accept', folder: join(folder, 'files'), maxBytes: 2 ** 40 },
      },
      folder: join(folder, 'data'),
      contentFiles: false,
    });
    const request = await core.request('REGISTER');
    core.answer(request, 200, [`Contact: ${request.header('Contact')}`, 'Expires: 7200']);
    return new MsrpBench(folder, core, terminal);
  }

  /** Bare bytes to one of the ceilings. */
  async ceiling(ceiling: Ceiling, bytes: number): Promise<Measured> {
    const ceilings = await Ceilings.start(this.#folder, bytes);
    const shot = { port: ceilings.ports[ceiling], path: null, bytes, chunkBytes: null };
    await touchMemory(this.#folder, Math.min(bytes, MOST_TOUCHED));
    const hits = await this.#blaster.fire([shot]);
    const cpuMs = await ceilings.cpuMs();
    await ceilings.stop();
    return ratesOf(bytes, hits, cpuMs);
  }

  /** RSS of the terminal in MiB. */
  async rssMiB(): Promise<number> {
    return (await this.#terminal.vitals()).rssMiB;
  }

  /** `count` files at once to the terminal, each in a session of its own, `bytes` together. */
  async terminal(bytes: number, chunkBytes: number | null, count = 1): Promise<MeasuredTerminal> {
    const each = Math.floor(bytes / count / BLOCK.length) * BLOCK.length;
    await touchMemory(this.#folder, Math.min(bytes, MOST_TOUCHED));
    const sessions = await this.#invite(count, each);
    await this.#terminal.vitals();
    const hits = await this.#blaster.fire(
      sessions.map(({ file }) => ({ ...addressOf(file), bytes: each, chunkBytes })),
    );
    const vitals = await this.#terminal.vitals();
    await this.#bye(sessions.map(({ answer }) => answer));
    await this.#removeFiles();
    return { ...ratesOf(each * count, hits, vitals.cpuMs), hits, vitals };
  }

  async close(): Promise<void> {
    await this.#blaster.stop();
    const stopped = this.#terminal.stop();
    this.#core.answer(await this.#core.request('REGISTER'), 200);
    await stopped;
    await this.#core.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #invite(
    count: number,
    size: number,
  ): Promise<readonly { readonly answer: SipResponse; readonly file: AnsweredFile }[]> {
    const sha1 = sha1Of(size);
    const sessions: { answer: SipResponse; file: AnsweredFile }[] = [];
    for (let index = 0; index < count; index += 1) {
      this.#calls += 1;
      const id = `bench${this.#calls}`;
      const file = {
        name: `${id}.bin`,
        type: 'application/octet-stream',
        size,
        sha1,
        disposition: 'attachment' as const,
        path: `msrp://127.0.0.1:9/${id};tcp`,
        port: 9,
      };
      this.#core.send(
        pushRequest('INVITE', {
          branch: id,
          callId: id,
          headers: [
            'Contact: <sip:psa@127.0.0.1:7777>',
            'Accept-Contact: *;+g.oma.pusheventapp="mms.ua"',
            'P-Asserted-Identity: <sip:psa@push.test>',
            'Content-Type: application/sdp',
          ],
          body: buildOffer([file], { host: '127.0.0.1', wrapped: false }),
        }),
      );
      const answer = await this.#core.response();
      const [answered] = parseAnswer(answer.body.toString(), 1, false) ?? [];
      if (answered === undefined) throw new Error(`the terminal answered ${answer.code}`);
      this.#inDialog('ACK', answer, 1);
      sessions.push({ answer, file: answered });
    }
    return sessions;
  }

  async #bye(answers: readonly SipResponse[]): Promise<void> {
    for (const answer of answers) {
      this.#inDialog('BYE', answer, 2);
      await this.#core.response();
    }
  }

  #inDialog(method: SipRequest['method'], answer: SipResponse, cseq: number): void {
    const callId = answer.callId;
    const toTag = answer.toTag ?? '';
    this.#core.send(pushRequest(method, { branch: `${callId}${method}`, callId, toTag, cseq }));
  }

  async #removeFiles(): Promise<void> {
    const folder = join(this.#folder, 'files');
    for (const name of await readdir(folder)) await rm(join(folder, name));
  }
}

function addressOf(file: AnsweredFile): { readonly port: number; readonly path: string } {
  if (file.kind !== 'accepted') throw new Error('the terminal declined the file');
  const [path = ''] = file.path;
  return { path, port: Number(/:([0-9]+)\//.exec(path)?.[1] ?? 0) };
}

function ratesOf(bytes: number, hits: readonly Hit[], cpuMs: number): Measured {
  const last = (of: (hit: Hit) => number) => Math.max(...hits.map(of));
  return {
    received: bytes / 1e3 / last((hit) => hit.receivedMs),
    kept: bytes / 1e3 / last((hit) => hit.keptMs),
    cpu: (cpuMs * 1e9) / bytes,
  };
}

const hashes = new Map<number, string>();

/** SHA-1 of so many bytes of content, as an offer writes it. */
function sha1Of(bytes: number): string {
  const known = hashes.get(bytes);
  if (known !== undefined) return known;
  const hash = createHash('sha1');
  for (let at = 0; at < bytes; at += BLOCK.length) hash.update(BLOCK);
  const text = (hash.digest('hex').toUpperCase().match(/../g) ?? []).join(':');
  hashes.set(bytes, text);
  return text;
}
