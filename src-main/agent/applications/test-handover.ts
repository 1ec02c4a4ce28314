import type { Handover } from './handover.ts';

/** A handover of a text for tests. */
export function exampleHandover(change: Partial<Handover> = {}): Handover {
  return {
    push: 'push-1',
    terminal: 'bob-desk',
    application: 'mms.ua',
    from: 'sip:psa@push.test',
    type: 'text/plain',
    name: 'hello.txt',
    text: 'hello',
    content: { kind: 'kept', read: async () => Buffer.from('hello world') },
    ...change,
  };
}
