import { readFile, stat } from 'node:fs/promises';
import { FAULTS, FAULTS_OF, type Fault } from '../sandbox/sender/faults.ts';
import type { Addressing } from '../sandbox/sender/headers.ts';
import { isInTime } from '../sandbox/sender/message-push.ts';
import { typeOfName } from '../sandbox/sender/offered-files.ts';
import type { PushResult } from '../sandbox/sender/results.ts';
import { PushSender } from '../sandbox/sender/sender.ts';
import { parseSipUri } from '../sip/uri.ts';
import { printJson, type Streams, UsageError } from './streams.ts';

/** Options that all kinds of push share. */
export type PushOptions = {
  readonly core: string;
  readonly as: string;
  readonly to: readonly string[];
  readonly app: string;
  /** `user:password`. */
  readonly auth?: string;
  /** Push to each terminal of the user by its GRUU, with a result of each (PSA-MTR-01, -02). */
  readonly allTerminals?: boolean;
  /** Push to one terminal after the other, until one takes it. */
  readonly first?: boolean;
};

/** How a push names whom it is for and who sends it, and what is to be wrong with it. */
export type AddressingOptions = {
  readonly icsi?: readonly string[];
  readonly iari?: readonly string[];
  readonly require?: boolean;
  readonly explicit?: boolean;
  readonly asserted?: boolean;
  readonly fault?: string;
};

type ContentOptions = PushOptions & {
  readonly text?: string;
  readonly body?: string;
  readonly type?: string;
};

export type MessageOptions = ContentOptions &
  AddressingOptions & {
    /** Refers to the content, however small it is. */
    readonly byReference?: boolean;
    /** Sends the content in the MESSAGE however large it is. */
    readonly inline?: boolean;
    /** Seconds that referenced content has to be fetched. */
    readonly wait?: string;
  };

export type FilesOptions = PushOptions &
  AddressingOptions & {
    /** Bytes of one SEND, and SENDs on their way. */
    readonly chunk?: string;
    readonly window?: string;
    readonly failureReport?: string;
    /** URI of an MSRP relay. */
    readonly relay?: string;
    readonly report?: boolean;
    readonly cpim?: boolean;
    /** Offer MSRP over TLS. */
    readonly tls?: boolean;
    /** Picture to show with the offer. */
    readonly icon?: string;
    /** First byte to offer, from 1, as text. */
    readonly from?: string;
  };

/** Pushes a message to each recipient; exit code 0 only if all of them accepted. */
export async function runPushMessage(options: MessageOptions, streams: Streams): Promise<number> {
  const body = await bodyOf(options);
  const contentType = options.type ?? (options.body === undefined ? 'text/plain' : typeOfName(options.body));
  const waitSeconds = wholeNumber('--wait', options.wait) ?? DEFAULT_WAIT_S;
  const addressing = addressingOf(options, 'message');
  const { byReference = false, inline = false } = options;
  return pushAll(options, streams, (sender, to) =>
    sender.message({ to, ...addressing, contentType, body, byReference, inline, waitSeconds }),
  );
}

export type NotifyOptions = ContentOptions & {
  /** The NOTIFY refers to the content, which is offered over HTTP until it is fetched. */
  readonly byReference?: boolean;
  /** Seconds within which it is to take effect. */
  readonly effectiveBy?: string;
  /** Seconds to wait for a subscription, and for referenced content to be fetched. */
  readonly wait?: string;
};

/** Seconds to wait where the call says none. */
const DEFAULT_WAIT_S = 30;

/** Pushes by NOTIFY to each recipient that has subscribed, or does in time; exit code 0 only if all of them accepted. */
export async function runPushNotify(options: NotifyOptions, streams: Streams): Promise<number> {
  const bytes = await bodyOf(options);
  const contentType = options.type ?? (options.body === undefined ? 'text/plain' : typeOfName(options.body));
  const waitSeconds = secondsOf('--wait', options.wait) ?? DEFAULT_WAIT_S;
  const effectiveBy = secondsOf('--effective-by', options.effectiveBy);
  const timing = { waitSeconds, ...(effectiveBy === undefined ? {} : { effectiveBy }) };
  return withSender(options, true, streams, async (sender, to) => {
    const push = { to, application: options.app, ...timing };
    if (options.byReference !== true) {
      return sender.settled(sender.notify({ ...push, contentType, body: bytes }).id);
    }
    const reference = await sender.refer(contentType, bytes);
    const { contentType: type, body } = reference;
    const result = await sender.settled(sender.notify({ ...push, contentType: type, body }).id);
    if (result.state !== 'delivered') return result;
    const isFetched = await isInTime(reference.fetched, waitSeconds * 1000);
    if (isFetched) return { ...result, reason: `${result.reason}, content fetched` };
    return { ...result, state: 'failed', reason: 'Accepted, but the content was not fetched in time.' };
  });
}

