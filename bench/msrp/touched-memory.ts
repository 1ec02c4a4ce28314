import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';

const PIECE = Buffer.alloc(1024 * 1024);
/** The first time may get memory from the host, the second uses that again, and so will what is measured. */
const TIMES = 2;

/**
 * Has the system take and free as much memory as a file of `bytes` needs. Memory that lay free for some seconds a virtual
 * machine has to get from its host again, which takes ten times what writing takes: whoever wrote first would pay for it.
 */
export async function touchMemory(folder: string, bytes: number): Promise<void> {
  const path = join(folder, 'touched');
  for (let time = 0; time < TIMES; time += 1) {
    const file = await open(path, 'w');
    try {
      for (let at = 0; at < bytes; at += PIECE.length) await file.write(PIECE, 0, PIECE.length, at);
    } finally {
      await file.close();
      await rm(path);
    }
  }
}
