/** The GSM 7-bit default alphabet by code (3GPP 23.038 §6.2.1); 1B leads to the extension table. */
const ALPHABET =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u001bÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
  '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà';
/** 3GPP 23.038 §6.2.1.1. */
const EXTENSION: ReadonlyMap<number, string> = new Map([
  [0x0a, '\f'],
  [0x14, '^'],
  [0x28, '{'],
  [0x29, '}'],
  [0x2f, '\\'],
  [0x3c, '['],
  [0x3d, '~'],
  [0x3e, ']'],
  [0x40, '|'],
  [0x65, '€'],
]);
const ESCAPE = 0x1b;

/** Decodes seven-bit characters packed into bytes, the first in the lowest bits (3GPP 23.038 §6.1.2.1). */
export function decodeGsm7(bytes: Buffer): string {
  const count = Math.floor((bytes.length * 8) / 7);
  let text = '';
  let escaped = false;
  for (let index = 0; index < count; index += 1) {
    const bit = index * 7;
    const pair = (bytes[bit >> 3] ?? 0) | ((bytes[(bit >> 3) + 1] ?? 0) << 8);
    const code = (pair >> (bit & 7)) & 0x7f;
    if (code === ESCAPE && !escaped) {
      escaped = true;
      continue;
    }
    text += (escaped ? EXTENSION.get(code) : null) ?? ALPHABET[code] ?? '';
    escaped = false;
  }
  // Seven bits that are left over at the end are padding: zeros, or CR.
  return count % 8 === 0 ? text.replace(/[@\r]$/, '') : text;
}
