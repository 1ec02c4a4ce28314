import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { app, BrowserWindow, nativeTheme, type Rectangle, type Session, screen } from 'electron';
import { z } from 'zod';
import { EVENT_CHANNEL, type WindowEvent } from '../ipc/contract.ts';
import { APP_ORIGIN, isAppUrl, isPushedUrl } from './app-url.ts';
import { demoTiles } from './demo-tiles.ts';

export type WindowsOptions = {
  /** Folder of the build: preload and renderer lie in it. */
  readonly outFolder: string;
  /** Dev server of the renderer, or null in a build. */
  readonly developmentUrl: string | null;
  readonly dataFolder: string;
};

const boundsSchema = z.object({ x: z.int(), y: z.int(), width: z.int().min(300), height: z.int().min(300) });
const MAIN_SIZE = { width: 1360, height: 860, minWidth: 960, minHeight: 620 } as const;
const DESK_SIZE = { width: 1100, height: 760, minWidth: 400, minHeight: 480 } as const;
const TERMINAL_SIZE = { width: 660, height: 820, minWidth: 480, minHeight: 480 } as const;
const BACKGROUND = { dark: '#0f1014', light: '#ffffff' } as const;

/** Denies what no window of ours needs: permissions, new windows, navigation, webviews. */
export function hardenSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false));
  session.setPermissionCheckHandler(() => false);
  session.setDevicePermissionHandler(() => false);
}

/** The app's windows: one main window, one sender desk, and one for each terminal that is shown alone. */
export class Windows {
  readonly #options: WindowsOptions;
  #mainClosed: () => void = () => {};
  #main: BrowserWindow | null = null;
  #desk: BrowserWindow | null = null;
  readonly #terminals = new Map<string, BrowserWindow>();

  constructor(options: WindowsOptions) {
    this.#options = options;
    app.on('web-contents-created', (_event, contents) => {
      contents.setWindowOpenHandler(() => ({ action: 'deny' }));
      contents.on('will-attach-webview', (event) => event.preventDefault());
      contents.on('will-navigate', (event) => {
        if (!isAppUrl(event.url, options.developmentUrl)) event.preventDefault();
      });
      // A frame shows the page it was opened for, which is served once, and goes nowhere.
      contents.on('will-frame-navigate', (event) => {
        if (!event.isMainFrame && !isPushedUrl(event.url)) event.preventDefault();
      });
    });
  }

  /** Calls back whenever the main window has gone. */
  onMainClosed(listener: () => void): void {
    this.#mainClosed = listener;
  }

  /** Whether the user is looking at one of our windows. */
  get focused(): boolean {
    return BrowserWindow.getFocusedWindow() !== null;
  }

  /** Opens the main window, or brings it to the front. */
  openMain(): void {
    if (this.#main !== null) {
      raise(this.#main);
      return;
    }
    const window = this.#open({ ...MAIN_SIZE, ...this.#rememberedBounds() }, 'Push Terminal', '');
    this.#main = window;
    window.on('close', () => this.#rememberBounds(window.getNormalBounds()));
    window.on('closed', () => {
      this.#main = null;
      this.#mainClosed();
    });
  }

  /** Tells the main window alone, which comes to the front. */
  tellMain(event: WindowEvent): void {
    this.openMain();
    const contents = this.#main?.webContents;
    if (contents?.isLoading() === true)
      contents.once('did-finish-load', () => contents.send(EVENT_CHANNEL, event));
    else contents?.send(EVENT_CHANNEL, event);
  }

  /** Opens the window of one terminal, or brings it to the front. Its page titles it, with what waits in it. */
  openTerminal(name: string): void {
    const known = this.#terminals.get(name);
    if (known !== undefined) {
      raise(known);
      return;
    }
    const window = this.#open(TERMINAL_SIZE, name, `?terminal=${encodeURIComponent(name)}`);
    window.removeAllListeners('page-title-updated');
    this.#terminals.set(name, window);
    window.on('closed', () => this.#terminals.delete(name));
  }

  /** The terminal is gone: so is its window. */
  closeTerminal(name: string): void {
    this.#terminals.get(name)?.close();
  }

  /** Opens the sender desk, or brings it to the front. */
  openDesk(): void {
    if (this.#desk !== null) {
      raise(this.#desk);
      return;
    }
    this.#openDesk('?view=desk');
  }

  /** Opens two terminals side by side and the sender desk with its guide beside them. */
  openDemo(terminals: readonly [string, string]): void {
    const from = this.#main ?? this.#desk;
    const display = from === null ? screen.getPrimaryDisplay() : screen.getDisplayMatching(from.getBounds());
    const tiles = demoTiles(display.workArea);
    for (const [index, name] of terminals.entries()) {
      this.openTerminal(name);
      this.#terminals.get(name)?.setBounds(tiles.terminals[index] ?? tiles.desk);
    }
    // A desk without the guide makes room for one that has it.
    this.#desk?.destroy();
    this.#openDesk('?view=desk&guide=gruu').setBounds(tiles.desk);
  }

  #openDesk(query: string): BrowserWindow {
    const window = this.#open(DESK_SIZE, 'Sender desk', query);
    this.#desk = window;
    window.on('closed', () => {
      if (this.#desk === window) this.#desk = null;
    });
    return window;
  }

  #open(size: object, title: string, query: string): BrowserWindow {
    const window = new BrowserWindow({
      ...size,
      title,
      show: false,
      icon: join(this.#options.outFolder, '../resources/icon.png'),
      backgroundColor: nativeTheme.shouldUseDarkColors ? BACKGROUND.dark : BACKGROUND.light,
      webPreferences: {
        preload: join(this.#options.outFolder, 'preload/preload.cjs'),
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        webSecurity: true,
        spellcheck: false,
      },
    });
    window.once('ready-to-show', () => window.show());
    window.on('page-title-updated', (event) => event.preventDefault());
    void window.loadURL(`${this.#options.developmentUrl ?? APP_ORIGIN}/index.html${query}`);
    return window;
  }

  get #boundsPath(): string {
    return join(this.#options.dataFolder, 'window.json');
  }

  /** Where the window was, unless that screen is gone or nothing was remembered. */
  #rememberedBounds(): Partial<Rectangle> {
    try {
      const bounds = boundsSchema.parse(JSON.parse(readFileSync(this.#boundsPath, 'utf8')));
      const { workArea } = screen.getDisplayMatching(bounds);
      const visible = bounds.x < workArea.x + workArea.width && bounds.y < workArea.y + workArea.height;
      return visible ? bounds : {};
    } catch {
      return {};
    }
  }

  #rememberBounds(bounds: Rectangle): void {
    try {
      writeFileSync(this.#boundsPath, JSON.stringify(bounds));
    } catch {
      // The next start opens at the default size; nothing is lost.
    }
  }
}

function raise(window: BrowserWindow): void {
  if (window.isMinimized()) window.restore();
  window.show();
  window.focus();
}
