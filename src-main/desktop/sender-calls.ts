import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { PickedFile } from '../ipc/contract.ts';
import type { Handlers } from '../ipc/router.ts';
import { typeOfName } from '../sandbox/sender/offered-files.ts';
import type { PushResult } from '../sandbox/sender/results.ts';
import type { Sandbox } from './sandbox.ts';

/** What the calls of the sender desk need. */
export type SenderCallParts = {
  readonly sandbox: Sandbox;
  readonly openDesk: () => void;
  /** Paths the user chose; empty when they thought better of it. */
  readonly pickFiles: () => Promise<readonly string[]>;
  readonly writeClipboard: (text: string) => void;
  /** A picture to offer in the demo. */
  readonly samplePath: () => string;
};

type SenderCalls = Pick<
  Handlers,
  | 'demo.file'
  | 'sender.openDesk'
  | 'sender.pickFiles'
  | 'sender.message'
  | 'sender.files'
  | 'sender.notify'
  | 'sender.refer'
  | 'sender.options'
  | 'sender.copyCommand'
  | 'sender.cancel'
>;

/** Picked files that are remembered. */
const MAX_PICKED = 500;
/** Seconds for a person to let referenced content be fetched, or to answer a REFER. */
const PERSON_WAIT_S = 600;
/** Seconds for a subscription to come where there is none. */
const SUBSCRIPTION_WAIT_S = 5;

/** The calls of the sender desk over the sandbox. */
export function senderCalls(parts: SenderCallParts): SenderCalls {
  const { sandbox } = parts;
  const picked = new Map<string, string>();
  const pathOf = (token: string): string => {
    const path = picked.get(token);
    if (path === undefined) throw new Error('A file is no longer known; pick it again.');
    return path;
  };
  return {
    'demo.file': ({ to, application }) =>
      sandbox.sender.files({
        to,
        application,
        files: [{ path: parts.samplePath(), name: 'push-terminal.png' }],
        report: true,
      }),
    'sender.openDesk': () => void parts.openDesk(),
    'sender.pickFiles': async () => remember(picked, await parts.pickFiles()),
    'sender.message': ({ text, fault, ...push }) =>
      sandbox.sender.message({
        ...push,
        ...(fault === undefined ? {} : { fault }),
        body: Buffer.from(text),
        waitSeconds: PERSON_WAIT_S,
      }),
    'sender.files': ({ tokens, relay, fault, icon, chunkBytes, window, failureReport, ...push }) => {
      const picture = icon === undefined ? {} : { icon: pathOf(icon) };
      const files = tokens.map((token) => ({ path: pathOf(token), ...picture }));
      return sandbox.sender.files({
        ...push,
        ...(chunkBytes === undefined ? {} : { chunkBytes }),
        ...(window === undefined ? {} : { window }),
        ...(failureReport === undefined ? {} : { failureReport }),
        ...(fault === undefined ? {} : { fault }),
        ...(relay ? { relay: sandbox.relayUri } : {}),
        files,
      });
    },
    'sender.notify': async ({ text, contentType, byReference, ...push }): Promise<PushResult> => {
      const body = Buffer.from(text);
      const { sender } = sandbox;
      const content = byReference ? await sender.refer(contentType, body) : { contentType, body };
      return sender.notify({
        ...push,
        contentType: content.contentType,
        body: content.body,
        waitSeconds: SUBSCRIPTION_WAIT_S,
      });
    },
    'sender.refer': (push) => sandbox.sender.askToSubscribe({ ...push, waitSeconds: PERSON_WAIT_S }),
    'sender.options': (push) => sandbox.sender.options(push),
    'sender.copyCommand': ({ text }) => {
      const real = text.replace(/@@([0-9a-z-]{1,40})@@/g, (_all, name: string) =>
        quoted(name === 'auth' ? sandbox.senderAuth : pathOf(name)),
      );
      parts.writeClipboard(real);
      return undefined;
    },
    'sender.cancel': ({ result }) => void sandbox.sender.cancel(result),
  };
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Paths stay here; the window gets tokens, so that it can name no file the user did not pick. */
async function remember(
  picked: Map<string, string>,
  paths: readonly string[],
): Promise<readonly PickedFile[]> {
  const files: PickedFile[] = [];
  for (const path of paths) {
    const { size } = await stat(path);
    const token = randomUUID();
    picked.set(token, path);
    files.push({ token, name: basename(path), type: typeOfName(path), bytes: size });
  }
  for (const token of picked.keys()) {
    if (picked.size <= MAX_PICKED) break;
    picked.delete(token);
  }
  return files;
}
