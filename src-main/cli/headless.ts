import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { z } from 'zod';
import type { TerminalEvent } from '../agent/events.ts';
import { messageOf } from '../agent/live-push.ts';
import {
  expandEnvironment,
  type Profile,
  profileSchema,
  readProfile,
  subscriptionSchema,
} from '../agent/profile.ts';
import type { Terminal } from '../agent/terminal.ts';
import { Terminals } from '../agent/terminals.ts';
import { type Retention, RetentionKeeper } from '../history/retention.ts';
import { LiveFile } from '../trace/export/live-file.ts';
import { writeExport } from '../trace/export/write-export.ts';
import { EXPORT_FORMATS, formatOf } from '../trace/formats.ts';
import { interrupted, JsonLines, printJson, type Streams, UsageError } from './streams.ts';

export type HeadlessOptions = {
  readonly profile: readonly string[];
  readonly data?: string;
  readonly allowCommands?: boolean;
  readonly allowWebhooks?: boolean;
  readonly trace?: string;
  readonly keepPushes?: string;
  readonly keepDays?: string;
  readonly keepBytes?: string;
};

/** Longest command line that is read, in characters. */
const MAX_COMMAND_LENGTH = 64 * 1024;

/** Stands in exported files. */
const PROGRAM = 'Push Terminal';

const commandSchema = z.discriminatedUnion('do', [
  z
    .strictObject({
      do: z.literal('accept'),
      offer: z.string().optional(),
      files: z.array(z.int().min(0)).min(1).optional(),
      refer: z.string().optional(),
    })
    .refine(
      ({ offer, files, refer }) =>
        refer === undefined
          ? offer !== undefined && files !== undefined
          : offer === undefined && files === undefined,
      'needs offer and files, or refer',
    ),
  z
    .strictObject({ do: z.literal('decline'), offer: z.string().optional(), refer: z.string().optional() })
    .refine(({ offer, refer }) => (offer === undefined) !== (refer === undefined), 'needs offer or refer'),
  z.strictObject({ do: z.literal('abort'), offer: z.string(), index: z.int().min(0) }),
  z.strictObject({ do: z.literal('keep'), offer: z.string(), index: z.int().min(0) }),
  z.strictObject({ do: z.literal('remove'), offer: z.string(), index: z.int().min(0) }),
  z.strictObject({ do: z.literal('resume'), offer: z.string(), index: z.int().min(0) }),
  z.strictObject({ do: z.literal('register'), terminal: z.string() }),
  z.strictObject({ do: z.literal('unregister'), terminal: z.string() }),
  z.strictObject({ do: z.literal('allow'), push: z.string() }),
  z.strictObject({ do: z.literal('deny'), push: z.string() }),
  z.strictObject({ do: z.literal('withdraw'), terminal: z.string() }),
  z.strictObject({
    do: z.literal('applications'),
    terminal: z.string(),
    applications: profileSchema.shape.applications.unwrap(),
  }),
  z.strictObject({
    do: z.literal('subscribe'),
    terminal: z.string(),
    ...subscriptionSchema.shape,
    headers: z.array(z.string().max(1000)).max(20).default([]),
  }),
  z.strictObject({ do: z.literal('unsubscribe'), subscription: z.string() }),
  z.strictObject({
    do: z.literal('export'),
    path: z.string().min(1),
    push: z.string().optional(),
    callId: z.string().optional(),
  }),
  z.strictObject({ do: z.literal('quit') }),
]);
type Command = z.infer<typeof commandSchema>;

/** Events of the window only; the automation interface does not have them. */
const INTERNAL: ReadonlySet<TerminalEvent['event']> = new Set([
  'registration',
  'push-changed',
  'delivery',
  'subscriptions',
]);

/**
 * Runs terminals without a window: events as JSON lines on the output, commands as JSON lines on the input
 * (docs/automation.md). Ends, de-registered, on `quit`, at the end of the input, or when interrupted.
 */
