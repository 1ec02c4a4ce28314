/** Headers of pictures of 300 × 200 pixels, without a picture behind them. */
export const PNG = Buffer.concat([
  Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
  Buffer.from('0000000d', 'hex'),
  Buffer.from('IHDR'),
  Buffer.from('0000012c000000c80802000000', 'hex'),
]);
export const GIF = Buffer.concat([Buffer.from('GIF89a'), Buffer.from('2c01c800800000', 'hex')]);
/** An APP0 and a DHT segment before the frame header. */
export const JPEG = Buffer.from(
  'ffd8ffe000104a46494600010100000100010000ffc40004aabbffc0001108' + '00c8012c' + '03012200021101031101',
  'hex',
);
const webp = (format: string, hex: string) =>
  Buffer.concat([Buffer.from('RIFF\0\0\0\0WEBP'), Buffer.from(format), Buffer.from(hex, 'hex')]);
/** Chunk size, frame tag, start code, width and height. */
export const WEBP_LOSSY = webp('VP8 ', '00000000' + '300000' + '9d012a' + '2c01' + 'c800');
/** Signature, then 14 bits of width less one and as many of height. */
export const WEBP_LOSSLESS = webp('VP8L', `00000000${'2f'}${'2bc13100'}${'00'.repeat(8)}`);
/** Flags, then 24 bits each. */
export const WEBP_EXTENDED = webp('VP8X', '0a000000' + '00000000' + '2b0100' + 'c70000');
