import type { Locator, Page } from '@playwright/test';

/** The Applications tab. */
export class ApplicationsPage {
  readonly page: Page;
  /** All of the tab. */
  readonly panel: Locator;
  readonly dialog: Locator;
  readonly newRule: Locator;
  readonly trust: Locator;

  constructor(page: Page) {
    this.page = page;
    this.panel = page.getByRole('tabpanel', { name: 'Applications' });
    this.dialog = page.getByRole('dialog', { name: /^Edit / });
    this.newRule = this.panel.getByRole('form', { name: 'New rule' });
    this.trust = this.panel.getByRole('region', { name: 'Trust', exact: true });
  }

  /** Opens the tab, and there the terminal. */
  async open(terminal: string): Promise<void> {
    await this.page.getByRole('tab', { name: 'Applications' }).click();
    await this.panel
      .getByRole('group', { name: 'Terminal' })
      .getByRole('button', { name: terminal, exact: true })
      .click();
  }

  row(application: string): Locator {
    return this.panel
      .getByRole('region', { name: 'Applications', exact: true })
      .getByRole('row')
      .filter({ hasText: application });
  }

  /** Opens the dialog of an application. */
  async edit(application: string): Promise<void> {
    await this.panel.getByRole('button', { name: `Edit ${application}`, exact: true }).click();
  }

  async choose(label: string, option: string): Promise<void> {
    await this.dialog.getByLabel(label, { exact: true }).selectOption(option);
  }

  async fill(label: string, text: string): Promise<void> {
    await this.dialog.getByLabel(label, { exact: true }).fill(text);
  }

  async addArgument(number: number, text: string): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Add argument' }).click();
    await this.fill(`Argument ${number}`, text);
  }

  async save(): Promise<void> {
    await this.dialog.getByRole('button', { name: 'Save' }).click();
    await this.dialog.waitFor({ state: 'hidden' });
  }

  /** One of the switches of the app: Run commands, Call local webhooks. */
  permission(name: string): Locator {
    return this.panel.getByRole('checkbox', { name, exact: true });
  }

  rules(): Locator {
    return this.trust.getByRole('table', { name: 'Rules' }).locator('tbody').getByRole('row');
  }

  ruleField(field: 'Sender' | 'Application' | 'Content type' | 'Decision', number: number): Locator {
    return this.trust.getByLabel(`${field} of rule ${number}`, { exact: true });
  }

  newRuleField(field: 'Sender' | 'Application' | 'Content type' | 'Decision'): Locator {
    return this.newRule.getByLabel(`${field} of the new rule`, { exact: true });
  }

  async addRule(): Promise<void> {
    await this.newRule.getByRole('button', { name: 'Add rule' }).click();
  }

  /** Asks what would be decided, and gives the answer. */
  async tryIt(sender: string, application: string, type: string): Promise<Locator> {
    await this.trust.getByLabel('Sender to try').fill(sender);
    await this.trust.getByLabel('Application to try').fill(application);
    await this.trust.getByLabel('Content type to try').fill(type);
    return this.trust.getByRole('region', { name: /^Try it/ });
  }
}
