import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { WebSocket } from 'ws';
import { type Flow, type FlowEvents, MAX_UNSENT_BYTES, PONG, type SendResult } from './flow.ts';
import { hostPort, plainAddress } from './local-addresses.ts';

const PING = '\r\n\r\n';

/** A flow over WebSocket: one SIP message is one WebSocket message, text or binary (RFC 7118 §5). */
export class WebSocketFlow implements Flow {
  readonly id = randomBytes(8).toString('hex');
  readonly transport: 'WS' | 'WSS';
  readonly sentBy: string;
  readonly remoteHost: string;
  readonly remotePort: number;
  readonly #socket: WebSocket;

  /** `connection` is what carries the WebSocket. */
  constructor(socket: WebSocket, connection: Socket, transport: 'WS' | 'WSS', events: FlowEvents) {
    this.transport = transport;
    this.#socket = socket;
    this.sentBy = hostPort(connection.localAddress ?? '', connection.localPort ?? 0);
    this.remoteHost = plainAddress(connection.remoteAddress ?? '');
    this.remotePort = connection.remotePort ?? 0;
    connection.setNoDelay(true);
    socket.on('message', (data) => {
      if (Buffer.isBuffer(data) && this.isOpen) this.#take(data, events);
    });
    // 'close' follows every error and is where the flow ends.
    socket.on('error', () => {});
    socket.on('close', () => events.onClosed(this));
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Text where the bytes are UTF-8, as a browser's peer expects, else binary (RFC 7118 §5.1). */
  send(bytes: Buffer): SendResult {
    if (!this.isOpen) return 'closed';
    if (this.#socket.bufferedAmount > MAX_UNSENT_BYTES) {
      this.#socket.terminate();
      return 'closed';
    }
    this.#socket.send(bytes, { binary: !isUtf8(bytes) }, () => {});
    return 'sent';
  }

  answeringTo(): Flow {
    return this;
  }

  #take(bytes: Buffer, events: FlowEvents): void {
    const isKeepAlive = bytes.length <= PING.length && bytes.toString('latin1').trim() === '';
    if (!isKeepAlive) events.onMessage(this, bytes);
    else if (bytes.toString('latin1') === PING) this.send(PONG);
  }
}
