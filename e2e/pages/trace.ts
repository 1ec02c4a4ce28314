import { expect, type Locator, type Page } from '@playwright/test';

/** The Trace tab of a window. */
export class TracePage {
  readonly page: Page;
  readonly list: Locator;
  readonly message: Locator;

  constructor(page: Page) {
    this.page = page;
    this.list = page.getByRole('listbox', { name: 'Messages' });
    this.message = page.getByRole('region', { name: 'Message' });
  }

  async open(): Promise<void> {
    await this.page.getByRole('tab', { name: 'Trace', exact: true }).click();
    await expect(this.page.getByRole('region', { name: 'Trace' })).toBeVisible();
  }

  /** Rows in view whose spoken text matches. */
  rows(text: string | RegExp): Locator {
    return this.list.getByRole('option', { name: text });
  }

  async toggle(name: string | RegExp): Promise<void> {
    await this.page.getByRole('region', { name: 'Trace' }).getByRole('button', { name }).click();
  }

  async search(text: string): Promise<void> {
    await this.page.getByRole('searchbox', { name: 'Search the trace' }).fill(text);
  }

  /** Opens the menu behind Save… and chooses from it. */
  async choose(name: string | RegExp, role: 'menuitem' | 'menuitemcheckbox' = 'menuitem'): Promise<void> {
    await this.page.getByRole('button', { name: 'Save…' }).click();
    await this.page.getByRole(role, { name }).click();
  }
}
