import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MAX_UNSENT_BYTES, Outbox } from './outbox.ts';

const ANSWER = Buffer.alloc(1024, 'a');

describe('Outbox', () => {
  /** A socket whose peer reads when it is told to. */
  function open() {
    const taken: (() => void)[] = [];
    const socket = new Writable({ write: (_chunk, _encoding, done) => void taken.push(done) });
    const told: boolean[] = [];
    const outbox = new Outbox(socket as unknown as Socket, null, (congested) => told.push(congested));
    const read = async () => {
      while (socket.writableLength > 0) {
        taken.shift()?.();
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    return { outbox, told, read };
  }

  it.each([
    ['is read in the end', true],
    ['was short', false],
  ])(
    'has its peer read no further while too much waits behind a body, until that %s',
    async (_name, isLong) => {
      const { outbox, told, read } = open();
      outbox.beginBody(Buffer.from('head'));
      outbox.writeBody(isLong ? Buffer.alloc(100_000) : Buffer.from('body'));
      if (!isLong) await read();
      for (let bytes = 0; bytes <= MAX_UNSENT_BYTES; bytes += ANSWER.length) outbox.write(ANSWER);
      expect(told).toEqual([true]);
      await read();
      expect(told).toEqual([true]);
      outbox.endBody(Buffer.from('end'));
      await read();
      expect(told.at(-1)).toBe(false);
      expect(outbox.congested).toBe(false);
    },
  );
});
