import { networkInterfaces } from 'node:os';

const LOOK_EVERY_MS = 2_000;
/** A look that comes this much late: the machine slept. */
const SLEEP_GAP_MS = 10_000;

/**
 * Notices that the machine's addresses changed, or that it slept: Node tells neither. The caller then asks its
 * flows for a sign of life instead of waiting for their timers.
 */
export class NetworkWatch {
  readonly #changed: () => void;
  readonly #timer: NodeJS.Timeout;
  #addresses = currentAddresses();
  #lookedAt = Date.now();

  constructor(changed: () => void) {
    this.#changed = changed;
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = Date.now();
    const slept = now - this.#lookedAt > SLEEP_GAP_MS;
    const addresses = currentAddresses();
    const moved = addresses !== this.#addresses;
    this.#lookedAt = now;
    this.#addresses = addresses;
    if (slept || moved) this.#changed();
  }
}

function currentAddresses(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
    .sort()
    .join(' ');
}
