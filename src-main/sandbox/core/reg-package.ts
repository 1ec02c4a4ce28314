import {
  formatRegInfo,
  MAX_REGINFO_BYTES,
  REGINFO_TYPE,
  type RegContact,
  type RegRegistration,
} from '../../sip/reginfo.ts';
import type { Bindings, CoreBinding, RegistrationEvent } from './bindings.ts';
import type { EventDocument, EventPackage, Watch } from './event-package.ts';
import type { Gruus } from './gruu.ts';
import { RegState } from './reg-state.ts';

/** The event package of registrations (RFC 3680 §4.1). */
export const REG_EVENT = 'reg';
/** Contacts that ended and were not told yet; the oldest are forgotten, as full state leaves them out anyway. */
const MAX_ENDED = 100;

/**
 * Registration state of the core's users (RFC 3680, with the GRUUs of RFC 5628). Any user may watch any AOR, which
 * is the policy a push sender needs (RFC 3680 §4.6); the owner of the AOR alone is told temporary GRUUs.
 */
export class RegPackage implements EventPackage {
  readonly name = REG_EVENT;
  readonly types = [REGINFO_TYPE];
  readonly defaultSeconds = 3761;
  readonly #state: RegState;
  readonly #watches = new Map<string, Set<RegWatch>>();

  constructor(bindings: Bindings, gruus: Gruus) {
    this.#state = new RegState(bindings, gruus);
  }

  watch(aor: string, isOwner: boolean): Watch {
    const watches = this.#watches.get(aor) ?? new Set();
    const watch = new RegWatch(
      (ended) => this.#state.describe(aor, ended, isOwner),
      () => {
        watches.delete(watch);
        if (watches.size === 0) this.#watches.delete(aor);
      },
    );
    this.#watches.set(aor, watches.add(watch));
    return watch;
  }

  /** A binding changed. Its watchers are told when the notifier says so. */
  changed(event: RegistrationEvent, binding: CoreBinding): void {
    const ended = this.#state.note(event, binding);
    if (ended === null) return;
    for (const watch of this.#watches.get(binding.aor) ?? []) watch.contactEnded(ended);
  }
}

/** What one subscriber is told: the bindings, and those that ended since it was told last. */
export class RegWatch implements Watch {
  readonly #describe: (ended: readonly RegContact[]) => RegRegistration;
  readonly #onClosed: () => void;
  readonly #ended = new Map<string, RegContact>();

  constructor(describe: (ended: readonly RegContact[]) => RegRegistration, onClosed: () => void) {
    this.#describe = describe;
    this.#onClosed = onClosed;
  }

  /** A contact is gone: the next document says why. */
  contactEnded(contact: RegContact): void {
    this.#ended.set(contact.id, contact);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  document(version: number): EventDocument {
    const registration = this.#describe([...this.#ended.values()]);
    this.#ended.clear();
    return { type: REGINFO_TYPE, body: regInfoOf(registration, version) };
  }

  close(): void {
    this.#onClosed();
  }
}

/** Feature tags are left out of a document that no subscriber would read for its size. */
function regInfoOf(registration: RegRegistration, version: number): Buffer {
  const write = (one: RegRegistration): Buffer =>
    Buffer.from(formatRegInfo({ version, state: 'full', registrations: [one] }));
  const whole = write(registration);
  if (whole.length <= MAX_REGINFO_BYTES) return whole;
  const contacts = registration.contacts.map((contact) => ({ ...contact, parameters: [] }));
  return write({ ...registration, contacts });
}
