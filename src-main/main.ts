import { join } from 'node:path';
import { app, clipboard, dialog, powerMonitor, safeStorage, session, shell } from 'electron';
import log from 'electron-log/main.js';
import { runCli, SUB_COMMANDS } from './cli/program.ts';
import { isAppUrl } from './desktop/app-url.ts';
import { ownArguments } from './desktop/command-line.ts';
import { makeHandlers } from './desktop/handlers.ts';
import { installMenu } from './desktop/menu.ts';
import { Notifications } from './desktop/notifications.ts';
import { ProfileStore, type SecretBox } from './desktop/profiles.ts';
import { declareSchemes, serveApp, servePushedPages } from './desktop/protocol.ts';
import { PushedPages } from './desktop/pushed-pages.ts';
import { Service } from './desktop/service.ts';
import { hardenSession, Windows } from './desktop/windows.ts';
import { broadcast, serveCalls } from './ipc/bridge.ts';
import type { Handlers } from './ipc/router.ts';

/** How long quitting may take until the app goes all the same. */
const QUIT_TIMEOUT_MS = 4_000;
const PROFILE_FILES = [
  { name: 'Profiles', extensions: ['json'] },
  { name: 'All files', extensions: ['*'] },
];

const args = ownArguments(process.argv, process.defaultApp === true);
const [first] = args;

if (first !== undefined && SUB_COMMANDS.some((command) => command === first)) {
  void app.whenReady().then(async () => app.exit(await runCli(args)));
} else if (app.requestSingleInstanceLock()) {
  declareSchemes();
  void app.whenReady().then(openApp).catch(cannotOpen);
} else {
  app.quit();
}

async function openApp(): Promise<void> {
  const dataFolder = app.getPath('userData');
  const outFolder = join(import.meta.dirname, '..');
  const developmentUrl = app.isPackaged ? null : (process.env['ELECTRON_RENDERER_URL'] ?? null);
  startLog(dataFolder);
  serveApp(session.defaultSession, join(outFolder, 'renderer'), developmentUrl);
  const pages = new PushedPages();
  servePushedPages(session.defaultSession, pages, developmentUrl);
  hardenSession(session.defaultSession);
  const notifications = new Notifications();
  const windows = new Windows({ outFolder, developmentUrl, dataFolder });
  const service = await Service.open({
    version: app.getVersion(),
    dataFolder,
    profiles: new ProfileStore(dataFolder, keyStore()),
    tell: (event) => {
      broadcast(event);
      if (event.kind === 'counts') app.setBadgeCount(event.counts.waiting);
      if (event.kind === 'terminal-removed') windows.closeTerminal(event.terminal);
    },
    notify: ({ title, body }, push) => {
      if (windows.focused) return;
      const clicked = () => {
        windows.openMain();
        service.mail.select(push);
      };
      notifications.show(title, body, {
        clicked,
        fallback: (notice) => service.mail.notice('info', notice),
      });
    },
  });
  windows.onMainClosed(() => service.mail.close());
  const handlers = makeHandlers(service, {
    openDesk: () => windows.openDesk(),
    openDemo: (terminals) => windows.openDemo(terminals),
    samplePath: () => join(outFolder, '../resources/icon.png'),
    openTerminal: (name) => windows.openTerminal(name),
    pickFiles: async () => {
      const { filePaths } = await dialog.showOpenDialog({ properties: ['openFile', 'multiSelections'] });
      return filePaths;
    },
    choosePath: async (what, title) => {
      const { filePaths } = await dialog.showOpenDialog({
        title,
        properties: what === 'folder' ? ['openDirectory', 'createDirectory'] : ['openFile'],
        ...(what === 'profile' ? { filters: PROFILE_FILES } : {}),
      });
      return filePaths[0] ?? null;
    },
    chooseSavePath: async (title, suggested) => {
      const defaultPath = join(app.getPath('documents'), suggested);
      const { canceled, filePath } = await dialog.showSaveDialog({
        title,
        defaultPath,
        filters: PROFILE_FILES,
      });
      return canceled || filePath === '' ? null : filePath;
    },
    chooseContentPath: async (title, suggested) => {
      const defaultPath = join(app.getPath('downloads'), suggested);
      const { canceled, filePath } = await dialog.showSaveDialog({ title, defaultPath });
      return canceled || filePath === '' ? null : filePath;
    },
    pages,
    openPath: (path) => shell.openPath(path),
    showInFolder: (path) => shell.showItemInFolder(path),
    writeClipboard: (text) => clipboard.writeText(text),
  });
  serveCalls(handlers, (url) => isAppUrl(url, developmentUrl));
  powerMonitor.on('resume', () => service.terminals.networkChanged());
  installMenu({
    openDesk: () => windows.openDesk(),
    openRetention: () => windows.tellMain({ kind: 'dialog', dialog: 'retention' }),
    openShortcuts: () => windows.tellMain({ kind: 'dialog', dialog: 'shortcuts' }),
    saveTrace: () => void saveTrace(service, handlers),
    report: () => windows.tellMain({ kind: 'report' }),
  });
  windows.openMain();
  app.on('second-instance', () => windows.openMain());
  app.on('activate', () => windows.openMain());
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  leaveTheCoreBeforeQuitting(service);
}

/** Saves the whole trace for Wireshark, and says so in the window. */
async function saveTrace(service: Service, handlers: Handlers): Promise<void> {
  try {
    const saved = await handlers['trace.export']({ format: 'pcapng', scope: { kind: 'all' } });
    if (saved !== null) service.mail.notice('info', `Saved ${saved.count} messages to ${saved.path}.`);
  } catch (error) {
    service.mail.notice('error', error instanceof Error ? error.message : String(error));
  }
}

/** De-registration takes a moment: quit waits for it, but not for ever. */
function leaveTheCoreBeforeQuitting(service: Service): void {
  let left = false;
  app.on('before-quit', (event) => {
    if (left) return;
    event.preventDefault();
    left = true;
    const patience = new Promise((resolve) => setTimeout(resolve, QUIT_TIMEOUT_MS));
    void Promise.race([service.close(), patience])
      .catch((error: unknown) => log.error('closing failed', error))
      .finally(() => app.quit());
  });
}

/** The key store of the system; Electron's stand-in on Linux without one seals with a key everybody knows. */
function keyStore(): SecretBox {
  const isReal = () =>
    process.platform !== 'linux' || safeStorage.getSelectedStorageBackend() !== 'basic_text';
  return {
    isEncryptionAvailable: () => safeStorage.isEncryptionAvailable() && isReal(),
    encryptString: (text) => safeStorage.encryptString(text),
    decryptString: (bytes) => safeStorage.decryptString(bytes),
  };
}

function startLog(dataFolder: string): void {
  log.transports.file.resolvePathFn = () => join(dataFolder, 'logs', 'main.log');
  log.transports.console.level = 'warn';
  const tell = (error: unknown) => {
    log.error(error);
    const text = `Something went wrong inside the app: ${error instanceof Error ? error.message : String(error)}`;
    broadcast({ kind: 'notice', tone: 'error', text });
  };
  process.on('uncaughtException', tell);
  process.on('unhandledRejection', tell);
}

function cannotOpen(error: unknown): void {
  dialog.showErrorBox('Push Terminal cannot start', error instanceof Error ? error.message : String(error));
  app.exit(1);
}
