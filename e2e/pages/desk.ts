import type { ElectronApplication, Locator, Page } from '@playwright/test';

/** The sender desk. */
export class DeskPage {
  readonly page: Page;
  readonly #electron: ElectronApplication;

  constructor(page: Page, electron: ElectronApplication) {
    this.page = page;
    this.#electron = electron;
  }

  async toUser(aor: string): Promise<void> {
    await this.page.getByRole('radio', { name: 'All terminals (AOR)' }).check();
    await this.page.getByRole('checkbox', { name: `All terminals of ${aor}` }).check();
  }

  async toTerminal(name: string): Promise<void> {
    await this.page.getByRole('radio', { name: 'Chosen terminals (GRUU)' }).check();
    await this.page.getByRole('checkbox', { name: `Terminal ${name}` }).check();
  }

  async pushMessage(text: string, application = 'mms.ua'): Promise<void> {
    await this.page.getByRole('tab', { name: 'Message' }).click();
    await this.page.getByLabel('Application Resource Identifier').fill(application);
    await this.page.getByLabel('Text (text/plain)').fill(text);
    await this.push();
  }

  /** Pushes files; the system's file dialog is the one thing a test cannot click, so it answers these paths. */
  async pushFiles(paths: readonly string[]): Promise<void> {
    await this.#electron.evaluate(({ dialog }, filePaths) => {
      dialog.showOpenDialog = () => Promise.resolve({ canceled: false, filePaths: [...filePaths] });
    }, paths);
    await this.page.getByRole('tab', { name: 'Files' }).click();
    await this.page.getByLabel('Application Resource Identifier').fill('mms.ua');
    await this.page.getByRole('button', { name: '+ Add files' }).click();
    await this.page
      .getByRole('list', { name: 'Files to push' })
      .getByRole('listitem')
      .nth(paths.length - 1)
      .waitFor();
    await this.push();
  }

  /** Opens the tab of a kind of push. */
  async choose(kind: 'Message' | 'Files' | 'Notify' | 'Refer' | 'Options'): Promise<void> {
    await this.page.getByRole('tab', { name: kind }).click();
  }

  async push(): Promise<void> {
    await this.page.getByRole('button', { name: /^Push to/ }).click();
  }

  /** The newest result that holds a text. */
  result(text: string): Locator {
    return this.page.getByRole('article').filter({ hasText: text }).first();
  }
}
