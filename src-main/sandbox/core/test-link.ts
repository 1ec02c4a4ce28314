import { isUtf8 } from 'node:buffer';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import { CERTIFICATE } from '../../msrp/test-certificate.ts';
import { StreamFramer } from '../../sip/framing.ts';
import { parseSipUri, uriParameter } from '../../sip/uri.ts';

/** One connection of a test to a core, of whatever transport: whole messages both ways. */
export interface TestLink {
  readonly transport: string;
  readonly localPort: number;
  onMessage(take: (bytes: Buffer) => void): void;
  send(bytes: Buffer): void;
  close(): void;
}

/** Connects to the URI of a core. */
export async function openLink(uri: string): Promise<TestLink> {
  const parsed = parseSipUri(uri);
  const port = parsed?.port ?? 0;
  const transport = parsed === null ? undefined : uriParameter(parsed, 'transport');
  switch (transport) {
    case 'tcp':
      return streamLink(transport, await connected(connectTcp(port, '127.0.0.1'), 'connect'));
    case 'tls': {
      const socket = connectTls({ host: '127.0.0.1', port, ca: CERTIFICATE });
      return streamLink(transport, await connected(socket, 'secureConnect'));
    }
    case 'udp':
      return datagramLink(port);
    case 'ws':
    case 'wss':
      return webSocketLink(transport, port);
    default:
      throw new Error(`No link to ${uri}.`);
  }
}

async function connected(socket: Socket, event: string): Promise<Socket> {
  await once(socket, event);
  return socket.setNoDelay(true);
}

function streamLink(transport: string, socket: Socket): TestLink {
  const framer = new StreamFramer();
  socket.on('error', () => {});
  return {
    transport,
    localPort: socket.localPort ?? 0,
    onMessage: (take) => {
      socket.on('data', (bytes) => {
        for (const frame of framer.push(bytes))
          if (frame.kind === 'message') take(Buffer.from(frame.text, 'latin1'));
      });
    },
    send: (bytes) => socket.write(bytes),
    close: () => socket.destroy(),
  };
}

async function datagramLink(port: number): Promise<TestLink> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  socket.connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  let isOpen = true;
  return {
    transport: 'udp',
    localPort: socket.address().port,
    onMessage: (take) => socket.on('message', take),
    send: (bytes) => socket.send(bytes),
    close: () => {
      if (isOpen) socket.close();
      isOpen = false;
    },
  };
}

async function webSocketLink(transport: 'ws' | 'wss', port: number): Promise<TestLink> {
  const socket = new WebSocket(`${transport}://127.0.0.1:${port}/`, 'sip', { ca: CERTIFICATE });
  const waiting: Buffer[] = [];
  let give = (bytes: Buffer): void => {
    waiting.push(bytes);
  };
  socket.on('message', (data) => {
    if (Buffer.isBuffer(data)) give(data);
  });
  await once(socket, 'open');
  return {
    transport,
    // Browsers know no port of their own; any number will do in Via and Contact.
    localPort: 9,
    onMessage: (take) => {
      give = take;
      for (const bytes of waiting.splice(0)) take(bytes);
    },
    send: (bytes) => socket.send(bytes, { binary: !isUtf8(bytes) }),
    close: () => socket.terminate(),
  };
}
