import { networkInterfaces } from 'node:os';

/** What is looked at; replaced in tests. */
export type NetworkView = {
  /** Addresses of all interfaces, in any one order. */
  readonly addresses: () => string;
  /** ms since the epoch. */
  readonly now: () => number;
};

const LOOK_EVERY_MS = 2_000;
/** A look that comes this much late: the machine slept. */
const SLEEP_GAP_MS = 10_000;

/**
 * Notices that the machine's addresses changed, or that it slept: Node tells neither. The caller then asks its
 * flows for a sign of life instead of waiting for their timers.
 */
export class NetworkWatch {
  readonly #changed: () => void;
  readonly #view: NetworkView;
  readonly #timer: NodeJS.Timeout;
  #addresses: string;
  #lookedAt: number;

  constructor(changed: () => void, view: NetworkView = SYSTEM) {
    this.#changed = changed;
    this.#view = view;
    this.#addresses = view.addresses();
    this.#lookedAt = view.now();
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** Looks now. */
  look(): void {
    const now = this.#view.now();
    const slept = now - this.#lookedAt > SLEEP_GAP_MS;
    const addresses = this.#view.addresses();
    const moved = addresses !== this.#addresses;
    this.#lookedAt = now;
    this.#addresses = addresses;
    if (slept || moved) this.#changed();
  }
}

const SYSTEM: NetworkView = { addresses: currentAddresses, now: Date.now };

function currentAddresses(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
    .sort()
    .join(' ');
}
