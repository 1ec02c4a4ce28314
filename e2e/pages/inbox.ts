import { expect, type Locator, type Page } from '@playwright/test';
import { RegistrationPage } from './registration.ts';

/** The main window. */
export class InboxPage {
  readonly page: Page;
  readonly list: Locator;
  readonly searchField: Locator;
  readonly detail: Locator;
  readonly offer: Locator;
  /** What a REFER asks for, and the choice. */
  readonly refer: Locator;
  readonly delivery: Locator;
  readonly session: Locator;

  constructor(page: Page) {
    this.page = page;
    this.searchField = page.getByRole('searchbox', { name: 'Search' });
    this.list = page.getByRole('listbox', { name: 'Pushes' });
    this.detail = page.getByRole('region', { name: 'Detail' });
    this.refer = page.getByRole('region', { name: 'Subscription asked for' });
    this.offer = page.getByRole('region', { name: 'Offer' });
    this.delivery = page.getByRole('region', { name: 'Delivery', exact: true });
    this.session = page.getByRole('region', { name: 'Session', exact: true });
  }

  async startSandbox(): Promise<void> {
    await this.page.getByRole('button', { name: 'Try it with the sandbox' }).click();
    for (const name of ['Bob · desk', 'Bob · phone'])
      await expect(this.terminal(name)).toContainText('Registered');
  }

  /** A terminal in the left column. */
  terminal(name: string): Locator {
    return this.page
      .getByRole('navigation', { name: 'Terminals' })
      .getByRole('listitem')
      .filter({ hasText: name });
  }

  /** Shows one terminal's pushes, or with the same terminal again all. */
  async show(terminal: string): Promise<void> {
    await this.terminal(terminal).getByRole('button', { pressed: false }).first().click();
  }

  async showAll(terminal: string): Promise<void> {
    await this.terminal(terminal).getByRole('button', { pressed: true }).click();
  }

  /** Rows of the list that hold a text. */
  rows(text?: string): Locator {
    const all = this.page.getByRole('option');
    return text === undefined ? all : all.filter({ hasText: text });
  }

  /** The filter whose words, and number where it has one, begin so. */
  filterButton(name: string): Locator {
    return this.page
      .getByRole('group', { name: 'Show' })
      .getByRole('button', { name: new RegExp(`^${name}`) });
  }

  async filter(name: string): Promise<void> {
    await this.filterButton(name).click();
  }

  async search(text: string): Promise<void> {
    await this.searchField.fill(text);
  }

  async open(text: string): Promise<void> {
    await this.rows(text).first().click();
  }

  async tab(name: string): Promise<void> {
    await this.detail.getByRole('tab', { name }).click();
  }

  /** Answers an offer that is open in the detail. */
  async accept(which: 'selected' | 'all'): Promise<void> {
    const name = which === 'all' ? 'Accept all' : /^Accept \d+ selected/;
    await this.offer.getByRole('button', { name }).click();
  }

  async decline(): Promise<void> {
    await this.offer.getByRole('button', { name: 'Decline' }).click();
  }

  choice(file: string): Locator {
    return this.offer.getByRole('checkbox', { name: `Take ${file}` });
  }

  /** A file of an answered offer. */
  file(name: string): Locator {
    return this.page.getByRole('list', { name: 'Files' }).getByRole('listitem').filter({ hasText: name });
  }

  /** A button of a file: `Resume firmware.img`, `Remove …`, `Keep … anyway`, `Show … in folder`, `Stop …`. */
  fileAction(name: string): Locator {
    return this.detail.getByRole('button', { name, exact: true });
  }

  /** A row of an offer that is open in the detail. */
  offered(file: string): Locator {
    return this.offer.getByRole('row').filter({ hasText: file });
  }

  /** The picture that came with a file. */
  icon(file: string): Locator {
    return this.detail.getByRole('img', { name: `Preview of ${file}` });
  }

  /** Opens the settings for files in the profile of a terminal. */
  async editFiles(terminal: string): Promise<void> {
    await this.page.getByRole('button', { name: `Actions for ${terminal}` }).click();
    await this.page.getByRole('menuitem', { name: 'Edit profile…' }).click();
    await this.page
      .getByRole('dialog')
      .getByRole('navigation')
      .getByRole('button', { name: /^Files/ })
      .click();
  }

  /** The delivery report state of a file. */
  report(file: string): Locator {
    const reports = this.page.getByRole('region', { name: 'Delivery reports' });
    return reports.getByRole('listitem').filter({ hasText: file });
  }

  /** Fills in the form of a new terminal and sends it off. */
  async connect(profile: Readonly<Record<string, string>>): Promise<void> {
    await this.page
      .getByRole('button', { name: /Connect to a core|Add terminal/ })
      .first()
      .click();
    const form = this.page.getByRole('dialog', { name: 'Connect to a core' });
    for (const [label, value] of Object.entries(profile))
      await form.getByLabel(label, { exact: true }).fill(value);
    await form.getByRole('button', { name: 'Add and register' }).click();
  }

  /** A terminal's public GRUU as the Registration tab shows it; comes back to the list as it was. */
  async publicGruu(terminal: string): Promise<string> {
    const registration = new RegistrationPage(this.page);
    const wasShown = (await this.terminal(terminal).getByRole('button', { pressed: true }).count()) > 0;
    await registration.open(terminal);
    const text = await registration.addresses
      .getByText(/^sip:.*;gr=urn:uuid:/)
      .first()
      .textContent();
    await registration.leave();
    if (!wasShown) await this.showAll(terminal);
    return text?.trim() ?? '';
  }
}