export async function runHeadless(options: HeadlessOptions, streams: Streams): Promise<number> {
  const limits = limitsOf(options);
  const profiles = await Promise.all(options.profile.map((path) => loadProfile(path)));
  const dataFolder = options.data ?? (await mkdtemp(join(tmpdir(), 'push-terminal-')));
  if (options.data === undefined) streams.errors.write(`History and files go to ${dataFolder}\n`);
  const owners = new Map<string, string>();
  const events = new JsonLines(streams.output);
  const terminals = await Terminals.open({
    dataFolder,
    allows: () => ({
      commands: options.allowCommands === true,
      webhooks: options.allowWebhooks === true,
    }),
    emit: (event) => {
      if (event.event === 'offer' || event.event === 'resuming') owners.set(event.offer, event.terminal);
      if (event.event === 'ended') owners.delete(event.offer);
      if (event.event === 'refer') owners.set(event.refer, event.terminal);
      if (event.event === 'refer-ended') owners.delete(event.refer);
      events.print(event);
    },
    ignored: INTERNAL,
  });
  let live: LiveFile | null = null;
  const retention = new RetentionKeeper({
    history: terminals.history,
    remove: (ids) => terminals.removePushes(ids),
    limits: () => limits,
  });
  void retention.apply();
  try {
    if (options.trace !== undefined) live = await traceTo(options.trace, terminals, streams);
    for (const profile of profiles) (await terminals.add(profile)).start();
    const commands =
      streams.input === null ? [] : [readCommands(streams.input, terminals, owners, streams.output)];
    await Promise.race([interrupted(), ...commands]);
  } finally {
    await retention.close();
    await terminals.close();
    events.flush();
    await live?.close();
  }
  return 0;
}

/** Writes everything on the wire to a file from now on. @throws UsageError with a sentence. */
async function traceTo(path: string, terminals: Terminals, streams: Streams): Promise<LiveFile> {
  const format = formatOf(path);
  if (format === null || format === 'svg')
    throw new UsageError(`${path}: a trace goes to a .pcapng, .pcap, .txt or .jsonl file.`);
  const failed = (error: unknown) =>
    streams.errors.write(`The trace can no longer be written to ${path}: ${messageOf(error)}\n`);
  try {
    return await LiveFile.open(terminals.trace, path, { format, program: PROGRAM, failed });
  } catch (error) {
    throw new UsageError(`${path}: ${messageOf(error)}`);
  }
}

/** What history keeps. @throws UsageError that says which limit is none. */
function limitsOf({ keepPushes, keepDays, keepBytes }: HeadlessOptions): Retention {
  return {
    pushes: limitOf('--keep-pushes', keepPushes, /^[1-9]\d{0,8}$/, 'a number of pushes'),
    days: limitOf('--keep-days', keepDays, /^(?!0+(?:\.0*)?$)\d{1,5}(?:\.\d+)?$/, 'a number of days'),
    bytes: limitOf('--keep-bytes', keepBytes, /^[1-9]\d{0,14}$/, 'a number of bytes'),
  };
}

function limitOf(option: string, text: string | undefined, form: RegExp, what: string): number | null {
  if (text === undefined) return null;
  if (!form.test(text)) throw new UsageError(`${option} takes ${what}, not ${text}.`);
  return Number(text);
}

