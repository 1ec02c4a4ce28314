// Run by history.test.ts in a process of its own: adds pushes as fast as it can, prints the id of each once it is
// durable, and never ends by itself.
import { createHash } from 'node:crypto';

const [bundle, folder] = process.argv.slice(2);
const { openHistory } = await import(bundle);
const history = await openHistory(folder);
for (let round = 0; ; round += 1) {
  await Promise.all(
    Array.from({ length: 20 }, async (_unused, index) => {
      const id = `push-${String(round).padStart(8, '0')}-${index}`;
      const content = Buffer.from(`content of ${id}`);
      const sha256 = createHash('sha256').update(content).digest('hex');
      await history.add(
        {
          id,
          terminal: 't',
          method: 'MESSAGE',
          at: new Date().toISOString(),
          application: 'mms.ua',
          from: 'sip:psa@push.test',
          asserted: true,
          callId: id,
          headers: '',
          contentType: 'text/plain',
          bytes: content.length,
          preview: null,
          state: 'received',
          code: 200,
          reason: null,
          read: false,
          body: { kind: 'content', sha256 },
          references: [],
          delivery: [],
        },
        content,
      );
      process.stdout.write(`${id}\n`);
    }),
  );
}
