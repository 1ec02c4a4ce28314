import type { HeaderParameter } from '../../sip/name-addr.ts';
import { parseUri, sameUri } from '../../sip/uri.ts';

/** One registered contact of an address of record. Times are milliseconds since 1970. */
export type CoreBinding = {
  readonly aor: string;
  /** Contact URI as registered. */
  readonly contact: string;
  /** Instance id without angle brackets (`urn:uuid:…`), or null. */
  readonly instance: string | null;
  readonly regId: number | null;
  /** Every other Contact parameter: feature tags and what the registrar does not know, echoed as they came. */
  readonly parameters: readonly HeaderParameter[];
  readonly q: string | null;
  readonly path: readonly string[];
  readonly callId: string;
  readonly cseq: number;
  readonly expiresAt: number;
  readonly registeredAt: number;
  /** The flow the registration came over: the only way requests go to this contact. */
  readonly flowId: string;
  readonly pubGruu: string | null;
  readonly tempGruu: string | null;
};

/** Why the bindings of an AOR changed. `withdrawn`: still registered, but no push application any more. */
export type RegistrationEvent =
  | 'created'
  | 'refreshed'
  | 'withdrawn'
  | 'unregistered'
  | 'expired'
  | 'flow-closed';

export type RegistrationChange = {
  readonly at: string;
  readonly event: RegistrationEvent;
  readonly binding: CoreBinding;
};

/** Bindings one AOR may have. */
export const MAX_BINDINGS_PER_AOR = 50;
/** Longest delay a Node timer takes; later expiries are looked at again. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * The location service: bindings by AOR, removed when they expire or their flow closes.
 * A binding is keyed by instance and reg-id, by instance, or by contact URI (RFC 3261 §10.3, RFC 5626 §6).
 */
export class Bindings {
  readonly #byAor = new Map<string, CoreBinding[]>();
  /** How many bindings live over each flow. */
  readonly #countByFlow = new Map<string, number>();
  readonly #onChange: (event: RegistrationEvent, binding: CoreBinding) => void;
  #timer: NodeJS.Timeout | null = null;
  #sweepAt = 0;

  constructor(onChange: (event: RegistrationEvent, binding: CoreBinding) => void) {
    this.#onChange = onChange;
  }

  /** Bindings of one AOR, or of all, in order of registration. */
  list(aor?: string): readonly CoreBinding[] {
    if (aor !== undefined) return this.#byAor.get(aor) ?? [];
    return [...this.#byAor.values()].flat();
  }

  /** The binding that a registration with these values would replace. */
  find(wanted: Pick<CoreBinding, 'aor' | 'instance' | 'regId' | 'contact'>): CoreBinding | undefined {
    return this.list(wanted.aor).find((binding) => sameBinding(binding, wanted));
  }

  /** Adds a binding or replaces its predecessor. */
  put(binding: CoreBinding, event: RegistrationEvent): void {
    const before = this.list(binding.aor);
    const others = before.filter((one) => !sameBinding(one, binding));
    for (const one of before) if (!others.includes(one)) this.#count(one.flowId, -1);
    this.#count(binding.flowId, 1);
    this.#byAor.set(binding.aor, [...others, binding]);
    this.#sweepBy(binding.expiresAt);
    this.#onChange(event, binding);
  }

  remove(binding: CoreBinding, event: RegistrationEvent): void {
    const before = this.list(binding.aor);
    const left = before.filter((one) => one !== binding);
    if (left.length === before.length) return;
    if (left.length === 0) this.#byAor.delete(binding.aor);
    else this.#byAor.set(binding.aor, left);
    this.#count(binding.flowId, -1);
    this.#onChange(event, binding);
  }

  /** True while a binding lives over this flow. */
  usesFlow(flowId: string): boolean {
    return this.#countByFlow.has(flowId);
  }

  /** Bindings cannot outlive the flow that leads to their terminal (RFC 5626 §5.3). */
  flowClosed(flowId: string): void {
    if (!this.usesFlow(flowId)) return;
    for (const binding of this.list()) if (binding.flowId === flowId) this.remove(binding, 'flow-closed');
  }

  /** Stops the expiry timer. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
  }

  #count(flowId: string, change: 1 | -1): void {
    const count = (this.#countByFlow.get(flowId) ?? 0) + change;
    if (count === 0) this.#countByFlow.delete(flowId);
    else this.#countByFlow.set(flowId, count);
  }

  /** Sees to it that the next sweep comes no later than `expiresAt`. */
  #sweepBy(expiresAt: number): void {
    if (this.#timer !== null && this.#sweepAt <= expiresAt) return;
    this.close();
    this.#sweepAt = expiresAt;
    const delay = Math.min(Math.max(expiresAt - Date.now(), 0), MAX_TIMER_MS);
    this.#timer = setTimeout(() => this.#sweep(), delay);
    this.#timer.unref();
  }

  #sweep(): void {
    this.#timer = null;
    const now = Date.now();
    for (const binding of this.list()) {
      if (binding.expiresAt <= now) this.remove(binding, 'expired');
      else this.#sweepBy(binding.expiresAt);
    }
  }
}

function sameBinding(
  binding: CoreBinding,
  wanted: Pick<CoreBinding, 'instance' | 'regId' | 'contact'>,
): boolean {
  if (binding.instance !== null || wanted.instance !== null) {
    return binding.instance === wanted.instance && binding.regId === wanted.regId;
  }
  if (binding.contact === wanted.contact) return true;
  const [a, b] = [parseUri(binding.contact), parseUri(wanted.contact)];
  return a !== null && b !== null && sameUri(a, b);
}
