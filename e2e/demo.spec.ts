import AxeBuilder from '@axe-core/playwright';
import { expect, test } from '@playwright/test';
import { App } from './pages/app.ts';

test.describe('the GRUU demo', () => {
  let app: App;

  test.beforeEach(async () => {
    app = await App.launch();
  });
  test.afterEach(async () => {
    await app.close();
  });

  test('one click opens two terminals and a guide that plays every kind of delivery', async () => {
    const { demo, desk, phone } = await app.startDemo();
    await expect(demo.step('Both terminals register')).toContainText('As expected');

    const both = await demo.play('Push to the user', 'Push to both');
    await expect(both).toContainText('arrived at Bob · desk');
    await expect(both).toContainText('arrived at Bob · phone');
    await expect(both).toContainText('As expected');
    await expect(desk.rows('To every terminal of Bob')).toHaveCount(1);
    await expect(phone.rows('To every terminal of Bob')).toHaveCount(1);

    const one = await demo.play('Push to Bob · desk alone', 'Push to the GRUU');
    await expect(one).toContainText('As expected');
    await expect(desk.rows('To the desk alone')).toHaveCount(1);
    await expect(phone.rows('To the desk alone')).toHaveCount(0);

    const file = await demo.play('Offer a file to Bob · phone', 'Offer a picture');
    await phone.open('push-terminal.png');
    await phone.accept('selected');
    await expect(file).toContainText('As expected');
    await expect(phone.file('push-terminal.png')).toContainText('verified');

    const gone = await demo.play('Bob · phone leaves', 'Unregister it, then push');
    await expect(gone).toContainText('480');
    await expect(gone).toContainText('As expected');
    await gone.getByRole('button', { name: 'Register it again' }).click();
    await expect(demo.step('Push to the user').getByRole('button', { name: 'Once more' })).toBeEnabled();
    const { violations } = await new AxeBuilder({ page: demo.page }).setLegacyMode(true).analyze();
    expect(violations).toEqual([]);
  });
});