export type ReferOptions = PushOptions & {
  /** Whom to subscribe to; the sender itself when absent, which then takes the subscription. */
  readonly target?: string;
  /** Ask for no report (Refer-Sub: false). */
  readonly silent?: boolean;
  /** Seconds to wait for the terminal's last word. */
  readonly wait?: string;
};

/** Long enough for a user who is asked. */
const REFER_WAIT_S = 120;

/** Asks each recipient to subscribe to pushes; exit code 0 only if all of them did. */
export function runPushRefer(options: ReferOptions, streams: Streams): Promise<number> {
  const { app: application, target, silent = false } = options;
  if (target !== undefined && parseSipUri(target) === null) {
    throw new UsageError(`--target ${target}: must be a SIP address such as sip:psa@push.test.`);
  }
  const waitSeconds = secondsOf('--wait', options.wait) ?? REFER_WAIT_S;
  const more = { silent, waitSeconds, ...(target === undefined ? {} : { target }) };
  // Whoever asks for a subscription to itself must be there to take it.
  return withSender(options, target === undefined, streams, (sender, to) =>
    sender.settled(sender.askToSubscribe({ to, application, ...more }).id),
  );
}

/** Asks each recipient what it can do; exit code 0 only if all of them answered 2xx. */
export function runPushOptions(options: PushOptions, streams: Streams): Promise<number> {
  return pushAll(options, streams, (sender, to) => sender.options({ to, application: options.app }));
}

/** Pushes files to each recipient; exit code 0 only if every file was delivered (and reported, with --report). */
export async function runPushFiles(
  paths: readonly string[],
  options: FilesOptions,
  streams: Streams,
): Promise<number> {
  for (const path of paths) await checkFile(path);
  if (options.icon !== undefined) await checkFile(options.icon);
  const from = options.from === undefined ? 1 : Number(options.from);
  if (!Number.isInteger(from) || from < 1) throw new UsageError('--from: must be a byte number from 1 on.');
  const icon = options.icon === undefined ? {} : { icon: options.icon };
  const files = paths.map((path) => ({ path, from, ...icon }));
  const { report = false, cpim = false, tls = false, relay } = options;
  const chunkBytes = wholeNumber('--chunk', options.chunk);
  const window = wholeNumber('--window', options.window);
  const failureReport = failureReportOf(options.failureReport);
  if (relay !== undefined && tls) throw new UsageError('--relay and --tls do not go together.');
  const more = {
    ...(chunkBytes === undefined ? {} : { chunkBytes }),
    ...(window === undefined ? {} : { window }),
    ...(failureReport === undefined ? {} : { failureReport }),
    ...(relay === undefined ? {} : { relay }),
  };
  const addressing = addressingOf(options, 'files');
  return pushAll(options, streams, (sender, to) =>
    sender.files({ to, ...addressing, files, report, cpim, tls, ...more }),
  );
}

function pushAll(
  options: PushOptions,
  streams: Streams,
  push: (sender: PushSender, to: string) => PushResult,
): Promise<number> {
  return withSender(options, false, streams, (sender, to) => sender.settled(push(sender, to).id));
}

