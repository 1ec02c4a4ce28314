/** Control characters that no text in an 8-bit character set has. */
const BINARY = /(?![\t\n\v\f\r\u007f-\u009f])\p{Cc}/u;
/** How much of the content is looked at. */
const LOOKED_AT = 4096;
/** Says nothing about what is inside, so nothing contradicts it. */
const NEUTRAL = /^application\/(?:octet-stream|x-unknown|unknown|vnd\.oma\.push)$/;
const MEDIA = /^(?:image\/(?!svg)|audio\/|video\/)/;
const BINARY_DOCUMENT = /^application\/(?:pdf|zip|gzip|x-gzip|x-msdownload|x-executable|java-archive)$/;

/** What may be declared, besides the sniffed type itself, without a contradiction. */
const ALLOWED: Readonly<Record<string, RegExp>> = {
  'image/jpeg': /^image\/p?jpe?g$/,
  'image/png': /^image\/x-png$/,
  'video/mp4': /^(?:video\/|audio\/|image\/(?:hei[cf]|avif)|application\/mp4)/,
  'application/zip': /^application\/(?!pdf|json|xml)/,
  'application/gzip': /^application\/(?!pdf|json|xml|zip)/,
  'application/x-executable': /^application\/(?:x-.*|vnd\.debian.*)$/,
  'application/x-msdownload':
    /^application\/(?:x-.*|vnd\.(?:microsoft\.portable-executable|ms-.*)|(?:dos-)?exe)$/,
  'application/x-shellscript':
    /^(?:text\/|application\/(?:x-)?(?:sh|perl|python|ruby|csh|shellscript|javascript))/,
  'text/html': /html|^(?:application|text)\/(?:.*\+)?xml$|^text\/vnd\.wap\./,
  'image/svg+xml': /xml$/,
  'application/xml': /xml|html|^text\/|^image\/svg|^message\//,
};

/**
 * Whether the content is certainly not what it is declared as: another signature, text where a picture should be, or
 * binary where a text should be. Types nobody can tell from their bytes never contradict.
 */
export function contradicts(declared: string, sniffed: string | null, bytes: Buffer): boolean {
  if (bytes.length === 0 || NEUTRAL.test(declared) || declared === sniffed) return false;
  if (sniffed === null) return declared.startsWith('text/') && looksBinary(bytes);
  if (sniffed === 'text/plain') return MEDIA.test(declared) || BINARY_DOCUMENT.test(declared);
  const allowed = ALLOWED[sniffed];
  return allowed === undefined || !allowed.test(declared);
}

function looksBinary(bytes: Buffer): boolean {
  const head = bytes.subarray(0, LOOKED_AT);
  // Two bytes a character: the zeros are part of the text.
  const isWide = (head[0] === 0xfe && head[1] === 0xff) || (head[0] === 0xff && head[1] === 0xfe);
  // Escape sequences are text in ISO-2022.
  return !isWide && BINARY.test(head.toString('latin1').replaceAll('\u001b', ''));
}
