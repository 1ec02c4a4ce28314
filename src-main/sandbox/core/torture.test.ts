import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { codeOf } from '../../sip/test-raw-core.ts';
import { tortureMessages } from '../../sip/test-torture.ts';
import { SandboxCore } from './core.ts';
import { openLink, type TestLink } from './test-link.ts';

/** What a core answers whose domain is theirs; null where it must stay silent. */
const EXPECTED: ReadonlyMap<number | null, string> = new Map([
  [null, 'bcast bigcode noreason scalarlg unreason'],
  [
    400,
    'badinv01 clerr insuf ltgtruri lwsruri lwsstart mcl01 mismatch01 mismatch02 multi01 ncl quotbal scalar02 trws',
  ],
  [401, 'cparam01 cparam02 dblreq regaut01 regbadct regescrt'],
  [404, 'badaspec baddn esc01 esc02 escnull intmeth inv2543 mpart01 semiuri unksm2 wsinv'],
  [416, 'novelsc unkscm'],
  [420, 'bext01'],
  [480, 'badbranch baddate escruri invut longreq lwsdisp sdp01 transports'],
  [483, 'zeromf'],
  [505, 'badvers'],
]);
/** Over TCP these leave the stream in a state that is not to be followed. */
const DATAGRAMS_ONLY = ['dblreq', 'clerr', 'ncl', 'mcl01', 'inv2543'];
const OPTIONS = [
  'OPTIONS sip:example.com SIP/2.0',
  'Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKafter;rport',
  'From: <sip:psa@elsewhere.test>;tag=1',
  'To: <sip:example.com>',
  'Call-ID: after',
  'CSeq: 1 OPTIONS',
  'Max-Forwards: 70',
  'Content-Length: 0',
  '',
  '',
].join('\r\n');

describe.each(['tcp', 'udp'] as const)(
  'the sandbox core and the messages of RFC 4475 over %s',
  (transport) => {
    let core: SandboxCore;
    let link: TestLink;
    let answers: string[];

    beforeEach(async () => {
      core = await SandboxCore.open({
        domain: 'example.com',
        users: ['user', 'j.user', 'watson'].map((name) => ({ name, password: 'secret' })),
        listen: [{ transport, host: '127.0.0.1', port: 0 }],
        allowAnySender: true,
      });
      link = await openLink(core.uri);
      answers = [];
      link.onMessage((bytes) => answers.push(bytes.toString('latin1')));
    });

    afterEach(async () => {
      link.close();
      await core.close();
    });

    it.each(tortureMessages().map(({ name, bytes }) => [name, bytes] as const))('%s', async (name, bytes) => {
      if (transport === 'tcp' && DATAGRAMS_ONLY.includes(name)) return;
      link.send(bytes);
      link.send(Buffer.from(OPTIONS));
      await expect.poll(() => answers.find((text) => text.includes('Call-ID: after\r\n'))).toBeDefined();
      expect(codeOf(answers.find((text) => text.includes('Call-ID: after\r\n')) ?? '')).toBe(200);
      const [code = null] = answers.filter((text) => !text.includes('Call-ID: after\r\n')).map(codeOf);
      const [expected] = [...EXPECTED].find(([, names]) => names.split(' ').includes(name)) ?? [];
      // Over UDP most answers go where the Via says, which is not here (RFC 3261 §18.2.2).
      if (transport === 'tcp' || code !== null) expect([name, code]).toEqual([name, expected]);
      expect(core.bindings()).toEqual([]);
    });
  },
);
