import { Notification } from 'electron';

export type NotificationActions = {
  readonly clicked: () => void;
  /** Gets the text where the system shows no notifications. */
  readonly fallback: (text: string) => void;
};

/** Notifications in this time, in ms, before the others are left to the counts in the window. */
const BURST_INTERVAL_MS = 10_000;
const MAX_IN_BURST = 5;

/** Notifications of the system: they never steal the focus, and a burst of pushes does not bury the desktop. */
export class Notifications {
  /** Kept until closed: a notification that is collected loses its click. */
  readonly #shown = new Set<Notification>();
  #burstStart = 0;
  #inBurst = 0;

  show(title: string, body: string, actions: NotificationActions): void {
    if (!this.#mayShow()) return;
    if (!Notification.isSupported()) {
      actions.fallback(`${title}: ${body}`);
      return;
    }
    const notification = new Notification({ title, body });
    const forget = () => this.#shown.delete(notification);
    this.#shown.add(notification);
    notification.on('click', () => {
      forget();
      actions.clicked();
    });
    notification.on('close', forget);
    notification.on('failed', () => {
      forget();
      actions.fallback(`${title}: ${body}`);
    });
    notification.show();
  }

  #mayShow(): boolean {
    const now = Date.now();
    if (now - this.#burstStart > BURST_INTERVAL_MS) {
      this.#burstStart = now;
      this.#inBurst = 0;
    }
    this.#inBurst += 1;
    return this.#inBurst <= MAX_IN_BURST;
  }
}
