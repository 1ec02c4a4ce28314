import type { Locator, Page } from '@playwright/test';

/** The Registration tab, in the main window or in the window of one terminal. */
export class RegistrationPage {
  readonly page: Page;
  /** All of the tab. */
  readonly panel: Locator;
  /** The state in a word or two: Registered, Failed (403) … */
  readonly state: Locator;
  /** `expires in 28:41` or `next try in 0:28`. */
  readonly countdown: Locator;
  readonly warnings: Locator;
  readonly addresses: Locator;
  readonly connection: Locator;
  readonly applications: Locator;
  readonly features: Locator;
  readonly bindings: Locator;
  readonly subscriptions: Locator;
  readonly publication: Locator;
  readonly exchange: Locator;

  constructor(page: Page) {
    this.page = page;
    this.panel = page.getByRole('tabpanel', { name: 'Registration' });
    this.state = this.panel.getByRole('status');
    this.countdown = this.panel.getByRole('timer').first();
    this.warnings = this.panel.getByRole('list', { name: 'Warnings' }).getByRole('listitem');
    const section = (name: string) => this.panel.getByRole('region', { name, exact: true });
    this.addresses = section('Addresses');
    this.connection = section('Connection');
    this.applications = section('Applications');
    this.features = section('What the core supports');
    this.bindings = section('Bindings');
    this.subscriptions = section('Subscriptions');
    this.publication = section('Published capabilities');
    this.exchange = section('Last exchange');
  }

  /** Opens the tab by the menu of a terminal's card, as Details… does. Main window only. */
  async open(terminal: string): Promise<void> {
    await this.page.getByRole('button', { name: `Actions for ${terminal}` }).click();
    await this.page.getByRole('menuitem', { name: 'Details…' }).click();
    await this.panel.getByRole('heading', { level: 2, name: terminal, exact: true }).waitFor();
  }

  /** Opens the tab with the terminal it shows by itself. */
  async show(): Promise<void> {
    await this.page.getByRole('tab', { name: 'Registration' }).click();
  }

  async leave(): Promise<void> {
    await this.page.getByRole('tab', { name: 'Inbox' }).click();
  }

  /** One of the buttons at the top: Register, Unregister, Withdraw push, Offer push again, Edit profile…. */
  action(name: string): Locator {
    return this.panel.getByRole('button', { name, exact: true });
  }

  /** The list or menu of terminals at the top, where there are several. */
  choice(terminal: string): Locator {
    return this.panel
      .getByRole('group', { name: 'Terminal' })
      .getByRole('button', { name: terminal, exact: true });
  }

  /** The value beside a name such as `Public GRUU` or `Flow-Timer`, with its Copy button. */
  fact(name: string): Locator {
    return this.panel
      .getByRole('term')
      .filter({ hasText: new RegExp(`^${name}$`) })
      .locator('xpath=following-sibling::dd');
  }

  /** Copies e.g. `public GRUU`, `instance of contact 2` or `response`. */
  copy(what: string): Locator {
    return this.panel.getByRole('button', { name: `Copy ${what}`, exact: true });
  }

  /** Rows of the table of contacts that hold a text. */
  contacts(text?: string): Locator {
    const all = this.bindings.getByRole('row').filter({ has: this.page.getByRole('rowheader') });
    return text === undefined ? all : all.filter({ hasText: text });
  }

  /** Groups of the table of subscriptions that hold a text: a line and what is below it. */
  subscription(text: string): Locator {
    return this.subscriptions.getByRole('rowgroup').filter({ hasText: text });
  }

  /** Subscribes by hand, with the keyboard alone. */
  async subscribe(asked: Readonly<Record<string, string>>): Promise<void> {
    await this.subscriptions.getByRole('button', { name: 'Subscribe…' }).press('Enter');
    const dialog = this.page.getByRole('dialog', { name: 'Subscribe' });
    for (const [label, value] of Object.entries(asked)) {
      const field = dialog.getByLabel(label, { exact: true });
      if (label === 'Application') await field.selectOption(value);
      else await field.fill(value);
    }
    await dialog.getByRole('button', { name: 'Subscribe', exact: true }).press('Enter');
    await dialog.waitFor({ state: 'detached' });
  }

  feature(name: string): Locator {
    return this.features.getByRole('listitem').filter({ hasText: name });
  }

  /** The identifiers served. */
  served(application?: string): Locator {
    const all = this.applications.getByRole('listitem');
    return application === undefined ? all : all.filter({ hasText: application });
  }

  async addApplication(application: string): Promise<void> {
    await this.applications.getByRole('textbox', { name: 'Add an application' }).fill(application);
    await this.page.keyboard.press('Enter');
  }

  removeButton(application: string): Locator {
    return this.applications.getByRole('button', { name: `Remove ${application}`, exact: true });
  }

  /** Opens or closes the raw request and response. */
  async toggleExchange(): Promise<void> {
    await this.exchange.getByRole('button', { name: 'Last exchange' }).click();
  }
}
