import {
  countContacts,
  MAX_CONTACTS,
  MAX_REGISTRATIONS,
  type RegContact,
  type RegInfo,
  type RegRegistration,
} from './reginfo.ts';

/** What became of a document in a subscriber's table. */
export type RegInfoMerge =
  /** The table after it, with all that lives; contacts the document reports as gone are in `ended`. */
  | { readonly kind: 'merged'; readonly info: RegInfo; readonly ended: readonly RegContact[] }
  /** Not newer than the table: nothing to do. */
  | { readonly kind: 'stale' }
  /** Changes without what they change: ask for full state by refreshing the subscription. */
  | { readonly kind: 'gap' };

/**
 * Brings a subscriber's table up to date with the next document of the same subscription (RFC 3680 §5.2). `before`
 * is the table this function gave last, or null at the start of a subscription. A partial document that does not
 * follow its predecessor is a gap, and so is one that would make the table larger than a document may be.
 */
export function mergeRegInfo(before: RegInfo | null, next: RegInfo): RegInfoMerge {
  if (before !== null && isStale(before, next)) return { kind: 'stale' };
  if (next.state === 'partial' && next.version !== (before?.version ?? Number.NaN) + 1)
    return { kind: 'gap' };
  const table = new Map<string, RegRegistration>();
  const known = next.state === 'partial' ? (before?.registrations ?? []) : [];
  for (const registration of known) table.set(registration.id, registration);
  for (const registration of next.registrations) {
    const merged = mergeRegistration(table.get(registration.id), registration);
    if (merged === null) table.delete(registration.id);
    else table.set(registration.id, merged);
  }
  const registrations = [...table.values()];
  if (registrations.length > MAX_REGISTRATIONS || countContacts(registrations) > MAX_CONTACTS) {
    return { kind: 'gap' };
  }
  const ended = next.registrations.flatMap((registration) =>
    registration.contacts.filter((contact) => registration.state === 'terminated' || !isActive(contact)),
  );
  return { kind: 'merged', info: { version: next.version, state: 'full', registrations }, ended };
}

/** The registration after a change; null when it has ended. */
function mergeRegistration(
  before: RegRegistration | undefined,
  next: RegRegistration,
): RegRegistration | null {
  if (next.state === 'terminated') return null;
  const contacts = new Map<string, RegContact>();
  if (next.state === 'active')
    for (const contact of before?.contacts ?? []) contacts.set(contact.id, contact);
  for (const contact of next.contacts) {
    if (isActive(contact)) contacts.set(contact.id, contact);
    else contacts.delete(contact.id);
  }
  return { ...next, contacts: [...contacts.values()] };
}

function isActive({ state }: RegContact): boolean {
  return state === 'active';
}

/** A full document of the same version is taken: Kamailio numbers all of its own 0, and CSeq keeps NOTIFYs in order. */
function isStale(before: RegInfo, next: RegInfo): boolean {
  return next.state === 'full' ? next.version < before.version : next.version <= before.version;
}
