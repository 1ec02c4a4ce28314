import { FetchError } from './fetch-result.ts';

/** Ports of other protocols, which a request line must not reach: the "bad ports" of the WHATWG Fetch standard. */
const FORBIDDEN_PORTS: ReadonlySet<number> = new Set([
  0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104,
  109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515,
  526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049,
  3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
]);

/**
 * Screens a URL that content is to be fetched from (RFC 4483 §7): http, where allowed, or https, without credentials.
 * `from` is the URL that redirects there; https is never left again.
 * @throws FetchError `forbidden-scheme` or `forbidden-url`.
 */
export function screenUrl(text: string, allowHttp: boolean, from: URL | null): URL {
  const url = parse(text, from);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new FetchError('forbidden-scheme', 'The content is neither at an https nor at an http address.');
  }
  if (url.protocol === 'http:' && !allowHttp) {
    throw new FetchError('forbidden-scheme', 'The content is at an http address, but only https is allowed.');
  }
  if (url.protocol === 'http:' && from?.protocol === 'https:') {
    throw new FetchError(
      'forbidden-scheme',
      'The server redirects from https to http, which is not followed.',
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new FetchError('forbidden-url', 'The address of the content holds a user name or password.');
  }
  if (url.port !== '' && FORBIDDEN_PORTS.has(Number(url.port))) {
    throw new FetchError('forbidden-url', 'The address of the content has the port of another service.');
  }
  return url;
}

function parse(text: string, from: URL | null): URL {
  try {
    return from === null ? new URL(text) : new URL(text, from);
  } catch {
    throw new FetchError('forbidden-url', 'The address of the content is malformed.');
  }
}
