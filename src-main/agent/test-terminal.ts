import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type History, openHistory } from '../history/history.ts';
import type { PushRecord } from '../history/records.ts';
import type { MsrpTls } from '../msrp/connection.ts';
import { MsrpSender, type MsrpSenderOptions } from '../msrp/sender.ts';
import { newSessionUri, parsePath } from '../msrp/uri.ts';
import { type AnsweredFile, parseAnswer } from '../sdp/answer.ts';
import { buildOffer } from '../sdp/build-offer.ts';
import type { SipRequest, SipResponse } from '../sip/message.ts';
import { pushRequest, TestCore } from '../sip/test-core.ts';
import { AlreadyAnswered } from './already-answered.ts';
import type { TerminalEvent } from './events.ts';
import { type Profile, type ProfileInput, readProfile } from './profile.ts';
import { SequenceNumbers } from './sequence-numbers.ts';
import { Terminal, type TerminalOptions } from './terminal.ts';

const INSTANCE = 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
export const GRUU = `sip:bob@push.test;gr=${INSTANCE}`;
export const FOR_MMS = 'Accept-Contact: *;+g.oma.pusheventapp="mms.ua"';
export const FROM_PSA = 'P-Asserted-Identity: <sip:psa@push.test>';
/** Port 9: nothing of the sender listens there, the terminal waits for it to connect. */
const NO_PORT = 9;

/** A real terminal registered with a scripted core, its history and its files in a folder of its own. */
export class TestTerminal {
  readonly core: TestCore;
  readonly terminal: Terminal;
  readonly history: History;
  readonly folder: string;
  readonly events: TerminalEvent[];
  #wake: () => void = () => {};

  private constructor(parts: Pick<TestTerminal, 'core' | 'terminal' | 'history' | 'folder' | 'events'>) {
    this.core = parts.core;
    this.terminal = parts.terminal;
    this.history = parts.history;
    this.folder = parts.folder;
    this.events = parts.events;
  }

  /** A terminal that has registered. */
  static async open(
    settings: Partial<ProfileInput> = {},
    options: Pick<TerminalOptions, 'allows'> = {},
  ): Promise<TestTerminal> {
    const test = await TestTerminal.begin(settings, [], options);
    answerRegister(test.core, await test.core.request('REGISTER'));
    await test.event('registered');
    return test;
  }

  /** A terminal whose REGISTER the test answers. `spares` are further cores. */
  static async begin(
    settings: Partial<ProfileInput> = {},
    spares: readonly string[] = [],
    options: Pick<TerminalOptions, 'allows'> = {},
  ): Promise<TestTerminal> {
    const core = await TestCore.open();
    const folder = await mkdtemp(join(tmpdir(), 'terminal-'));
    const history = await openHistory(folder);
    const events: TerminalEvent[] = [];
    const opened: { test: TestTerminal | null } = { test: null };
    const terminal = await Terminal.open({
      profile: profileFor(core.port, settings, spares),
      instanceId: INSTANCE,
      filesFolder: join(folder, 'files'),
      fetchFolder: join(folder, 'fetched'),
      history,
      ...options,
      answered: await AlreadyAnswered.read(history),
      sequences: await SequenceNumbers.open(folder),
      emit: (event) => {
        events.push(event);
        opened.test?.woken();
      },
    });
    const test = new TestTerminal({ core, terminal, history, folder, events });
    opened.test = test;
    terminal.start();
    return test;
  }

  private woken(): void {
    this.#wake();
  }

  /** Ends everything without waiting for the core's answers. */
  async abandon(): Promise<void> {
    await this.core.close();
    await this.terminal.close();
    await this.history.close();
    await rm(this.folder, { recursive: true });
  }

  async close(): Promise<void> {
    const closed = this.terminal.close();
    if (this.terminal.registration.kind === 'registered') {
      this.core.answer(await this.core.request('REGISTER'), 200);
    }
    await closed;
    await this.history.close();
    await this.core.close();
    await rm(this.folder, { recursive: true });
  }