/** Reads a profile file. @throws UsageError that says which file and what is wrong in it. */
export async function loadProfile(path: string): Promise<Profile> {
  let value: unknown;
  try {
    value = expandEnvironment(JSON.parse(await readFile(path, 'utf8')), process.env);
  } catch (error) {
    throw new UsageError(`${path}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const read = readProfile(value);
  if (read.kind === 'bad')
    throw new UsageError(read.problems.map((problem) => `${path}: ${problem}`).join('\n'));
  return read.profile;
}

/** Resolves on `quit` or when the input ends. */
async function readCommands(
  input: Readable,
  terminals: Terminals,
  owners: ReadonlyMap<string, string>,
  output: Writable,
): Promise<void> {
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() === '') continue;
    try {
      const command = parseCommand(line);
      if (command.do === 'quit') return;
      if (command.do === 'export') await runExport(command, terminals, output);
      else await run(command, terminals, owners);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      printJson(output, { event: 'error', at: new Date().toISOString(), terminal: null, message });
    }
  }
}

/** @throws Error with a sentence when the line is no command. */
function parseCommand(line: string): Command {
  if (line.length > MAX_COMMAND_LENGTH) throw new Error('The command is too long.');
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw new Error('The command is not JSON.');
  }
  const parsed = commandSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`The command is not known: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim());
}

async function run(
  command: Exclude<Command, { do: 'quit' | 'export' }>,
  terminals: Terminals,
  owners: ReadonlyMap<string, string>,
): Promise<void> {
  switch (command.do) {
    case 'register':
      named(terminals, command.terminal).register();
      return;
    case 'unregister':
      await named(terminals, command.terminal).unregister();
      return;
    case 'keep':
      await (await terminalOf(terminals, command.offer)).keepFile(command.offer, command.index);
      return;
    case 'remove':
      await (await terminalOf(terminals, command.offer)).removeLeftover(command.offer, command.index);
      return;
    case 'resume':
      await (await terminalOf(terminals, command.offer)).resume(command.offer, command.index);
      return;
    case 'allow':
      await (await terminalOf(terminals, command.push)).allow(command.push);
      return;
    case 'deny':
      await (await terminalOf(terminals, command.push)).deny(command.push);
      return;
    case 'withdraw':
      named(terminals, command.terminal).withdraw();
      return;
    case 'applications': {
      const { profile } = named(terminals, command.terminal);
      await terminals.update({ ...profile, applications: command.applications });
      return;
    }
    case 'subscribe': {
      const { do: _do, terminal, ...request } = command;
      named(terminals, terminal).subscriptions.start(request);
      return;
    }
    case 'unsubscribe':
      await subscriberOf(terminals, command.subscription).subscriptions.stop(command.subscription);
      return;
    case 'accept':
      if (command.refer !== undefined) {
        owner(terminals, owners, command.refer).acceptRefer(command.refer);
      } else {
        const { offer = '', files = [] } = command;
        owner(terminals, owners, offer).accept(offer, files);
      }
      return;
    case 'decline': {
      const { refer, offer = '' } = command;
      if (refer !== undefined) owner(terminals, owners, refer).declineRefer(refer);
      else owner(terminals, owners, offer).decline(offer);
      return;
    }
    case 'abort':
      owner(terminals, owners, command.offer).abort(command.offer, command.index);
      return;
  }
}

/** Writes the trace, or that of one push or call, and says so. */
async function runExport(
  { path, push, callId }: Extract<Command, { do: 'export' }>,
  terminals: Terminals,
  output: Writable,
): Promise<void> {
  const format = formatOf(path);
  if (format === null)
    throw new Error(
      `${path}: the ending must be one of ${EXPORT_FORMATS.map((one) => `.${one}`).join(', ')}.`,
    );
  const record = push === undefined ? null : await terminals.history.get(push);
  if (push !== undefined && record === null) throw new Error(`There is no push ${push}.`);
  const call = record?.callId ?? callId;
  const scope = call === undefined ? ({ kind: 'all' } as const) : ({ kind: 'call', callId: call } as const);
  const records = await writeExport(terminals.trace, path, { format, scope, program: PROGRAM });
  const at = new Date().toISOString();
  printJson(output, { event: 'exported', at, terminal: record?.terminal ?? null, path, format, records });
}

/** The terminal a kept push belongs to, of an earlier run too. */
async function terminalOf(terminals: Terminals, push: string): Promise<Terminal> {
  const record = await terminals.history.get(push);
  if (record === null) throw new Error(`There is no push ${push}.`);
  return named(terminals, record.terminal);
}

function subscriberOf(terminals: Terminals, subscription: string): Terminal {
  const found = terminals.all().find(({ subscriptions }) => subscriptions.has(subscription));
  if (found === undefined) throw new Error(`There is no subscription ${subscription}.`);
  return found;
}

function named(terminals: Terminals, name: string): Terminal {
  const terminal = terminals.get(name);
  if (terminal === undefined) throw new Error(`There is no terminal called ${name}.`);
  return terminal;
}

function owner(terminals: Terminals, owners: ReadonlyMap<string, string>, offer: string): Terminal {
  const name = owners.get(offer);
  if (name === undefined) throw new Error(`There is no open offer or REFER ${offer}.`);
  return named(terminals, name);
}
