import type { History } from '../../history/history.ts';
import type { FileRecord } from '../../history/records.ts';
import type { Emit } from '../events.ts';
import { fetchedFiles } from '../fetched-files.ts';
import { type LivePush, messageOf } from '../live-push.ts';
import type { ApplicationHandler, Profile } from '../profile.ts';
import { handlerOf } from './handler-of.ts';
import type { AppPermissions, Handover, HandResult } from './handover.ts';
import { postWebhook } from './post-webhook.ts';
import { nameOfPush } from './push-name.ts';
import { runCommand } from './run-command.ts';
import { saveToFolder } from './save-to-folder.ts';
import { WorkQueue } from './work-queue.ts';

export type ApplicationsContext = {
  /** The profile of the moment. */
  readonly profile: () => Profile;
  readonly history: Pick<History, 'content' | 'fetchedPath'>;
  readonly emit: Emit;
  /** What the app's own settings allow at the moment. */
  readonly allows: () => AppPermissions;
};

type Action = ApplicationHandler['action'];

/** Most of a message's content that is handed over: more than a MESSAGE may have. */
const MAX_CONTENT_BYTES = 16 * 1024 * 1024;
/** How long closing lets copies to folders go on, those that wait too; they are stopped after that. */
const SAVE_TIME_MS = 2_000;
/** How long closing waits for what it has stopped. */
const STOP_TIME_MS = 3_000;
const FULL: HandResult = { ok: false, title: 'Not handed over', detail: 'Too many pushes wait for it.' };
const CLOSED: HandResult = { ok: false, title: 'Not handed over', detail: 'The terminal was closed.' };

/**
 * Hands pushes to their applications once they are kept, answered and allowed: a copy in a folder, a command, a local
 * webhook. What comes of it stands in the timeline of the push, which it never changes otherwise.
 */
export class Applications {
  readonly #context: ApplicationsContext;
  #closed = false;
  readonly #saves = new WorkQueue({ running: 4, waiting: 1000 });
  readonly #commands = new WorkQueue({ running: 2, waiting: 100 });
  readonly #webhooks = new WorkQueue({ running: 2, waiting: 100 });

  constructor(context: ApplicationsContext) {
    this.#context = context;
  }

  /** A message whose content is kept, or fetched and kept. */
  deliverMessage(push: LivePush): void {
    const { record } = push;
    const { action } = handlerOf(this.#context.profile(), record.application);
    if (action.kind === 'inbox') return;
    const { history } = this.#context;
    const fetched = fetchedFiles(record, history).map(({ contentType: type, url, path }) => {
      return { type, url, content: { kind: 'vaulted', path } as const };
    });
    const read = async () => {
      const content = await history.content(record, MAX_CONTENT_BYTES);
      if (content === null && record.bytes > 0) throw new Error('The content of the push was removed.');
      return content ?? Buffer.alloc(0);
    };
    const own = { type: record.contentType, url: null, content: { kind: 'kept', read } as const };
    const contents = fetched.length === 0 ? [own] : fetched;
    // One notice is enough for all of them.
    for (const { type, url, content } of action.kind === 'notify' ? contents.slice(0, 1) : contents) {
      const name = nameOfPush({ headers: record.headers, type, preview: record.preview, at: record.at, url });
      this.#deliver(push, null, { type, name, text: record.preview ?? '', content });
    }
  }

  /** A file of an offer that is whole and verified. */
  deliverFile(push: LivePush, file: FileRecord, path: string): void {
    const content = { kind: 'file', path } as const;
    this.#deliver(push, file.index, { type: file.type, name: file.name, text: '', content });
  }

  /** Finishes copies to folders, as far as there is time, stops all else, and resolves once it has ended; bounded in time. */
  async close(): Promise<void> {
    this.#closed = true;
    const stopped = Promise.all([this.#commands.close(), this.#webhooks.close()]);
    await Promise.race([this.#saves.finish(), wait(SAVE_TIME_MS)]);
    await Promise.race([Promise.all([stopped, this.#saves.close()]), wait(STOP_TIME_MS)]);
  }

  #deliver(
    push: LivePush,
    file: number | null,
    what: Pick<Handover, 'type' | 'name' | 'text' | 'content'>,
  ): void {
    const { application, terminal, from, id } = push.record;
    const { action } = handlerOf(this.#context.profile(), application);
    const handover: Handover = { push: id, terminal, application: application ?? '', from, ...what };
    const tell = (result: HandResult) => this.#tell(push, action.kind, file, result);
    switch (action.kind) {
      case 'inbox':
        return;
      case 'notify':
        push.update({ read: true });
        this.#emit(push, action.kind, { ok: true, title: 'Notified', detail: 'marked as read' });
        return;
      case 'folder':
        this.#queue(this.#saves, (signal) => saveToFolder(handover, action.folder, signal), tell);
        return;
      case 'command':
        if (this.#context.allows().commands)
          this.#queue(this.#commands, (signal) => runCommand(action, handover, signal), tell);
        else tell(turnedOff('Command not run', 'Commands'));
        return;
      case 'webhook':
        if (this.#context.allows().webhooks)
          this.#queue(this.#webhooks, (signal) => postWebhook(action.url, handover, signal), tell);
        else tell(turnedOff('Webhook not sent', 'Webhooks'));
        return;
    }
  }

  #queue(
    queue: WorkQueue,
    run: (signal: AbortSignal) => Promise<HandResult>,
    tell: (result: HandResult) => void,
  ): void {
    const taken = queue.add(async (signal) => {
      const failed = (error: unknown) => ({
        ok: false,
        title: 'Not handed over',
        detail: messageOf(error),
      });
      tell(await run(signal).catch(failed));
    });
    if (!taken) tell(this.#closed ? CLOSED : FULL);
  }

  #tell(push: LivePush, action: Action['kind'], file: number | null, result: HandResult): void {
    push.log({ side: 'local', ...result, ...(file === null ? {} : { file }) });
    this.#emit(push, action, result);
  }

  #emit(push: LivePush, action: Action['kind'], result: HandResult): void {
    const { id, application } = push.record;
    this.#context.emit({ event: 'handed', push: id, application, action, ...result });
  }
}

function wait(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}

function turnedOff(title: string, what: string): HandResult {
  return { ok: false, title, detail: `${what} are turned off in the settings of this app.` };
}
