const ORIGIN_VERSION = /^(o=\S+ \d+ )(\d+)/m;
const MEDIA_PORT = /^(m=\S+ )\d+(?:\/\d+)?/;

/**
 * The same SDP of ours with the version of its o= line raised by one, as every change to it must do (RFC 3264 §8).
 * @throws Error when the text has no o= line.
 */
export function bumpVersion(sdp: string): string {
  if (!ORIGIN_VERSION.test(sdp)) throw new Error('The SDP has no o= line.');
  return sdp.replace(
    ORIGIN_VERSION,
    (_match, before: string, version: string) => before + (BigInt(version) + 1n),
  );
}

/**
 * The next offer within a session: our last SDP with port 0 on the m-lines at these indexes, from 0, and all others as
 * they were (RFC 5547 §8.4, RFC 3264 §8.2). Selectors and file-transfer-ids stay.
 * @throws Error when the text has no o= line.
 */
export function closeMedia(sdp: string, indexes: ReadonlySet<number>): string {
  let index = -1;
  const lines = sdp.split('\r\n').map((line) => {
    if (!line.startsWith('m=')) return line;
    index += 1;
    return indexes.has(index) ? line.replace(MEDIA_PORT, (_match, start: string) => `${start}0`) : line;
  });
  return bumpVersion(lines.join('\r\n'));
}
