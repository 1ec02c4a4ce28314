import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Flow } from './flow.ts';
import { UdpListener } from './udp-listener.ts';

describe('UdpListener', () => {
  let listener: UdpListener;
  let clients: Socket[];
  const inUse = new Set<string>();
  const closed: string[] = [];
  const heard: { flow: Flow; text: string }[] = [];

  beforeEach(async () => {
    inUse.clear();
    closed.length = 0;
    heard.length = 0;
    listener = await UdpListener.open(
      { host: '127.0.0.1', port: 0 },
      {
        onMessage: (flow, bytes) => heard.push({ flow, text: bytes.toString() }),
        onClosed: (flow) => closed.push(flow.id),
        isInUse: (id) => inUse.has(id),
      },
      2,
    );
    clients = await Promise.all(
      [0, 1, 2].map(async () => {
        const socket = createSocket('udp4');
        socket.bind(0, '127.0.0.1');
        await once(socket, 'listening');
        return socket;
      }),
    );
  });
  afterEach(async () => {
    for (const client of clients) client.close();
    await listener.close();
  });

  /** Sends from a client and answers the flow it was heard by. */
  async function say(client: number, text = 'hello'): Promise<Flow> {
    const before = heard.length;
    clients[client]?.send(text, listener.port, '127.0.0.1');
    await expect.poll(() => heard.length).toBe(before + 1);
    const flow = heard.at(-1)?.flow;
    if (flow === undefined) throw new Error('not heard');
    return flow;
  }

  it('has one flow for each remote port and finds it by id', async () => {
    const flow = await say(0);
    expect(await say(0)).toBe(flow);
    expect(listener.flow(flow.id)).toBe(flow);
    expect([flow.transport, flow.sentBy]).toEqual(['UDP', `127.0.0.1:${listener.port}`]);
    expect(flow.remotePort).toBe(clients[0]?.address().port);
    expect(flow.answeringTo(flow.remotePort)).toBe(flow);
  });

  it('forgets the flow silent for longest, not one in use, and knows it again later', async () => {
    const first = await say(0);
    const second = await say(1);
    clients[0]?.send('\r\n\r\n', listener.port, '127.0.0.1');
    await say(1);
    await say(0);
    await say(2);
    expect(closed).toEqual([second.id]);
    expect([first.isOpen, second.isOpen, second.send(Buffer.from('x'))]).toEqual([true, false, 'closed']);
    inUse.add(first.id);
    expect((await say(1)).id).toBe(second.id);
    expect(closed).toHaveLength(2);
    expect(first.isOpen).toBe(true);
  });

  it('takes no newcomer while every flow is in use', async () => {
    inUse.add((await say(0)).id).add((await say(1)).id);
    clients[2]?.send('let me in', listener.port, '127.0.0.1');
    await say(0, 'still here');
    expect(heard.map(({ text }) => text)).not.toContain('let me in');
    expect(closed).toEqual([]);
  });

  it('sends nothing that is too long', async () => {
    const flow = await say(0);
    expect([flow.send(Buffer.alloc(65_507)), flow.send(Buffer.alloc(65_508))]).toEqual(['sent', 'too-long']);
  });
});
