import { gapOf } from '../read-msrp.ts';
import type { TraceLink, TraceRecord } from '../records.ts';
import { hostPort } from '../summary.ts';
import { type Ends, endsOf, MAX_SEGMENT, type Packet, TcpStream, udpFrame } from './packets.ts';

/** Ports where a dissector would look for TLS or HTTP in what is exported decrypted, and what stands for them. */
const PORTS_OF_OTHERS: ReadonlySet<number> = new Set([80, 443, 5061, 8080, 8443]);
const PLAIN_PORTS = { sip: 5060, msrp: 2855 } as const;
/** Stands for content that was not kept, where its length is told in the message. */
const FILLER = '.';

type Conversation = { readonly ends: Ends; readonly stream: TcpStream | null };

/**
 * Turns records into frames of a capture file, one after the other: UDP as it was, everything else as TCP with right
 * sequence numbers and checksums, and what went over TLS or WebSocket decrypted, with a comment that says so.
 */
export class Capture {
  readonly #conversations = new Map<string, Conversation>();
  readonly #gaps = new Map<string, string>();

  /** The frames of a record. A count of what was left out has none, but is told with the next one. */
  packets(record: TraceRecord): readonly Packet[] {
    const { link, at, direction, kind } = record;
    const key = keyOf(link);
    if (kind === 'gap') {
      this.#gaps.set(key, gapText(record));
      return [];
    }
    const data = bytesOf(record);
    // WebSocket's own pings are no bytes of SIP.
    if (data === null) return [];
    const known = this.#conversations.get(key);
    const conversation = known ?? begin(link);
    this.#conversations.set(key, conversation);
    const { ends, stream } = conversation;
    const comment = [
      ...(known === undefined ? [aboutLink(link)] : []),
      this.#gaps.get(key),
      record.elided > 0 ? `${record.elided} bytes of its content were not kept.` : undefined,
    ]
      .filter((text) => text !== undefined)
      .join(' ');
    this.#gaps.delete(key);
    const opening = known === undefined && stream !== null ? stream.handshake(link.opened) : [];
    const frames =
      stream === null
        ? [udpFrame(ends, direction, data.subarray(0, MAX_SEGMENT))]
        : stream.data(direction, data);
    return [
      ...opening.map((frame) => ({ at, frame, comment: null })),
      ...frames.map((frame, index) => ({
        at,
        frame,
        comment: index === 0 && comment !== '' ? comment : null,
      })),
    ];
  }
}

function begin(link: TraceLink): Conversation {
  const isUdp = link.transport === 'UDP';
  const remote = { ...link.remote, port: isUdp ? link.remote.port : shownPort(link, link.remote.port) };
  const local = { ...link.local, port: isUdp ? link.local.port : shownPort(link, link.local.port) };
  const ends = endsOf(local, remote);
  return { ends, stream: isUdp ? null : new TcpStream(ends) };
}

function shownPort({ protocol }: TraceLink, port: number): number {
  return PORTS_OF_OTHERS.has(port) ? PLAIN_PORTS[protocol] : port;
}

/** The bytes as they go into the file; null for what is no bytes of its protocol. */
function bytesOf({ kind, link, kept, elided }: TraceRecord): Buffer | null {
  if (kind === 'keep-alive' && kept.toString('latin1', 0, 9) === 'WebSocket') return null;
  // Content-Length frames SIP over streams: without all of it the next message would not be found.
  if (link.protocol === 'sip' && link.transport !== 'UDP' && elided > 0)
    return Buffer.concat([kept, Buffer.alloc(elided, FILLER)]);
  return kept;
}

function aboutLink(link: TraceLink): string {
  const { transport, terminal, local, remote, protocol } = link;
  const route = `${terminal}: ${hostPort(local)} to ${hostPort(remote)} over ${transport}.`;
  if (transport === 'UDP' || transport === 'TCP') return route;
  const hasOther = [local, remote].some(({ port }) => shownPort(link, port) !== port);
  const moved = hasOther ? ` Port ${PLAIN_PORTS[protocol]} stands for the real one.` : '';
  return `${route} Exported decrypted, as TCP.${moved}`;
}

function gapText({ kept, bytes, direction }: TraceRecord): string {
  const { what, count } = gapOf(kept.toString('latin1'));
  const way = direction === 'in' ? 'received' : 'sent';
  return `Before this, ${count} ${what === 'SEND' ? 'SEND requests' : '200 responses'} (${bytes} bytes) were ${way} that are not kept.`;
}

function keyOf({ protocol, transport, terminal, local, remote }: TraceLink): string {
  return [protocol, transport, terminal, hostPort(local), hostPort(remote)].join(' ');
}
