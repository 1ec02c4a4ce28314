import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Frame, StreamFramer } from '../../sip/framing.ts';
import { MAX_UNSENT_PONG_BYTES } from '../../sip/socket.ts';
import {
  type Flow,
  type FlowEvents,
  MAX_BODY_BYTES,
  MAX_UNSENT_BYTES,
  PONG,
  type SendResult,
} from './flow.ts';
import { hostPort, plainAddress } from './local-addresses.ts';

/** A flow over TCP or TLS: frames messages and answers keep-alives (RFC 3261 §18.3, RFC 5626 §4.4.1). */
export class StreamFlow implements Flow {
  readonly id = randomBytes(8).toString('hex');
  readonly transport: 'TCP' | 'TLS';
  readonly sentBy: string;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly #socket: Socket;
  readonly #events: FlowEvents;
  #loneCrlf = false;

  constructor(socket: Socket, transport: 'TCP' | 'TLS', events: FlowEvents) {
    this.transport = transport;
    this.#socket = socket;
    this.#events = events;
    this.sentBy = hostPort(socket.localAddress ?? '', socket.localPort ?? 0);
    this.remoteHost = plainAddress(socket.remoteAddress ?? '');
    this.remotePort = socket.remotePort ?? 0;
    const framer = new StreamFramer({ maxBodyBytes: MAX_BODY_BYTES });
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      for (const frame of framer.push(bytes)) this.#take(frame);
    });
    // 'close' follows every error and is where the flow ends.
    socket.on('error', () => {});
    socket.on('close', () => events.onClosed(this));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === 'open';
  }

  send(bytes: Buffer): SendResult {
    if (!this.isOpen) return 'closed';
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.#socket.destroy();
      return 'closed';
    }
    this.#socket.write(bytes);
    return 'sent';
  }

  answeringTo(): Flow {
    return this;
  }

  /** A peer that reads nothing is owed no pongs. */
  #pong(): void {
    if (this.#socket.writableLength < MAX_UNSENT_PONG_BYTES) this.send(PONG);
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case 'message':
        this.#loneCrlf = false;
        if (this.isOpen) this.#events.onMessage(this, Buffer.from(frame.text, 'latin1'));
        return;
      case 'ping':
        this.#pong();
        return;
      case 'pong':
        // The core sends no pings, so two CRLFs in a row are a ping that came in two segments.
        if (this.#loneCrlf) this.#pong();
        this.#loneCrlf = !this.#loneCrlf;
        return;
      case 'broken':
        this.#socket.destroy();
    }
  }
}
