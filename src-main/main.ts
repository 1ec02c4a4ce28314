import { join } from 'node:path';
import { app, clipboard, dialog, safeStorage, session, shell } from 'electron';
import log from 'electron-log/main.js';
import { runCli, SUB_COMMANDS } from './cli/program.ts';
import { isAppUrl } from './desktop/app-url.ts';
import { makeHandlers } from './desktop/handlers.ts';
import { installMenu } from './desktop/menu.ts';
import { showNotification } from './desktop/notifications.ts';
import { ProfileStore } from './desktop/profiles.ts';
import { declareAppScheme, serveApp } from './desktop/protocol.ts';
import { Service } from './desktop/service.ts';
import { hardenSession, Windows } from './desktop/windows.ts';
import { broadcast, serveCalls } from './ipc/bridge.ts';

/** How long quitting may take until the app goes all the same. */
const QUIT_TIMEOUT_MS = 5_000;

/** Arguments of the app itself: without the binary, switches, and in a checkout the app's folder. */
const args = process.argv.slice(process.defaultApp ? 2 : 1).filter((arg) => !arg.startsWith('--no-sandbox'));
const [first] = args;

if (first !== undefined && SUB_COMMANDS.some((command) => command === first)) {
  void app.whenReady().then(async () => app.exit(await runCli(args)));
} else if (app.requestSingleInstanceLock()) {
  declareAppScheme();
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
  hardenSession(session.defaultSession);
  const windows = new Windows({ outFolder, developmentUrl, dataFolder });
  const service = await Service.open({
    version: app.getVersion(),
    dataFolder,
    profiles: new ProfileStore(dataFolder, safeStorage),
    tell: broadcast,
    notify: (title, text, push) => {
      if (windows.focused) return;
      const clicked = () => {
        windows.openMain();
        broadcast({ kind: 'select-push', push });
      };
      showNotification(title, text, {
        clicked,
        fallback: (notice) => broadcast({ kind: 'notice', tone: 'info', text: notice }),
      });
    },
  });
  const handlers = makeHandlers(service, {
    openDesk: () => windows.openDesk(),
    pickFiles: async () => {
      const { filePaths } = await dialog.showOpenDialog({ properties: ['openFile', 'multiSelections'] });
      return filePaths;
    },
    openPath: (path) => shell.openPath(path),
    showInFolder: (path) => shell.showItemInFolder(path),
    writeClipboard: (text) => clipboard.writeText(text),
    removed: (push) => broadcast({ kind: 'push-removed', push }),
  });
  serveCalls(handlers, (url) => isAppUrl(url, developmentUrl));
  installMenu({ openDesk: () => windows.openDesk() });
  windows.openMain();
  app.on('second-instance', () => windows.openMain());
  app.on('activate', () => windows.openMain());
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit();
  });
  leaveTheCoreBeforeQuitting(service);
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
