import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { type Frame, StreamFramer } from '../../sip/framing.ts';

/** One connection to a peer, of whatever transport. A binding and a dialog route name it by `id`. */
export interface Flow {
  readonly id: string;
  /** As written in Via: `TCP`. */
  readonly transport: string;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly isOpen: boolean;
  /** Sends one whole message. False when the flow is closed or the peer reads nothing. */
  send(bytes: Buffer): boolean;
  close(): void;
}

/** What a flow tells its owner. */
export type FlowEvents = {
  readonly onMessage: (flow: Flow, bytes: Buffer) => void;
  readonly onClosed: (flow: Flow) => void;
};

/** A peer that reads nothing may hold this much of our output before its flow is closed, in bytes. */
const MAX_UNSENT_BYTES = 32 * 1024 * 1024;
/** Largest body a peer may send, in bytes. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
const PONG = Buffer.from('\r\n');

/** A flow over TCP: frames messages and answers keep-alives (RFC 5626 §4.4.1). */
export class TcpFlow implements Flow {
  readonly id = randomBytes(8).toString('hex');
  readonly transport = 'TCP';
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly #socket: Socket;
  readonly #events: FlowEvents;
  #loneCrlf = false;

  constructor(socket: Socket, events: FlowEvents) {
    this.#socket = socket;
    this.#events = events;
    this.remoteHost = socket.remoteAddress ?? '';
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

  send(bytes: Buffer): boolean {
    if (!this.isOpen) return false;
    if (this.#socket.writableLength > MAX_UNSENT_BYTES) {
      this.close();
      return false;
    }
    this.#socket.write(bytes);
    return true;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(frame: Frame): void {
    switch (frame.kind) {
      case 'message':
        this.#loneCrlf = false;
        if (this.isOpen) this.#events.onMessage(this, frame.bytes);
        return;
      case 'ping':
        this.send(PONG);
        return;
      case 'pong':
        // The core sends no pings, so two CRLFs in a row are a ping that came in two segments.
        if (this.#loneCrlf) this.send(PONG);
        this.#loneCrlf = !this.#loneCrlf;
        return;
      case 'broken':
        this.close();
    }
  }
}
