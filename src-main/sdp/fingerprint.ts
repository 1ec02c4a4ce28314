/** Hash of the certificate that the writer of an SDP presents over TLS (RFC 8122 §5). */
export type Fingerprint = {
  /** In lower case, e.g. `sha-256`. */
  readonly algorithm: string;
  /** Upper-case hex with colons. */
  readonly value: string;
};

/** Fingerprints of one m-line that are read. */
const MAX_FINGERPRINTS = 16;
const ATTRIBUTE = /^a=fingerprint:\s*(.*)$/i;
const VALUE = /^([A-Za-z0-9][\w.-]{0,40})\s+([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){0,127})$/;

/**
 * The fingerprints that hold for each m-line: its own, or those of the session where it has none (RFC 8122 §5). Null
 * when one is malformed, since to leave it out would be to check less than was asked.
 */
export function readFingerprints(lines: readonly string[]): readonly (readonly Fingerprint[])[] | null {
  const sections: Fingerprint[][] = [[]];
  for (const line of lines) {
    if (line.startsWith('m=')) sections.push([]);
    const [, written] = ATTRIBUTE.exec(line) ?? [];
    if (written === undefined) continue;
    const [, algorithm, value] = VALUE.exec(written.trim()) ?? [];
    if (algorithm === undefined || value === undefined) return null;
    sections.at(-1)?.push({ algorithm: algorithm.toLowerCase(), value: value.toUpperCase() });
  }
  const [session = [], ...media] = sections.map((section) => section.slice(0, MAX_FINGERPRINTS));
  return media.map((own) => (own.length === 0 ? session : own));
}
