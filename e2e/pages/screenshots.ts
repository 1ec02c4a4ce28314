import { join } from 'node:path';
import type { App } from './app.ts';

/** Pictures for the eyes of whoever asks for them, dark and light, wide and narrow. */
export async function screenshots(app: App, name: string): Promise<void> {
  const into = process.env['PUSH_TERMINAL_SCREENSHOTS'];
  if (into === undefined) return;
  const { page } = app.inbox;
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const [width, height] of [
      [1360, 860],
      [1024, 700],
    ] as const) {
      await app.resize(width, height);
      await page.waitForTimeout(150);
      await page.screenshot({ path: join(into, `${name}-${colorScheme}-${width}.png`) });
    }
  }
  await app.resize(1360, 860);
}
