import { XMLSerializer } from '@xmldom/xmldom';
import { aorToUri } from '../../sip/uri.ts';
import { escapeXml, parseXmlDocument } from '../../sip/xml-document.ts';
import type { EventDocument, EventPackage, Watch } from './event-package.ts';

/** The presence event package (RFC 3856) and its document format (RFC 3863). */
export const PRESENCE_EVENT = 'presence';
export const PIDF_TYPE = 'application/pidf+xml';
const PIDF_NAMESPACE = 'urn:ietf:params:xml:ns:pidf';

/**
 * Presence of the core's users, made of what their terminals publish (RFC 3856, RFC 3903 §6): any user may watch
 * any AOR.
 */
export class PresencePackage implements EventPackage {
  readonly name = PRESENCE_EVENT;
  readonly types = [PIDF_TYPE];
  readonly defaultSeconds = 3600;
  readonly #published: (aor: string) => readonly Buffer[];

  /** `published` gives the PIDF documents that hold for an AOR now, the oldest first. */
  constructor(published: (aor: string) => readonly Buffer[]) {
    this.#published = published;
  }

  watch(aor: string): Watch {
    return {
      document: (): EventDocument => ({ type: PIDF_TYPE, body: composePresence(aor, this.#published(aor)) }),
      close: () => {},
    };
  }
}

/** True for a document whose root is that of PIDF. */
export function isPresenceDocument(bytes: Uint8Array): boolean {
  const result = parseXmlDocument(bytes);
  return result.kind === 'ok' && isPresence(result.root);
}

/**
 * One PIDF document of several (RFC 3863 §4.1): a single one as it was published, of more the elements of all.
 * A tuple or person whose id came before gets another, as ids are unique in a document. `aor` is as in a binding.
 */
export function composePresence(aor: string, documents: readonly Buffer[]): Buffer {
  const [only] = documents;
  if (documents.length === 1 && only !== undefined) return only;
  const ids = new Set<string>();
  const serializer = new XMLSerializer();
  const elements = documents.flatMap((bytes) => {
    const result = parseXmlDocument(bytes);
    if (result.kind === 'bad') return [];
    return [...result.root.children].map((element) => {
      const id = element.getAttribute('id');
      if (id !== null) element.setAttribute('id', newId(id, ids));
      return serializer.serializeToString(element);
    });
  });
  const entity = escapeXml(aorToUri(aor));
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>\n<presence xmlns="${PIDF_NAMESPACE}" entity="${entity}">${elements.join('')}</presence>`,
  );
}

function isPresence(root: { readonly namespaceURI: string | null; readonly localName: string | null }) {
  return root.namespaceURI === PIDF_NAMESPACE && root.localName === 'presence';
}

function newId(wanted: string, taken: Set<string>): string {
  let id = wanted;
  for (let number = 2; taken.has(id); number++) id = `${wanted}-${number}`;
  taken.add(id);
  return id;
}
