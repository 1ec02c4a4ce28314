import type { Locator, Page } from '@playwright/test';

/** The sender desk with its guide to GRUU delivery. */
export class DemoPage {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  /** A step by its title. */
  step(title: string): Locator {
    return this.page.getByRole('listitem').filter({ has: this.page.getByRole('heading', { name: title }) });
  }

  async play(title: string, action: string): Promise<Locator> {
    const step = this.step(title);
    await step.getByRole('button', { name: action }).click();
    return step;
  }
}
