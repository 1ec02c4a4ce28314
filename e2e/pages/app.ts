import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { _electron, type ElectronApplication, type Page } from '@playwright/test';
import { ApplicationsPage } from './applications.ts';
import { DemoPage } from './demo.ts';
import { DeskPage } from './desk.ts';
import { InboxPage } from './inbox.ts';
import { RegistrationPage } from './registration.ts';
import { TracePage } from './trace.ts';

const projectRoot = resolve(import.meta.dirname, '../..');
/** Closing waits for de-registration, and no longer than this. */
const CLOSE_TIMEOUT_MS = 10_000;

/** The real app in a window of its own, with a fresh user-data folder. */
export class App {
  readonly dataFolder: string;
  #electron: ElectronApplication;
  #pages: Pages;

  private constructor(electron: ElectronApplication, pages: Pages, dataFolder: string) {
    this.#electron = electron;
    this.#pages = pages;
    this.dataFolder = dataFolder;
  }

  /** `prepare` may put files into the data folder first. */
  static async launch(prepare: (dataFolder: string) => Promise<void> = async () => {}): Promise<App> {
    const dataFolder = await mkdtemp(join(tmpdir(), 'push-terminal-e2e-'));
    await prepare(dataFolder);
    const electron = await start(dataFolder);
    return new App(electron, await pagesOf(electron), dataFolder);
  }

  get electron(): ElectronApplication {
    return this.#electron;
  }

  get inbox(): InboxPage {
    return this.#pages.inbox;
  }

  get registration(): RegistrationPage {
    return this.#pages.registration;
  }

  get applications(): ApplicationsPage {
    return this.#pages.applications;
  }

  get trace(): TracePage {
    return this.#pages.trace;
  }

  /** Quits the app and opens it anew, with all that it kept. */
  async restart(): Promise<void> {
    await this.#quit();
    this.#electron = await start(this.dataFolder);
    this.#pages = await pagesOf(this.#electron);
  }

  /** Opens the sender desk from the main window. */
  async openDesk(): Promise<DeskPage> {
    const opened = this.electron.waitForEvent('window');
    await this.inbox.page.getByRole('button', { name: 'Sender desk', exact: true }).click();
    const page = await opened;
    await page.getByRole('heading', { name: 'Sender desk' }).waitFor();
    return new DeskPage(page, this.electron);
  }

  /** Starts the GRUU demo from the first screen: three windows open. */
  async startDemo(): Promise<{
    readonly demo: DemoPage;
    readonly desk: InboxPage;
    readonly phone: InboxPage;
  }> {
    await this.inbox.page.getByRole('button', { name: 'See GRUU delivery' }).click();
    const window = async (query: string): Promise<Page> => {
      const isIt = (page: Page): boolean => page.url().endsWith(query);
      return (
        this.electron.windows().find(isIt) ??
        (await this.electron.waitForEvent('window', { predicate: isIt }))
      );
    };
    const demo = new DemoPage(await window('?view=desk&guide=gruu'));
    const desk = new InboxPage(await window('?terminal=bob-desk'));
    const phone = new InboxPage(await window('?terminal=bob-phone'));
    return { demo, desk, phone };
  }

  /** Opens the window of one terminal by the menu of its card. */
  async openTerminal(
    name: string,
  ): Promise<{ readonly inbox: InboxPage; readonly registration: RegistrationPage }> {
    const opened = this.electron.waitForEvent('window');
    await this.inbox.page.getByRole('button', { name: `Actions for ${name}` }).click();
    await this.inbox.page.getByRole('menuitem', { name: 'Open in own window' }).click();
    const page = await opened;
    await page.getByRole('heading', { level: 1, name }).waitFor();
    return { inbox: new InboxPage(page), registration: new RegistrationPage(page) };
  }

  /** Sets the size of the main window's content. */
  async resize(width: number, height: number): Promise<void> {
    await this.electron.evaluate(
      ({ BrowserWindow }, size) => {
        const window = BrowserWindow.getAllWindows().find((one) => one.getTitle() === 'Push Terminal');
        window?.setContentSize(size.width, size.height);
      },
      { width, height },
    );
  }

  /** Kills it as kill -9 does, and opens it anew, with all that it kept. */
  async killAndRestart(): Promise<void> {
    const gone = new Promise((resolve) => this.electron.process().once('exit', resolve));
    this.electron.process().kill('SIGKILL');
    await gone;
    this.#electron = await start(this.dataFolder);
    this.#pages = await pagesOf(this.#electron);
  }

  async close(): Promise<void> {
    await this.#quit();
    await rm(this.dataFolder, { recursive: true, force: true });
  }

  async #quit(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const killed = new Promise<void>((done) => {
      timer = setTimeout(() => {
        this.electron.process().kill('SIGKILL');
        done();
      }, CLOSE_TIMEOUT_MS);
    });
    await Promise.race([this.electron.close(), killed]);
    clearTimeout(timer);
  }
}

type Pages = {
  readonly inbox: InboxPage;
  readonly registration: RegistrationPage;
  readonly applications: ApplicationsPage;
  readonly trace: TracePage;
};

function start(dataFolder: string): Promise<ElectronApplication> {
  const executablePath = process.env['PUSH_TERMINAL_ELECTRON'];
  if (executablePath === undefined)
    throw new Error('PUSH_TERMINAL_ELECTRON names no Electron; run npm test.');
  return _electron.launch({
    executablePath,
    args: ['.', `--user-data-dir=${dataFolder}`],
    cwd: projectRoot,
  });
}

async function pagesOf(electron: ElectronApplication): Promise<Pages> {
  const page = await electron.firstWindow();
  await page.getByRole('navigation', { name: 'Terminals' }).waitFor();
  return {
    inbox: new InboxPage(page),
    registration: new RegistrationPage(page),
    applications: new ApplicationsPage(page),
    trace: new TracePage(page),
  };
}
