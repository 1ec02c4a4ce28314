import { parseOffer, type SessionOffer } from './offer.ts';

/** The sample of seed 003 B.3 as printed, with its spaces after colons and its folded selector. */
export const SEED_003 = `v=0
o=psa 2890844526 2890844526 IN IP4 domain.com
s=-
c=IN IP4 psa.domain.com
t=0 0
m=message 7654 TCP/MSRP *
a=setup: passive

a=sendonly
a=accept-types: application/vnd.oma.push
a=path: msrp://psa.domain.com:7654/a3cd20b8ae7f;tcp
a=file-transfer-id: a3cd20b8ae7f
a=file-selector: name:"pushid-a3cd20b8ae7f" type:application/vnd.oma.push
 size:4092 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E
`;

/** RFC 5547 Figure 2 with every attribute the RFC has, behind an audio line. */
export const RFC_5547 = [
  'v=0',
  'o=alice 2890844526 2890844526 IN IP4 host.atlanta.example.com',
  's=',
  'c=IN IP4 host.atlanta.example.com',
  't=10 20',
  'm=audio 4000 RTP/AVP 0 8',
  'm=message 7654 TCP/MSRP *',
  'i=This is my latest picture',
  'a=sendonly',
  'a=accept-types:message/cpim',
  'a=accept-wrapped-types:*',
  'a=path:msrp://atlanta.example.com:7654/jshA7we;tcp',
  'a=file-selector:name:"My cool picture.jpg" type:image/jpeg size:4092 hash:sha-1:72:24',
  'a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd',
  'a=file-disposition:attachment',
  'a=file-date:creation:"Mon, 15 May 2006 15:01:31 +0300"',
  'a=file-icon:cid:id2@alicepc.example.com',
  'a=file-range:1-32349',
  'a=max-size:9000',
  '',
].join('\r\n');

/** The sample of seed 002 C.3 as printed: empty lines, a folded selector, older names, a colon zone, a space in the cid. */
export const SEED_002 = `v=0

o=push 2890844526 2890844526 IN IP4 push-sender-agent.example.com

s=

c=IN IP4 push-sender-agent.example.com

t=0 0

m=message 7654 TCP/MSRP *

i=This is my latest picture

a=sendonly

a=accept-types:message/cpim

a=accept-wrapped-types:*

a=path:msrp://push-sender-agent.example.com:7654/jshA7we;tcp

a=file-selector:name:"My cool picture.jpg" type:image/jpeg

      size:4092 hash:sha-1:72245FE8653DDAF371362F86D471913EE4A2CE2E

a=disposition: not-render
a=file-date:creation:"Mon, 15 May 2006 15:01:31 +03:00"

a=icon:cid:id2@ push-sender-agent.example.com
`;

/** The answer of seed 002 C.3: no file-transfer-id, since its offer has none. */
export const SEED_002_ANSWER = `v=0

o=bob 2890844656 2890844656 IN IP4 bobpc.example.com

s=

c=IN IP4 bobpc.example.com

t=0 0

m=message 8888 TCP/MSRP *

a=recvonly

a=accept-types:message/cpim

a=accept-wrapped-types:*

a=path:msrp://bobpc.example.com:8888/9di4ea;tcp

a=file-selector:name:"My cool picture.jpg" type:image/jpeg size:4092 hash:sha-1:72245FE8653DDAF371362F86D471913EE4A2CE2E
`;

/** The answer of seed 003 B.3 as printed: no s= line, spaces around `active`. */
export const SEED_003_ANSWER = `v=0

o=bob 2890844656 2890844656 IN IP4 domain.com


c=IN IP4 userpc.domain.com

t=0 0

m=message 8888 TCP/MSRP *

a=setup: active 
a=recvonly

a=accept-types: application/vnd.oma.push

a=path: msrp://userpc.domain.com:8888/9di4ea;tcp

a=file-transfer-id: a3cd20b8ae7f

a=file-selector: name:"pushid-a3cd20b8ae7f" type:application/vnd.oma.push

 size:4092 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E
`;

/** The offer in a text; throws when it is bad. */
export function offerOf(text: string): SessionOffer {
  const result = parseOffer(text);
  if (result.kind === 'bad') throw new Error(result.reason);
  return result.offer;
}

/** Numbers below a bound, the same in every run. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}
