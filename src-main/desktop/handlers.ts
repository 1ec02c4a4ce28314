import { stat } from 'node:fs/promises';
import { isDangerousType } from '../content/file-name.ts';
import type { FileRecord } from '../history/records.ts';
import type { Handlers } from '../ipc/router.ts';
import { contentCalls } from './content-calls.ts';
import { type PathDialogs, profileCalls } from './profile-calls.ts';
import type { PushedPages } from './pushed-pages.ts';
import { reportCalls } from './report-calls.ts';
import { SANDBOX_TERMINALS } from './sandbox.ts';
import { senderCalls } from './sender-calls.ts';
import type { Service } from './service.ts';
import { subscriptionCalls } from './subscription-calls.ts';
import { traceCalls } from './trace-calls.ts';

/** What the handlers need of the desktop around them. */
export type DesktopActions = PathDialogs & {
  readonly openDesk: () => void;
  /** Opens two terminals and the sender desk with its guide, side by side. */
  readonly openDemo: (terminals: readonly [string, string]) => void;
  /** A picture to offer in the demo. */
  readonly samplePath: () => string;
  /** Opens a window that shows one terminal alone. */
  readonly openTerminal: (name: string) => void;
  /** Paths the user chose; empty when they thought better of it. */
  readonly pickFiles: () => Promise<readonly string[]>;
  /** Opens a file with the system; answers an error text, or an empty one. */
  readonly openPath: (path: string) => Promise<string>;
  readonly showInFolder: (path: string) => void;
  readonly writeClipboard: (text: string) => void;
  /** Asks where content is to be written; null when the user thought better of it. */
  readonly chooseContentPath: (title: string, suggested: string) => Promise<string | null>;
  /** Pages of pushed content that wait for their frame. */
  readonly pages: PushedPages;
};

/** The calls of the contract over the service. */
export function makeHandlers(service: Service, desktop: DesktopActions): Handlers {
  const { history } = service.terminals;
  return {
    'app.state': async () => {
      const state = await service.state();
      // After the answer, so that a selection finds its push.
      setImmediate(() => service.mail.open());
      return state;
    },
    'terminal.add': (profile) => service.add(profile),
    'terminal.remove': async ({ terminal }) => void (await service.remove(terminal)),
    'terminal.register': ({ terminal }) => void service.terminal(terminal).register(),
    'terminal.unregister': async ({ terminal }) => void (await service.terminal(terminal).unregister()),
    'terminal.withdraw': ({ terminal }) => void service.terminal(terminal).withdraw(),
    'terminal.applications': async ({ terminal, applications }) =>
      void (await service.update({ ...service.terminal(terminal).profile, applications })),
    'terminal.update': (profile) => service.update(profile),
    'terminal.exchange': ({ terminal }) => service.terminal(terminal).exchange,
    ...subscriptionCalls(service),
    'terminal.openWindow': ({ terminal }) => void desktop.openTerminal(service.terminal(terminal).name),
    'terminal.profile': ({ terminal }) => service.terminal(terminal).profile,
    ...profileCalls({
      dialogs: desktop,
      profileOf: (terminal) => service.terminal(terminal).profile,
      environment: process.env,
    }),
    'application.counts': ({ terminal }) => history.applicationCounts(terminal),
    'app.permit': async (permissions) => void (await service.permit(permissions)),
    'app.searches': async ({ searches }) => void (await service.keepSearches(searches)),
    'app.retain': async (retention) => void (await service.retain(retention)),
    'push.list': (query) => service.pushes.list(query),
    'push.ids': (query) => service.pushes.ids(query),
    'push.get': ({ push }) => history.get(push),
    'push.allow': async ({ push }) => void (await (await service.terminalOf(push)).allow(push)),
    'push.deny': async ({ push }) => void (await (await service.terminalOf(push)).deny(push)),
    'push.stopFetch': async ({ push }) => void (await service.terminalOf(push)).stopFetch(push),
    ...contentCalls({
      history,
      dataFolder: service.dataFolder,
      pages: desktop.pages,
      choosePath: desktop.chooseContentPath,
      openPath: desktop.openPath,
    }),
    ...traceCalls({
      trace: service.terminals.trace,
      version: service.version,
      choosePath: desktop.chooseContentPath,
    }),
    ...reportCalls({ service, choosePath: desktop.chooseContentPath }),
    'push.mark': async ({ pushes, ...change }) => void (await service.pushes.mark(pushes, change)),
    'push.remove': ({ pushes }) => service.pushes.remove(pushes),
    'push.undo': ({ removal }) => service.pushes.undo(removal),
    'offer.accept': async ({ offer, files }) => void (await service.terminalOf(offer)).accept(offer, files),
    'refer.accept': async ({ refer }) => void (await service.terminalOf(refer)).acceptRefer(refer),
    'refer.decline': async ({ refer }) => void (await service.terminalOf(refer)).declineRefer(refer),
    'offer.decline': async ({ offer }) => void (await service.terminalOf(offer)).decline(offer),
    'offer.useKnown': async ({ offer }) => void (await service.terminalOf(offer)).useKnown(offer),
    'offer.abort': async ({ offer, index }) => void (await service.terminalOf(offer)).abort(offer, index),
    'file.open': async ({ push, index }) => {
      const { path, file } = await keptFile(service, push, index);
      if (isDangerousType(file.name, file.type)) {
        throw new Error('This file may run programs, so it is not opened from here.');
      }
      const problem = await desktop.openPath(path);
      if (problem !== '') throw new Error(`The file could not be opened: ${problem}`);
      return undefined;
    },
    'file.show': async ({ push, index }) =>
      void desktop.showInFolder(await pathOnDisk(await fileOf(service, push, index))),
    'file.keep': async ({ push, index }) =>
      void (await (await service.terminalOf(push)).keepFile(push, index)),
    'file.remove': async ({ push, index }) =>
      void (await (await service.terminalOf(push)).removeLeftover(push, index)),
    'file.resume': async ({ push, index }) =>
      void (await (await service.terminalOf(push)).resume(push, index)),
    'clipboard.write': ({ text }) => void desktop.writeClipboard(text),
    'sandbox.start': async () => void (await service.startSandbox()),
    'sandbox.stop': async () => void (await service.stopSandbox()),
    'demo.start': async () => {
      await service.startSandbox();
      desktop.openDemo(SANDBOX_TERMINALS);
      return undefined;
    },
    ...senderCalls({ ...desktop, sandbox: service.sandbox }),
  };
}

async function keptFile(
  service: Service,
  push: string,
  index: number,
): Promise<{ readonly path: string; readonly file: FileRecord }> {
  const file = await fileOf(service, push, index);
  if (file.state !== 'verified' || file.path === null) throw new Error('There is no verified file.');
  return { path: file.path, file };
}

async function fileOf(service: Service, push: string, index: number): Promise<FileRecord> {
  const record = await service.terminals.history.get(push);
  const file =
    record?.body.kind === 'files' ? record.body.files.find((one) => one.index === index) : undefined;
  if (file === undefined) throw new Error('This file is not known.');
  return file;
}

/** Where a file is, or what is left of it, or the copy that is here already. Rejects with a sentence when it is gone. */
async function pathOnDisk({ path, leftover, known }: FileRecord): Promise<string> {
  const found = path ?? leftover?.path ?? known?.path ?? null;
  if (found === null) throw new Error('Nothing of this file is here.');
  await stat(found).catch(() => {
    throw new Error(`The file is no longer there: ${found}`);
  });
  return found;
}
