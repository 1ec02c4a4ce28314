import { readFile, stat } from 'node:fs/promises';
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
};

export type MessageOptions = PushOptions & {
  readonly text?: string;
  readonly body?: string;
  readonly type?: string;
};

export type FilesOptions = PushOptions & {
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
  return pushAll(options, streams, (sender, to) =>
    sender.message({ to, application: options.app, contentType, body }),
  );
}

export type NotifyOptions = MessageOptions & {
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
  const { report = false, cpim = false, tls = false } = options;
  return pushAll(options, streams, (sender, to) =>
    sender.files({ to, application: options.app, files, report, cpim, tls }),
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
    const results = await Promise.all(
      options.to.map(async (to) => {
        const result = await push(sender, to);
        printJson(streams.output, result);
        return result;
      }),
    );
    return results.every(isAccepted) ? 0 : 1;
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

/** @throws UsageError when it is no whole number. */
function secondsOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,6}$/.test(text)) throw new UsageError(`${option} ${text}: must be seconds as a whole number.`);
  return Number(text);
}

async function isInTime(promise: Promise<void>, milliseconds: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), milliseconds);
  });
  const inTime = await Promise.race([promise.then(() => true), late]);
  clearTimeout(timer);
  return inTime;
}

async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null || !found.isFile()) throw new UsageError(`${path}: there is no such file.`);
}

function isAccepted(result: PushResult): boolean {
  return result.state === 'delivered' && result.files.every((file) => file.state !== 'declined');
}

async function bodyOf(options: MessageOptions): Promise<Buffer> {
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