async function withSender(
  options: PushOptions,
  notifier: boolean,
  streams: Streams,
  push: (sender: PushSender, to: string) => Promise<PushResult>,
): Promise<number> {
  for (const to of options.to) {
    if (parseSipUri(to) === null)
      throw new UsageError(`--to ${to}: must be a SIP address such as sip:bob@push.test.`);
  }
  const credentials = options.auth === undefined ? undefined : parseUser(options.auth);
  const sender = await PushSender.open({
    core: options.core,
    as: options.as,
    ...(credentials === undefined
      ? {}
      : { credentials: { username: credentials.name, password: credentials.password } }),
    onResult: () => {},
    notifier,
  });
  try {
    const one = async (to: string): Promise<boolean> => {
      const result = await push(sender, to);
      printJson(streams.output, result);
      return isAccepted(result);
    };
    const taken = await Promise.all(options.to.map((to) => deliver(to, options, sender, streams, one)));
    return taken.every(Boolean) ? 0 : 1;
  } finally {
    await sender.close();
  }
}

/** `user:password`, where the password may hold colons. @throws UsageError without a colon. */
export function parseUser(text: string): { readonly name: string; readonly password: string } {
  const colon = text.indexOf(':');
  if (colon < 1) throw new UsageError('A user is written as NAME:PASSWORD.');
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

/** @throws UsageError when it is no whole number above zero. */
function wholeNumber(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`${option} ${text}: must be a whole number.`);
  return Number(text);
}

/** @throws UsageError when it is no whole number. */
function secondsOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`${option} ${text}: must be seconds as a whole number.`);
  return Number(text);
}

/** Pushes to an address, or to the terminals behind it; whether all took it, or the first that was to. */
async function deliver(
  to: string,
  { app, allTerminals = false, first = false }: PushOptions,
  sender: PushSender,
  streams: Streams,
  push: (to: string) => Promise<boolean>,
): Promise<boolean> {
  if (!allTerminals && !first) return push(to);
  const terminals = await sender.terminalsOf(to, app);
  if (terminals.length === 0) {
    streams.errors.write(`The core knows no terminal of ${to} that serves ${app}.\n`);
    return false;
  }
  const gruus = terminals.flatMap(({ gruu }) => gruu ?? []);
  if (gruus.length < terminals.length) {
    const missing = `${terminals.length - gruus.length} of ${terminals.length}`;
    streams.errors.write(
      `The core tells no GRUU of ${missing} terminals of ${to}; push to the user instead.\n`,
    );
  }
  if (first) {
    for (const gruu of gruus) if (await push(gruu)) return true;
    return false;
  }
  const taken = await Promise.all(gruus.map((gruu) => push(gruu)));
  return taken.length === terminals.length && taken.every(Boolean);
}

/** @throws UsageError for a fault that is unknown, or of no use for this kind of push. */
function addressingOf(options: PushOptions & AddressingOptions, kind: keyof typeof FAULTS_OF): Addressing {
  const { app, icsi = [], iari = [], require = false, explicit = false, asserted = false } = options;
  const fault = options.fault === undefined ? undefined : faultOf(options.fault);
  if (fault !== undefined && !FAULTS_OF[kind].includes(fault)) {
    throw new UsageError(`--fault ${fault}: is for files.`);
  }
  const base = { application: app, icsi, iari, require, explicit, asserted };
  return fault === undefined ? base : { ...base, fault };
}

function faultOf(text: string): Fault {
  const found = FAULTS.find((fault) => fault === text);
  if (found === undefined) throw new UsageError(`--fault ${text}: must be one of ${FAULTS.join(', ')}.`);
  return found;
}

function failureReportOf(text: string | undefined): 'yes' | 'no' | 'partial' | undefined {
  if (text === undefined || text === 'yes' || text === 'no' || text === 'partial') return text;
  throw new UsageError(`--failure-report ${text}: must be yes, no or partial.`);
}

async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) throw new UsageError(`${path}: there is no such file.`);
}

function isAccepted(result: PushResult): boolean {
  return result.state === 'delivered' && result.files.every((file) => file.state !== 'declined');
}

async function bodyOf(options: ContentOptions): Promise<Buffer> {
  if (options.text !== undefined && options.body !== undefined) {
    throw new UsageError('Give --text or --body, not both.');
  }
  if (options.body === undefined) {
    if (options.text === undefined) throw new UsageError('Give the content with --text or --body.');
    return Buffer.from(options.text);
  }
  try {
    return await readFile(options.body);
  } catch (error) {
    throw new UsageError(`${options.body}: ${error instanceof Error ? error.message : String(error)}`);
  }
}
