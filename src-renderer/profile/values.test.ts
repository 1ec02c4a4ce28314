import { describe, expect, it } from 'vitest';
import { type Profile, readProfile } from '../../src-main/ipc/contract.ts';
import { NEW_VALUES, profileOf, type Values, valuesOf } from './values.ts';

const CORE = 'sip:127.0.0.1:5060;transport=tcp';

/** A source of the same random choices at every run (mulberry32). */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }

  /** From `least` to `most`. */
  number(least: number, most: number): number {
    return least + this.below(most - least + 1);
  }

  flag(): boolean {
    return this.below(2) === 1;
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  maybe<T>(item: () => T): T | undefined {
    return this.flag() ? item() : undefined;
  }

  list<T>(least: number, most: number, item: () => T): T[] {
    return Array.from({ length: this.number(least, most) }, item);
  }

  text(alphabet: string, least: number, most: number): string {
    return this.list(least, most, () => this.of([...alphabet])).join('');
  }

  hex(digits: number): string {
    return this.text('0123456789abcdefABCDEF', digits, digits);
  }
}

const LETTERS = 'abcxyz019-._';
const ANYTHING = 'aZ9 ,;"$\\{}äж\t';

function randomProfile(dice: Dice): Profile {
  const word = () => dice.text(LETTERS, 1, 12);
  const path = () => `/${word()}/a b, ${word()}`;
  const address = () => `sip:${dice.text(`${LETTERS},`, 1, 8)}@${word()}`;
  const type = () => dice.of(['*/*', 'text/plain', 'text/plain; charset=utf-8', `image/${word()}`]);
  const urn = () => `urn:urn-7:${word()}`;
  const operatorKey = dice.of(['op', 'opc']);
  const auth = dice.of([
    undefined,
    {
      username: word(),
      password: `x${dice.text(ANYTHING, 0, 20)}`,
      realm: dice.maybe(word),
    },
    {
      username: word(),
      realm: dice.maybe(word),
      aka: {
        k: dice.hex(32),
        [operatorKey]: dice.hex(32),
        amf: dice.maybe(() => dice.hex(4)),
        sqn: dice.maybe(() => dice.hex(12)),
      },
    },
  ]);
  const read = readProfile({
    name: dice.text(`${LETTERS}ä·`, 1, 64),
    aor: address(),
    displayName: dice.maybe(() => `Bob ${dice.text('"<ж ', 0, 3)}.`),
    auth,
    core: dice.flag() ? CORE : dice.list(1, 8, () => dice.of([CORE, 'ws://a:80/x', 'wss://b', 'sips:[::1]'])),
    instanceId: dice.maybe(() => 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6'),
    expires: dice.maybe(() => dice.number(60, 604_800)),
    applications: dice.maybe(() => dice.list(1, 4, () => dice.text('azAZ09.!#*+/:;=?@[]^{|}~', 1, 20))),
    handlers: dice.list(0, 3, () => ({
      application: dice.text('azAZ09.!#', 1, 12),
      name: dice.maybe(word),
      icon: dice.maybe(() => dice.of(['📷', 'x'])),
      action: dice.of([
        undefined,
        { kind: 'notify' },
        { kind: 'folder', folder: path() },
        { kind: 'command', command: path(), arguments: dice.list(0, 3, () => dice.text(ANYTHING, 0, 9)) },
        { kind: 'webhook', url: `http://127.0.0.1/${word()}` },
      ]),
      notify: dice.of(['content', 'sender', 'none']),
    })),
    trust: {
      rules: dice.list(0, 3, () => ({
        sender: dice.maybe(address),
        application: dice.maybe(word),
        type: dice.maybe(type),
        decide: dice.of(['allow', 'ask', 'deny']),
      })),
      requireAssertedIdentity: dice.flag(),
      senders: dice.maybe(() => dice.list(0, 4, () => dice.of([address(), `*@${word()}`, 'tel:+4930123']))),
    },
    capabilities: {
      publish: dice.flag(),
      expires: dice.maybe(() => dice.number(60, 604_800)),
      serve: dice.maybe(() => dice.of(['127.0.0.1:0', '[::1]:8080'])),
    },
    refer: {
      decide: dice.of(['ask', 'allow', 'deny']),
      answerWithin: dice.maybe(() => dice.number(1, 600)),
    },
    content: {
      accept: dice.maybe(() => dice.list(0, 3, type)),
      indirection: dice.of(['ask', 'allow', 'deny']),
      allowPrivateAddresses: dice.flag(),
      allowHttp: dice.flag(),
      maxBytes: dice.maybe(() => dice.of([1, 1024, 1025, 5 * 1024 ** 2])),
      maxTotalBytes: dice.maybe(() => dice.of([1, 1025, 5 * 1024 ** 3])),
    },
    files: {
      folder: dice.maybe(path),
      decide: dice.of(['ask', 'accept', 'decline']),
      answerWithin: dice.maybe(() => dice.number(1, 170)),
      maxBytes: dice.maybe(() =>
        dice.of([1, 1023, 1024, 1536, 1024 ** 2 * 3, 1024 ** 4, Number.MAX_SAFE_INTEGER]),
      ),
      accept: dice.maybe(() => dice.list(0, 3, type)),
      maxOffers: dice.maybe(() => dice.number(1, 64)),
      busyCode: dice.of([486, 503]),
    },
    msrp: {
      host: word(),
      port: dice.of([dice.number(0, 65_535), '30000-30100']),
      advertise: dice.maybe(() => dice.of(['nat.push.test', '192.0.2.1', '2001:db8::1'])),
      tls: dice.flag(),
      setup: dice.of(['auto', 'active', 'passive']),
      relay: dice.maybe(() => 'msrps://relay.test:2855;tcp'),
    },
    tls: {
      ca: dice.maybe(path),
      cert: dice.maybe(path),
      key: dice.maybe(path),
      verify: dice.flag(),
      serverName: dice.maybe(word),
    },
    ims: {
      icsi: dice.list(0, 3, urn),
      iari: dice.list(0, 3, urn),
      preferredIdentity: dice.maybe(address),
      accessNetworkInfo: dice.maybe(() => 'IEEE-802.11; i-wlan-node-id=00000000abcd'),
    },
    device: {
      vendor: dice.maybe(word),
      model: dice.maybe(() => `Z ${word()}`),
      version: dice.maybe(word),
      uaProf: dice.maybe(() => `https://e.example/${word()}`),
    },
    subscriptions: dice.list(0, 3, () => ({
      event: dice.of([undefined, 'reg', 'presence', 'ua-profile;profile-type=device;x="a, b"']),
      target: dice.maybe(address) ?? null,
      application: dice.maybe(() => dice.text('azAZ09.!#*+/:;=?@', 1, 20)) ?? null,
      expires: dice.maybe(() => dice.number(0, 2_147_482)) ?? null,
      accept: dice.maybe(() => dice.list(1, 3, type)) ?? null,
    })),
    keepAlive: dice.maybe(() => dice.number(5, 600)),
    outbound: dice.flag(),
    regEvent: dice.flag(),
  });
  if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
  return read.profile;
}

function profileFrom(change: Partial<Values>): Profile {
  const read = readProfile(
    profileOf({ ...NEW_VALUES, name: 'bob', aor: 'sip:bob@push.test', core: [CORE], ...change }),
  );
  if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
  return read.profile;
}

describe('values of the form', () => {
  it('give back any profile as it was', () => {
    for (let seed = 1; seed <= 1000; seed += 1) {
      const profile = randomProfile(new Dice(seed));
      expect(readProfile(profileOf(valuesOf(profile)))).toEqual({ kind: 'ok', profile });
    }
  });

  it('of a new terminal are the defaults of the schema', () => {
    const defaults = readProfile({ name: 'bob', aor: 'sip:bob@push.test', core: CORE });
    expect(profileFrom({})).toEqual(defaults.kind === 'ok' && defaults.profile);
  });

  it('that are left empty have their default', () => {
    expect(profileFrom({ expires: ' ', keepAlive: '', 'msrp.host': '', 'msrp.port': '' })).toMatchObject({
      expires: 3600,
      keepAlive: 15,
      msrp: { host: '127.0.0.1', port: 0 },
    });
  });

  it.each([
    ['sip:a@x, sip:b@x', ['sip:a@x', 'sip:b@x']],
    ['sip:a@x,sip:b@x,*@y', ['sip:a@x', 'sip:b@x', '*@y']],
    ['sip:a@x\n\n *@y ,\n', ['sip:a@x', '*@y']],
    ['sip:a,b@x', ['sip:a,b@x']],
  ])('trusted senders %j are %j', (text, senders) => {
    expect(profileFrom({ 'trust.senders': text }).trust.senders).toEqual(senders);
  });

  it('keys may be pasted in groups', () => {
    const auth = profileFrom({
      signIn: 'aka',
      'auth.username': 'bob',
      'auth.aka.k': '465B5CE8 B199B49F AA5F0A2E E238A6BC',
      'auth.aka.opc': ' cd63cb71954a9f4e48a5994e37a02baf\n',
    }).auth;
    expect(auth?.aka).toMatchObject({ k: '465B5CE8B199B49FAA5F0A2EE238A6BC', op: null });
  });

  it('a size may have a fraction', () => {
    expect(profileFrom({ 'files.maxBytes': '1.5', sizeUnit: 'KiB' }).files.maxBytes).toBe(1536);
  });
});
