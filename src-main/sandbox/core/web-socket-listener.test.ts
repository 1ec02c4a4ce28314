import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RawData, WebSocket } from 'ws';
import type { Flow } from './flow.ts';
import { WebSocketListener } from './web-socket-listener.ts';

describe('WebSocketListener', () => {
  let listener: WebSocketListener;
  let flows: Flow[];
  let heard: string[];
  const opened: WebSocket[] = [];

  beforeEach(async () => {
    flows = [];
    heard = [];
    listener = await WebSocketListener.open(
      { host: '127.0.0.1', port: 0 },
      {
        onMessage: (flow, bytes) => {
          flows.push(flow);
          heard.push(bytes.toString('latin1'));
        },
        onClosed: (flow) => heard.push(`closed ${flow.id}`),
      },
    );
  });
  afterEach(async () => {
    for (const socket of opened.splice(0)) socket.terminate();
    await listener.close();
  });

  function dial(...protocols: string[]): WebSocket {
    const socket = new WebSocket(`ws://127.0.0.1:${listener.port}/any/path`, protocols);
    // A refused handshake is an error only to who does not ask for it.
    socket.on('error', () => {});
    opened.push(socket);
    return socket;
  }

  it('demands the subprotocol sip (RFC 7118 §4)', async () => {
    const good = dial('chat', 'sip');
    await once(good, 'open');
    expect([good.protocol, good.extensions]).toEqual(['sip', '']);
    for (const protocols of [[], ['chat']]) {
      const [, response] = (await once(dial(...protocols), 'unexpected-response')) as [
        unknown,
        IncomingMessage,
      ];
      expect(response.statusCode).toBe(400);
    }
  });

  it('answers plain HTTP with 426', async () => {
    const [response] = (await once(get(`http://127.0.0.1:${listener.port}/`), 'response')) as [
      IncomingMessage,
    ];
    expect(response.statusCode).toBe(426);
    response.resume();
  });

  it('takes text and binary; answers text where it is UTF-8, else binary', async () => {
    const socket = dial('sip');
    await once(socket, 'open');
    socket.send('text \u00fc');
    socket.send(Buffer.from([0xff, 0]));
    await expect.poll(() => heard).toEqual(['text \xc3\xbc', '\xff\0']);
    const [flow] = flows;
    expect(flow).toMatchObject({ transport: 'WS', sentBy: `127.0.0.1:${listener.port}`, isOpen: true });
    const kinds: boolean[] = [];
    socket.on('message', (_data: RawData, isBinary: boolean) => kinds.push(isBinary));
    flow?.send(Buffer.from('\u00fc'));
    flow?.send(Buffer.from([0xff]));
    await expect.poll(() => kinds).toEqual([false, true]);
    expect(listener.flow(flow?.id ?? '')).toBe(flow);
    socket.close();
    await expect.poll(() => heard.at(-1)).toBe(`closed ${flow?.id}`);
    expect(flow?.send(Buffer.from('late'))).toBe('closed');
    expect(listener.flow(flow?.id ?? '')).toBeUndefined();
  });

  it('answers keep-alives of both kinds', async () => {
    const socket = dial('sip');
    await once(socket, 'open');
    socket.ping();
    await once(socket, 'pong');
    socket.send('\r\n');
    socket.send('\r\n\r\n');
    expect(String((await once(socket, 'message'))[0])).toBe('\r\n');
    expect(heard).toEqual([]);
  });

  it('closes on a message that is too long or no text', async () => {
    for (const message of [Buffer.alloc(17 * 1024 * 1024), Buffer.from([0xff])]) {
      const socket = dial('sip');
      await once(socket, 'open');
      socket.send(message, { binary: message.length > 1 });
      const [code] = await once(socket, 'close');
      expect(code).toBe(message.length > 1 ? 1009 : 1007);
    }
  });

  it('closes while a connection says nothing', async () => {
    const socket = connect(listener.port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    await listener.close();
    await once(socket.resume(), 'close');
  });
});
