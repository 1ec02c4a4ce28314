/** Bits as text: a number in a field of that width, octets from hex, or characters of a host name in six bits each. */
export const bits = (value: number, width: number): string => value.toString(2).padStart(width, '0');
export const octets = (hex: string): string =>
  [...Buffer.from(hex, 'hex')].map((byte) => bits(byte, 8)).join('');
export const hostName = (name: string): string =>
  bits(name.length - 1, 8) + [...name].map((character) => bits(indexOf(character), 6)).join('');
export const ascii7 = (text: string, lengthBits: number): string =>
  bits(text.length - 1, lengthBits) + [...text].map((character) => bits(character.charCodeAt(0), 7)).join('');

/** A ULP-PDU from its bits behind the length, which is put before them (OMA-TS-ULP §11.1). */
export function ulpPdu(...pieces: readonly string[]): Buffer {
  const body = pieces.join('');
  const bytes = (body.padEnd(Math.ceil(body.length / 8) * 8, '0').match(/.{8}/g) ?? []).map((byte) =>
    Number.parseInt(byte, 2),
  );
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length + 2);
  return Buffer.concat([length, Buffer.from(bytes)]);
}

/** Where a character stands among `-`, `.`, digits, capitals and small letters. */
function indexOf(character: string): number {
  const code = character.charCodeAt(0);
  if (code <= 0x2e) return code - 0x2d;
  if (code <= 0x39) return code - 0x30 + 2;
  return code <= 0x5a ? code - 0x41 + 12 : code - 0x61 + 38;
}

/** SUPL 1.0: SLP session by host name, SET based, verification, SLP address, quality, MAC and key. */
export const SUPL_1 = ulpPdu(
  bits(1, 8) + bits(0, 8) + bits(0, 8),
  // SessionID: no SET session, an SLP session; SLPAddress: not extended, a host name.
  '01',
  octets('01020304'),
  '01',
  hostName('h-slp.mnc410.mcc310.pub.3gppnetwork.org'),
  // UlpMessage: SUPLINIT; not extended; notification, address, quality, mac, key.
  '0000',
  '011111',
  // PosMethod: root, 1.
  '00001',
  // Notification: not extended, all five there; type 2, UTF-8, Alice, logical name, Café, SIP URL.
  '011111',
  '0010',
  '010',
  bits(4, 6) + octets(Buffer.from('Alice').toString('hex')),
  '0000',
  bits(4, 6) + octets(Buffer.from('Café').toString('hex')),
  '0100',
  // SLPAddress: IPv4.
  '000',
  octets('c0000207'),
  // QoP: not extended, all there; K=18, K=50, 30 s, 2^4 s.
  '0111',
  bits(18, 7) + bits(50, 7) + bits(30, 16) + bits(4, 3),
  // Proxy.
  '0',
  octets('0001020304050607'),
  octets('000102030405060708090a0b0c0d0e0f'),
);

/** SUPL 2.0: both sessions, an IMSI, IPv6, an extended method, UCS-2, and extensions. */
export const SUPL_2 = ulpPdu(
  bits(2, 8) + bits(0, 8) + bits(4, 8),
  '11',
  bits(4711, 16),
  '0011',
  octets('62020143658709f1'),
  octets('a0b0c0d0'),
  '001',
  octets('20010db8000000000000000000000001'),
  '0000',
  // Extended; notification only.
  '110000',
  // PosMethod: extended, the second addition.
  '1',
  '0000001',
  // Notification: extended; encoding and requestor; privacy override; UCS-2; two characters.
  '111000',
  '0100',
  '000',
  bits(3, 6) + octets('03a9006d'),
  // One addition, present, two bytes.
  '0000000',
  '1',
  bits(2, 8) + octets('aabb'),
  // Non-proxy.
  '1',
  '0000000',
  '1',
  bits(3, 8) + octets('c0ffee'),
);

/** A network access identifier, the GSM alphabet (`hello` packed), no position. */
export const SUPL_NAI = ulpPdu(
  bits(1, 8) + bits(0, 8) + bits(0, 8),
  '10',
  bits(1, 16),
  '0100',
  ascii7('bob@example.com', 10),
  '0000',
  '010000',
  '01001',
  '011000',
  '0001',
  '001',
  bits(4, 6) + octets('e8329bfd06'),
  '0',
);

/** SUPL NOTIFY of version 2, an addition to the messages: opaque here. */
export const SUPL_NOTIFY = ulpPdu(
  bits(2, 8) + bits(0, 8) + bits(0, 8),
  '10',
  bits(2, 16),
  '0000',
  octets('9471103254f6ffff'),
  '1',
  '0000011',
  bits(2, 8) + octets('1234'),
);
