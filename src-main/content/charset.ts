/** A text as it can be shown, with what had to be guessed in words. */
export type DecodedText = {
  readonly text: string;
  /** The character set that was used, in lower case. */
  readonly charset: string;
  /** Whether only the beginning was decoded. */
  readonly truncated: boolean;
  readonly warnings: readonly string[];
};

/** Longest name of a character set that is looked up. */
const MAX_NAME = 40;
/** 80 to 9F in windows-1252, which the TextDecoder of some Node versions takes for ISO-8859-1; NUL where nothing is. */
const WINDOWS_1252 = '€\0‚ƒ„…†‡ˆ‰Š‹Œ\0Ž\0\0‘’“”•–—˜™š›œ\0žŸ';
/** What a byte order mark says (RFC 2781 §3.2, RFC 3629 §6). */
const BYTE_ORDER_MARKS: readonly { readonly bytes: readonly number[]; readonly charset: string }[] = [
  { bytes: [0xef, 0xbb, 0xbf], charset: 'utf-8' },
  { bytes: [0xfe, 0xff], charset: 'utf-16be' },
  { bytes: [0xff, 0xfe], charset: 'utf-16le' },
];
/** IANA MIBenum numbers, by which WBXML and WSP name character sets. */
const MIB_NAMES: ReadonlyMap<number, string> = new Map([
  [3, 'us-ascii'],
  ...Array.from({ length: 8 }, (_, index): [number, string] => [index + 4, `iso-8859-${index + 1}`]),
  [12, 'iso-8859-9'],
  [13, 'iso-8859-10'],
  [17, 'shift_jis'],
  [18, 'euc-jp'],
  [38, 'euc-kr'],
  [39, 'iso-2022-jp'],
  [106, 'utf-8'],
  [109, 'iso-8859-13'],
  [110, 'iso-8859-14'],
  [111, 'iso-8859-15'],
  [112, 'iso-8859-16'],
  [113, 'gbk'],
  [114, 'gb18030'],
  [1000, 'utf-16'],
  [1013, 'utf-16be'],
  [1014, 'utf-16le'],
  [1015, 'utf-16'],
  [2025, 'gb2312'],
  [2026, 'big5'],
  [2084, 'koi8-r'],
  ...Array.from({ length: 9 }, (_, index): [number, string] => [index + 2250, `windows-${index + 1250}`]),
]);

/** The name of a character set by its MIBenum (IANA Character Sets), or null. */
export function charsetOfMib(mib: number): string | null {
  return MIB_NAMES.get(mib) ?? null;
}

/**
 * Decodes a text of which at most `maxBytes` are read. A byte order mark counts more than the declared character set;
 * without either it is UTF-8, or ISO-8859-1 when it is none. An unknown character set is read as ISO-8859-1. Each such
 * guess is said in a warning. Never throws (RFC 2046 §4.1.2, RFC 2781 §4.3, RFC 6657).
 */
export function decodeText(bytes: Buffer, declared: string | null, maxBytes: number): DecodedText {
  const truncated = bytes.length > maxBytes;
  const head = bytes.subarray(0, maxBytes);
  const mark = BYTE_ORDER_MARKS.find((one) => one.bytes.every((byte, index) => head[index] === byte));
  const wanted = canonicalName(declared);
  if (mark !== undefined) {
    const agrees = wanted === null || mark.charset.startsWith(wanted);
    const warning = `The text is declared as ${clip(wanted ?? '')}, but begins as ${mark.charset}.`;
    const decoded = decodeAs(head, mark.charset, truncated);
    return { ...decoded, truncated, warnings: [...(agrees ? [] : [warning]), ...decoded.warnings] };
  }
  if (wanted === null) return { ...decodeUndeclared(head, truncated), truncated };
  // Without a mark UTF-16 is big-endian (RFC 2781 §4.3); the library takes it the other way round.
  return { ...decodeAs(head, wanted === 'utf-16' ? 'utf-16be' : wanted, truncated), truncated };
}

function canonicalName(declared: string | null): string | null {
  const name = (declared ?? '').trim().toLowerCase();
  if (name === '') return null;
  if (name === 'utf8') return 'utf-8';
  return /^(?:iso-10646-)?ucs-2$/.test(name) ? 'utf-16' : name;
}

type Decoded = Omit<DecodedText, 'truncated'>;

function decodeAs(bytes: Buffer, charset: string, cut: boolean): Decoded {
  if (!isKnown(charset)) {
    const warnings = [`The character set ${clip(charset)} is unknown; the text is shown as ISO-8859-1.`];
    return { text: bytes.toString('latin1'), charset: 'iso-8859-1', warnings };
  }
  const exact = tryDecode(bytes, charset, cut);
  const highAscii = /^(?:us-)?ascii$/.test(charset) && bytes.some((byte) => byte > 0x7f);
  if (exact !== null && !highAscii) return { text: exact, charset, warnings: [] };
  return {
    text: exact ?? run(new TextDecoder(charset), bytes, cut),
    charset,
    warnings: [`Some bytes are not ${charset}.`],
  };
}

function decodeUndeclared(bytes: Buffer, cut: boolean): Decoded {
  const text = tryDecode(bytes, 'utf-8', cut);
  if (text !== null) return { text, charset: 'utf-8', warnings: [] };
  const warnings = ['No character set is declared and it is no UTF-8; the text is shown as ISO-8859-1.'];
  return { text: bytes.toString('latin1'), charset: 'iso-8859-1', warnings };
}

/** Null when a byte does not fit. A character that was cut at the end is left out, and is no fault. */
function tryDecode(bytes: Buffer, charset: string, cut: boolean): string | null {
  try {
    return run(new TextDecoder(charset, { fatal: true }), bytes, cut);
  } catch {
    return null;
  }
}

function run(decoder: InstanceType<typeof TextDecoder>, bytes: Buffer, cut: boolean): string {
  const text = decoder.decode(bytes, { stream: cut });
  if (decoder.encoding !== 'windows-1252') return text;
  return text.replace(/[\x80-\x9f]/g, (control) => {
    const character = WINDOWS_1252[control.charCodeAt(0) - 0x80];
    return character === undefined || character === '\0' ? '\ufffd' : character;
  });
}

function isKnown(charset: string): boolean {
  try {
    return charset.length <= MAX_NAME && new TextDecoder(charset).encoding !== '';
  } catch {
    return false;
  }
}

function clip(name: string): string {
  const shown = name.replace(/[^\x20-\x7e]/g, '?');
  return shown.length > MAX_NAME ? `${shown.slice(0, MAX_NAME)}…` : shown;
}
