import { formatIariTag, formatIcsiTag, formatPushTag } from '../../sip/feature-tags.ts';
import { type Fault, UNKNOWN_APPLICATION } from './faults.ts';

/** Whom of a user's terminals a push is for, and how the sender names itself. */
export type Addressing = {
  /** Application Resource Identifier. */
  readonly application: string;
  /** Communication services, as URNs (PSA-IMS-03); the first one is preferred (PSA-IMS-02, RFC 6050). */
  readonly icsi?: readonly string[];
  /** Application references, as URNs. */
  readonly iari?: readonly string[];
  /** Only terminals that fit, and only those that say so, may get it (RFC 3841 §9.2). */
  readonly require?: boolean;
  readonly explicit?: boolean;
  /** Says P-Asserted-Identity itself, as inside a trust domain (RFC 3325); a preferred identity otherwise. */
  readonly asserted?: boolean;
  /** What the sender is to do wrong. */
  readonly fault?: Fault;
};

/**
 * Header lines that every push carries: whom it is for (PSA-PAG-03, PSA-SES-03, -04, X-03, X-38) and who sends it; the
 * core turns the preferred identity into an asserted one. A fault may leave it out or name another application.
 */
export function pushHeaders(push: Addressing, sender: string): readonly string[] {
  const [service] = push.icsi ?? [];
  return [
    acceptContact(push),
    ...(service === undefined ? [] : [`P-Preferred-Service: ${service}`]),
    ...(push.fault === 'no-identity'
      ? []
      : [`P-${push.asserted === true ? 'Asserted' : 'Preferred'}-Identity: <${sender}>`]),
  ];
}

/** Parameters of the Contact of an INVITE: service and push tags (PSA-SES-18). */
export function contactTags({ application, icsi = [], iari = [] }: Addressing): string {
  return tags(application, icsi, iari);
}

/** The Accept-Contact line alone, one value with every tag. */
export function acceptContact(push: Addressing): string {
  const application = push.fault === 'unknown-application' ? UNKNOWN_APPLICATION : push.application;
  const flags = [push.require === true ? ';require' : '', push.explicit === true ? ';explicit' : ''];
  return `Accept-Contact: *;${tags(application, push.icsi ?? [], push.iari ?? [])}${flags.join('')}`;
}

function tags(application: string, icsi: readonly string[], iari: readonly string[]): string {
  return [
    ...(icsi.length === 0 ? [] : [formatIcsiTag(icsi)]),
    ...(iari.length === 0 ? [] : [formatIariTag(iari)]),
    formatPushTag([application]),
  ].join(';');
}

/** What a final status means for the push, in words (002 Appendix D). */
export function meaningOf(code: number, reason: string): string {
  const known: Readonly<Record<number, string>> = {
    403: 'rejected, no retry: unknown application or a sender that is not trusted',
    404: 'the core knows no such user or terminal',
    401: 'the core wants other credentials than those given',
    407: 'the core wants other credentials than those given',
    408: 'could not be delivered',
    413: 'the content is too large',
    415: 'the terminal does not take this type of content',
    480: 'no terminal of this user takes it now',
    486: 'the terminal is busy',
    487: 'cancelled',
    488: 'the terminal takes none of these files',
    500: 'discarded for want of resources, retry later',
    503: 'the terminal or the core takes nothing now, retry later',
    513: 'the content is too large',
    603: 'declined by the user',
    604: 'rejected, no retry: the user is nowhere',
  };
  return known[code] ?? reason;
}
