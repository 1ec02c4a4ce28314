import { ALLOWED_METHODS, SUPPORTED_EXTENSIONS } from '../../sip/capabilities.ts';
import { parseParameters } from '../../sip/name-addr.ts';
import { escapeXml } from '../../sip/xml-document.ts';

export const PIDF_TYPE = 'application/pidf+xml';
/** Of our own: RFC 5196 has no element for feature tags that others registered, and lets such stand beside its own. */
const FEATURE_NAMESPACE = 'urn:push-terminal:servcaps';

/** What a terminal can do, as it is published. */
export type PushCapabilities = {
  /** Address of record. */
  readonly aor: string;
  /** `urn:uuid:…`: names the tuple, so that the terminals of one user do not write over each other. */
  readonly instanceId: string;
  /** GRUU, or the address of record where the core gave none. */
  readonly contact: string;
  /** Feature tag parameters of our Contact, e.g. `+g.oma.pusheventapp="mms.ua"`; none while push is withdrawn. */
  readonly tags: readonly string[];
  /** Media types taken in messages and files, `*` for any. */
  readonly types: readonly string[];
  /** Where the UAProf document is, or null. */
  readonly uaProfile: string | null;
};

/**
 * A presence document with the push capabilities (PRA-CAP-01, -02): RFC 3863 PIDF with the service capabilities of
 * RFC 5196, its elements in the order of its schema. A terminal that takes no pushes at the moment is `closed`.
 */
export function pidfOf(capabilities: PushCapabilities): string {
  const { aor, instanceId, contact, tags, types, uaProfile } = capabilities;
  const id = `push-${instanceId.replace(/^urn:uuid:/i, '').replace(/[^A-Za-z0-9-]/g, '')}`;
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<presence xmlns="urn:ietf:params:xml:ns:pidf" xmlns:caps="urn:ietf:params:xml:ns:pidf:caps" xmlns:push="${FEATURE_NAMESPACE}" entity="${escapeXml(aor)}">`,
    ` <tuple id="${id}">`,
    `  <status><basic>${tags.length === 0 ? 'closed' : 'open'}</basic></status>`,
    '  <caps:servcaps>',
    ...supported('event-packages', ['refer']),
    ...supported('extensions', SUPPORTED_EXTENSIONS.map(extensionElement)),
    '   <caps:message>true</caps:message>',
    ...supported('methods', ALLOWED_METHODS),
    ...lowerCased(types).map((type) => `   <caps:type>${escapeXml(type)}</caps:type>`),
    ...tags.flatMap(featureElement),
    ...(uaProfile === null ? [] : [`   <push:uaprof>${escapeXml(uaProfile)}</push:uaprof>`]),
    '  </caps:servcaps>',
    `  <contact>${escapeXml(contact)}</contact>`,
    ' </tuple>',
    '</presence>',
  ].join('\n')}\n`;
}

function supported(name: string, values: readonly string[]): readonly string[] {
  const elements = values.map((value) => `<caps:${value}/>`).join('');
  return [`   <caps:${name}><caps:supported>${elements}</caps:supported></caps:${name}>`];
}

/** RFC 5196 §3.2.17: an element name may not begin with a digit. */
function extensionElement(tag: string): string {
  return tag === '100rel' ? 'rel100' : tag;
}

function lowerCased(types: readonly string[]): readonly string[] {
  return [...new Set(types.map((type) => type.toLowerCase()))];
}

function featureElement(tag: string): readonly string[] {
  const [parameter] = parseParameters(`;${tag}`) ?? [];
  if (parameter === undefined) return [];
  const name = escapeXml(parameter.name.replace(/^\+/, ''));
  return [`   <push:feature name="${name}">${escapeXml(parameter.value ?? 'true')}</push:feature>`];
}