  /** The first event with this name that fits, waiting for it. */
  async event<E extends TerminalEvent['event']>(
    name: E,
    fits: (event: Extract<TerminalEvent, { event: E }>) => boolean = () => true,
  ): Promise<Extract<TerminalEvent, { event: E }>> {
    for (;;) {
      const found = this.events.find(
        (event): event is Extract<TerminalEvent, { event: E }> =>
          event.event === name && fits(event as Extract<TerminalEvent, { event: E }>),
      );
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** The push whose record reaches a state, waiting for it. */
  async reached(state: PushRecord['state']): Promise<PushRecord> {
    return (await this.event('push-changed', ({ record }) => record.state === state)).record;
  }

  /** Sends an INVITE that offers files with these contents. */
  invite(
    files: readonly TestFile[],
    options: {
      readonly headers?: readonly string[];
      readonly sdp?: string;
      readonly callId?: string;
      /** Content-Type of what `sdp` holds. */
      readonly type?: string;
    } = {},
  ): void {
    const { headers = [FOR_MMS, FROM_PSA], callId = 'call', type = 'application/sdp' } = options;
    this.core.send(
      pushRequest('INVITE', {
        branch: `invite${suffixOf(callId)}`,
        callId,
        headers: ['Contact: <sip:psa@127.0.0.1:7777>', ...headers, `Content-Type: ${type}`],
        body: options.sdp ?? offerOf(files),
      }),
    );
  }

  /** Acknowledges the 200 and reads its answer, to an offer over TLS if `secure`. */
  acknowledge(answer: SipResponse, count: number, secure = false): readonly AnsweredFile[] {
    this.inDialog('ACK', answer, 1);
    const files = parseAnswer(answer.body.toString(), count, secure);
    if (files === null) throw new Error(`no answer: ${answer.body}`);
    return files;
  }

  /** Sends a request inside the dialog, with SDP where some is given. */
  inDialog(
    method: string,
    answer: SipResponse,
    cseq: number,
    options: { readonly headers?: readonly string[]; readonly sdp?: string } = {},
  ): void {
    const { headers = [], sdp = '' } = options;
    this.core.send(
      pushRequest(method, {
        to: GRUU,
        branch: `${method}${cseq}${suffixOf(answer.callId)}`,
        callId: answer.callId,
        toTag: answer.toTag ?? '',
        cseq,
        headers: [...headers, ...(sdp === '' ? [] : ['Content-Type: application/sdp'])],
        body: sdp,
      }),
    );
  }
}

/** Branches of the one call that most tests make have none. */
function suffixOf(callId: string): string {
  return callId === 'call' ? '' : callId;
}

export type TestFile = {
  readonly name: string;
  readonly content: Buffer;
  readonly type?: string;
  readonly sha1?: string;
  /** First byte that is offered, from 1. */
  readonly from?: number;
  /** Content-ID of an icon. */
  readonly icon?: string;
};

/** SHA-1 as upper-case hex with colons. */
export function sha1Of(content: Buffer): string {
  return (createHash('sha1').update(content).digest('hex').toUpperCase().match(/../g) ?? []).join(':');
}

/** Where the sender of an offer listens, and its certificate where that is over TLS. */
export type TestSenderMedia = {
  readonly port: number;
  readonly sessionId?: string;
  readonly fingerprint?: string;
};

export function offerOf(files: readonly TestFile[], media: TestSenderMedia = { port: NO_PORT }): string {
  const { port, sessionId = 'sender', fingerprint } = media;
  const scheme = fingerprint === undefined ? 'msrp' : 'msrps';
  return buildOffer(
    files.map(({ content, type = 'application/octet-stream', sha1 = sha1Of(content), ...file }, index) => ({
      ...file,
      type,
      size: content.length,
      sha1,
      disposition: 'attachment',
      path: `${scheme}://127.0.0.1:${port}/${sessionId}${index};tcp`,
      port,
    })),
    { host: '127.0.0.1', wrapped: false, ...(fingerprint === undefined ? {} : { fingerprint }) },
  );
}

/** Connects to the path of an accepted file. */
export async function connectTo(
  file: AnsweredFile | undefined,
  options: Partial<MsrpSenderOptions> & { readonly tls?: MsrpTls } = {},
): Promise<MsrpSender> {
  if (file?.kind !== 'accepted') throw new Error('the file was declined');
  const sender = new MsrpSender({
    localPath: newSessionUri('127.0.0.1', NO_PORT),
    remotePath: parsePath(file.path.join(' ')) ?? [],
    peerFingerprints: file.fingerprints,
    successReport: true,
    ...options,
  });
  await sender.connect(options.tls === undefined ? {} : { tls: options.tls });
  return sender;
}

function answerRegister(core: TestCore, request: SipRequest): void {
  const contact = /<[^>]*>/.exec(request.header('Contact') ?? '')?.[0] ?? '';
  core.answer(request, 200, [
    `Contact: ${contact};+sip.instance="<${INSTANCE}>";pub-gruu="${GRUU}";expires=600`,
  ]);
}

function profileFor(port: number, settings: Partial<ProfileInput>, spares: readonly string[]): Profile {
  const read = readProfile({
    name: 'bob-desk',
    aor: 'sip:bob@push.test',
    core: [`sip:127.0.0.1:${port};transport=tcp`, ...spares],
    // Not what these tests are about: a scripted core answers no SUBSCRIBE.
    regEvent: false,
    ...settings,
  });
  if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
  return read.profile;
}
