const CR = 13;
const LF = 10;
/** Bytes of CRLFCRLF, which ends a message without body and is a ping behind one. */
const END = 4;

/**
 * Takes the pings (RFC 5626 §3.5.1) out of a stream of messages without bodies, however the stream is cut, and tells of
 * each. Answers the bytes to pass on.
 */
export function withoutPings(pinged: () => void): (chunk: Buffer) => Buffer {
  /** How many bytes of line breaks came last; a stream begins as if a message had ended. */
  let breaks = END;
  /** The beginning of what may be a ping. */
  let held: Buffer = Buffer.alloc(0);
  return (chunk) => {
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    breaks -= held.length;
    const kept: Buffer[] = [];
    let from = 0;
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at];
      if (byte === (breaks % 2 === 0 ? CR : LF)) breaks += 1;
      else breaks = byte === CR ? 1 : 0;
      if (breaks < 2 * END) continue;
      pinged();
      kept.push(bytes.subarray(from, at + 1 - END));
      from = at + 1;
      breaks = END;
    }
    const end = bytes.length - Math.max(0, breaks - END);
    held = Buffer.from(bytes.subarray(end));
    if (kept.length === 0) return bytes.subarray(0, end);
    return Buffer.concat([...kept, bytes.subarray(from, end)]);
  };
}
