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
  /** What was composed last: the watchers of an AOR are told the same, one after the other. */
  #last: { readonly aor: string; readonly documents: readonly Buffer[]; readonly body: Buffer } | null = null;

  /** `published` gives the PIDF documents that hold for an AOR now, the oldest first. */
  constructor(published: (aor: string) => readonly Buffer[]) {
    this.#published = published;
  }

  watch(aor: string): Watch {
    return {
      document: (): EventDocument => ({ type: PIDF_TYPE, body: this.#compose(aor) }),
      close: () => {},
    };
  }

  #compose(aor: string): Buffer {
    const documents = this.#published(aor);
    const last = this.#last;
    const isSame =
      last?.aor === aor &&
      last.documents.length === documents.length &&
      documents.every((one, at) => one === last.documents[at]);
    if (isSame) return last.body;
    const body = composePresence(aor, documents);
    this.#last = { aor, documents, body };
    return body;
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
  const ids: TakenIds = new Map();
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

/** Ids given so far, each with the number that the next one of its kind is tried with. */
type TakenIds = Map<string, number>;

/** Goes on counting where it was: a document may repeat one id thousands of times. */
function newId(wanted: string, taken: TakenIds): string {
  let number = taken.get(wanted) ?? 1;
  let id = number === 1 ? wanted : `${wanted}-${number}`;
  while (taken.has(id)) {
    number += 1;
    id = `${wanted}-${number}`;
  }
  taken.set(wanted, number + 1);
  if (id !== wanted) taken.set(id, 2);
  return id;
}
