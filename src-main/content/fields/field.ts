/** One fact of a recognised content. A `uri` is shown, never opened by itself. */
export type ContentField = {
  readonly name: string;
  readonly value: string;
  readonly kind: 'text' | 'uri' | 'time' | 'number' | 'hex';
};

/** What a recognised content says. Texts are claims of the sender; warnings are sentences. */
export type ContentFields = {
  readonly title: string;
  readonly fields: readonly ContentField[];
  readonly warnings: readonly string[];
};

/** Longest value of one field, in characters. */
const MAX_VALUE = 8 * 1024;
/** Facts of one content. */
export const MAX_FIELDS = 500;

/** A field with its value cut to what can be shown. */
export function field(name: string, value: string, kind: ContentField['kind'] = 'text'): ContentField {
  return { name, value: value.length > MAX_VALUE ? `${value.slice(0, MAX_VALUE)}…` : value, kind };
}

/** Bytes as a field in hex. */
export function hexField(name: string, bytes: Buffer): ContentField {
  return field(name, bytes.subarray(0, MAX_VALUE).toString('hex'), 'hex');
}

/** A time in seconds since 1970 as text, or the number when it is no date. */
export function timeField(name: string, seconds: number): ContentField {
  const date = new Date(seconds * 1000);
  if (Number.isNaN(date.getTime())) return field(name, String(seconds), 'number');
  return field(name, date.toISOString().replace('.000Z', 'Z'), 'time');
}

/** The first fields, with a warning when there are more than are shown. */
export function bounded(content: ContentFields): ContentFields {
  if (content.fields.length <= MAX_FIELDS) return content;
  return {
    title: content.title,
    fields: content.fields.slice(0, MAX_FIELDS),
    warnings: [
      ...content.warnings,
      `Only the first ${MAX_FIELDS} of ${content.fields.length} values are shown.`,
    ],
  };
}
