import { createHash } from 'node:crypto';
import type { HeaderParameter } from '../../sip/name-addr.ts';
import { MAX_CONTACT_PARAMETERS, type RegContact, type RegRegistration } from '../../sip/reginfo.ts';
import { aorToUri } from '../../sip/uri.ts';
import type { Bindings, CoreBinding, RegistrationEvent } from './bindings.ts';
import type { Gruus } from './gruu.ts';

/** Longest parameter value that is told to watchers, in characters; others are left out. */
const MAX_PARAMETER_LENGTH = 4096;

/** The core's events as those of RFC 3680 §4.7.1. */
const CONTACT_EVENTS: Readonly<Record<RegistrationEvent, Pick<RegContact, 'event' | 'state'>>> = {
  created: { event: 'registered', state: 'active' },
  refreshed: { event: 'refreshed', state: 'active' },
  withdrawn: { event: 'refreshed', state: 'active' },
  unregistered: { event: 'unregistered', state: 'terminated' },
  expired: { event: 'expired', state: 'terminated' },
  // Nobody asked for the end of it, and the terminal is welcome to register again at once.
  'flow-closed': { event: 'deactivated', state: 'terminated' },
};

/** The bindings of the core as registration state: RFC 3680 §5.1 with the GRUUs of RFC 5628 §5. */
export class RegState {
  readonly #bindings: Bindings;
  readonly #gruus: Gruus;
  /** What brought each binding about. */
  readonly #events = new WeakMap<CoreBinding, RegistrationEvent>();

  constructor(bindings: Bindings, gruus: Gruus) {
    this.#bindings = bindings;
    this.#gruus = gruus;
  }

  /** Takes note of a change. Gives the contact's last words when it has ended, else null. */
  note(event: RegistrationEvent, binding: CoreBinding): RegContact | null {
    this.#events.set(binding, event);
    return CONTACT_EVENTS[event].state === 'terminated' ? this.#contact(binding, false) : null;
  }

  /**
   * The whole state of an AOR and the contacts that `ended` since it was last told. Temporary GRUUs are for those
   * who may register to the AOR: they would tell others who hides behind them (RFC 5628 §5).
   */
  describe(aor: string, ended: readonly RegContact[], showsTemporary: boolean): RegRegistration {
    const active = this.#bindings.list(aor).map((binding) => this.#contact(binding, showsTemporary));
    const ids = new Set(active.map(({ id }) => id));
    const gone = ended.filter(({ id }) => !ids.has(id));
    return {
      aor: aorToUri(aor),
      id: idOf(aor),
      state: active.length > 0 ? 'active' : gone.length > 0 ? 'terminated' : 'init',
      contacts: [...active, ...gone],
    };
  }

  #contact(binding: CoreBinding, showsTemporary: boolean): RegContact {
    const { aor, instance, regId, contact } = binding;
    const { state, event } = CONTACT_EVENTS[this.#events.get(binding) ?? 'created'];
    const temporary =
      showsTemporary && state === 'active' && instance !== null
        ? this.#gruus.temporaryGruu(aor, instance)
        : null;
    return {
      id: idOf(aor, instance, regId, contact),
      state,
      event,
      expires: state === 'active' ? Math.max(0, Math.round((binding.expiresAt - Date.now()) / 1000)) : null,
      uri: unicode(contact),
      displayName: null,
      callId: unicode(binding.callId),
      cseq: binding.cseq,
      instance: instance !== null && instance.length <= MAX_PARAMETER_LENGTH ? unicode(instance) : null,
      pubGruu: binding.pubGruu,
      tempGruu: temporary?.uri ?? null,
      tempGruuFirstCseq: temporary?.firstCseq ?? null,
      parameters: parametersOf(binding),
    };
  }
}

/** Feature tags and the like, and reg-id: all that RFC 3261 does not know (RFC 3680 §5.1). */
function parametersOf({ parameters, regId }: CoreBinding): readonly HeaderParameter[] {
  const known = regId === null ? [] : [{ name: 'reg-id', value: String(regId), quoted: false }];
  return [...known, ...parameters]
    .filter(({ value }) => value === null || value.length <= MAX_PARAMETER_LENGTH)
    .map((one) => ({ ...one, value: one.value === null ? null : unicode(one.value) }))
    .slice(0, MAX_CONTACT_PARAMETERS - 1);
}

/** An id that stays the same for the same parts and differs for others. */
function idOf(...parts: readonly (string | number | null)[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/** SIP texts are latin1 strings of UTF-8 bytes; documents are Unicode. */
function unicode(text: string): string {
  return Buffer.from(text, 'latin1').toString('utf8');
}
