import type { ContentHeaders } from '../content/part-tree.ts';
import { longHeaderName } from '../sip/header-fields.ts';

/** Header text that is looked at, in characters. */
const MAX_HEADER_TEXT = 64 * 1024;

/** What the kept header text of a push says of its content: folded lines and compact names too. First values count. */
export function contentHeadersOf(headerText: string): ContentHeaders {
  const [, ...lines] = headerText
    .slice(0, MAX_HEADER_TEXT)
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/);
  const values = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = longHeaderName(line.slice(0, Math.max(0, colon)).trim()).toLowerCase();
    if (name !== '' && !values.has(name)) values.set(name, line.slice(colon + 1).trim());
  }
  return {
    contentType: values.get('content-type') ?? null,
    contentEncoding: values.get('content-encoding') ?? null,
    contentTransferEncoding: values.get('content-transfer-encoding') ?? null,
    contentDisposition: values.get('content-disposition') ?? null,
    contentId: values.get('content-id') ?? null,
  };
}
