/** What the Push Sender Agent can be told to do wrong, to see what a terminal makes of it. */
export const FAULTS = [
  'wrong-hash',
  'lost-connection',
  'slow-sender',
  'out-of-order',
  'unknown-application',
  'no-identity',
  'bad-sdp',
  'huge-body',
] as const;

export type Fault = (typeof FAULTS)[number];

/** What each fault does, for people. */
export const FAULT_WORDS: Readonly<Record<Fault, string>> = {
  'wrong-hash': 'The announced hash is not that of the content. A message goes by reference.',
  'lost-connection': 'The connection breaks off halfway. A message goes by reference.',
  'slow-sender': 'The content drips over some seconds. A message goes by reference.',
  'out-of-order': 'The chunks of a file are sent in pairs, the second first.',
  'unknown-application': 'The push is for an application that no terminal knows.',
  'no-identity': 'A stranger pushes, whom the core asserts no identity of.',
  'bad-sdp': 'The SDP of the offer is malformed.',
  'huge-body': 'The request is larger than a mebibyte.',
};

/** Faults that need files and those that need a message are of no use with the other. */
export const FAULTS_OF: Readonly<Record<'message' | 'files', readonly Fault[]>> = {
  message: FAULTS.filter((fault) => fault !== 'out-of-order' && fault !== 'bad-sdp'),
  files: FAULTS,
};

/** An application that nobody registers. */
export const UNKNOWN_APPLICATION = 'x-push-terminal.unknown';
/** Who pushes without an identity: an address of no domain (RFC 3323 §4.1.1.3). */
export const STRANGER = 'sip:anonymous@anonymous.invalid';
/** More than a terminal takes in one request. */
export const HUGE_BODY_BYTES = 1024 * 1024 + 1;
/** Pieces in which a slow sender gives content, and the pause before each, in milliseconds. */
export const SLOW_PIECES = 16;
export const SLOW_PAUSE_MS = 200;

/** A SHA-1 as hex, with or without colons, that is another one. */
export function otherHash(hex: string): string {
  return hex.replace(/^./, (first) => (first === '0' ? '1' : '0'));
}

/** Waits before a piece of a slow sender. */
export function slowPause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SLOW_PAUSE_MS));
}

/** An offer whose m-lines end too early and whose session has lost its version. */
export function badSdp(sdp: string): string {
  return sdp.replace(/^v=0\r\n/, '').replace(/^m=message .*$/gm, 'm=message');
}

/** An offer of more than a mebibyte: lines nobody knows, which a reader would skip. */
export function hugeSdp(sdp: string): string {
  const line = `a=x-padding:${'x'.repeat(1000)}\r\n`;
  const padding = line.repeat(Math.ceil(HUGE_BODY_BYTES / line.length));
  return sdp.replace(/^m=/m, `${padding}m=`);
}
