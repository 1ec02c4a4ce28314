import { type ContactPreference, isPushTag, parseContactPreferences } from '../../sip/feature-tags.ts';
import type { SipRequest } from '../../sip/message.ts';
import { aorOf, parseUri, type SipUri, sameUri } from '../../sip/uri.ts';
import type { CoreAuth } from './auth.ts';
import type { Bindings, CoreBinding } from './bindings.ts';
import { acceptsContact, rejectsContact } from './contact-matching.ts';
import type { Gruus } from './gruu.ts';

/** Where a request goes: bindings to try in parallel, the core itself, or nowhere. */
export type Selection =
  | { readonly kind: 'bindings'; readonly bindings: readonly CoreBinding[] }
  | { readonly kind: 'core' }
  | { readonly kind: 'refused'; readonly code: 404 | 416 | 480 };

/**
 * Chooses the targets of a request (RFC 3261 §16.5): one binding for a GRUU (RFC 5627 §5.4), every binding
 * that caller preferences leave for an AOR (CORE-MTR-01), one flow an instance (RFC 5626 §7).
 */
export class Router {
  readonly #auth: CoreAuth;
  readonly #bindings: Bindings;
  readonly #gruus: Gruus;
  readonly #isOwnAddress: (host: string, port: number | null) => boolean;
  readonly #domain: string;

  constructor(parts: {
    readonly auth: CoreAuth;
    readonly bindings: Bindings;
    readonly gruus: Gruus;
    readonly domain: string;
    readonly isOwnAddress: (host: string, port: number | null) => boolean;
  }) {
    this.#auth = parts.auth;
    this.#bindings = parts.bindings;
    this.#gruus = parts.gruus;
    this.#domain = parts.domain;
    this.#isOwnAddress = parts.isOwnAddress;
  }

  select(request: SipRequest): Selection {
    const uri = parseUri(request.uri);
    if (uri?.kind !== 'sip') return { kind: 'refused', code: 416 };
    if (!this.#isOwnAddress(uri.host, uri.port)) return this.#contact(uri);
    const isUser = uri.user !== null && this.#auth.hasUser(uri.user);
    const gruu = this.#gruus.lookUp(uri, this.#aorIn(uri));
    if (gruu.kind === 'instance' && (isUser || gruu.aor !== this.#aorIn(uri))) {
      return this.#instance(gruu.aor, gruu.instance);
    }
    if (isUser && gruu.kind === 'not-a-gruu') return this.#addressOfRecord(this.#aorIn(uri), request);
    // A contact may well carry the core's own host name when everything runs on one machine.
    const contact = this.#contact(uri);
    return contact.kind === 'refused' && uri.user === null ? { kind: 'core' } : contact;
  }

  #aorIn(uri: SipUri): string {
    return aorOf({ ...uri, host: this.#domain });
  }

  #instance(aor: string, instance: string): Selection {
    const newest = newestPerInstance(
      this.#bindings.list(aor).filter((binding) => binding.instance === instance),
    );
    return newest.length === 0 ? { kind: 'refused', code: 480 } : { kind: 'bindings', bindings: newest };
  }

  #addressOfRecord(aor: string, request: SipRequest): Selection {
    const wanted = wishesOf(request);
    const unwanted = parseContactPreferences(request.headers('Reject-Contact'));
    const bindings = newestPerInstance(this.#bindings.list(aor)).filter(
      ({ parameters }) => acceptsContact(wanted, parameters) && !rejectsContact(unwanted, parameters),
    );
    return bindings.length === 0 ? { kind: 'refused', code: 480 } : { kind: 'bindings', bindings };
  }

  #contact(uri: SipUri): Selection {
    const binding = this.#bindings.list().find((one) => {
      const contact = parseUri(one.contact);
      return contact !== null && sameUri(contact, uri);
    });
    return binding === undefined ? { kind: 'refused', code: 404 } : { kind: 'bindings', bindings: [binding] };
  }
}

/** The push tag of a SUBSCRIBE tells its notifier what is wanted (PSA-REF-06); a Push Sender Agent announces none. */
function wishesOf(request: SipRequest): readonly ContactPreference[] {
  const wanted = parseContactPreferences(request.headers('Accept-Contact'));
  if (request.method !== 'SUBSCRIBE') return wanted;
  return wanted.map((one) => ({ ...one, features: one.features.filter(({ name }) => !isPushTag(name)) }));
}

/** Of several flows of one instance only the latest is used. */
function newestPerInstance(bindings: readonly CoreBinding[]): readonly CoreBinding[] {
  const byInstance = new Map<string, CoreBinding>();
  for (const binding of bindings) {
    const key = binding.instance ?? binding.contact;
    const known = byInstance.get(key);
    if (known === undefined || known.registeredAt <= binding.registeredAt) byInstance.set(key, binding);
  }
  return [...byInstance.values()];
}
