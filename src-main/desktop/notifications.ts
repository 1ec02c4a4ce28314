import { Notification } from 'electron';

/** Shows a notification of the system; where that fails, `fallback` gets the text. Never steals the focus. */
export function showNotification(
  title: string,
  body: string,
  actions: { readonly clicked: () => void; readonly fallback: (text: string) => void },
): void {
  if (!Notification.isSupported()) {
    actions.fallback(`${title}: ${body}`);
    return;
  }
  const notification = new Notification({ title, body });
  notification.on('click', actions.clicked);
  notification.on('failed', () => actions.fallback(`${title}: ${body}`));
  notification.show();
}
