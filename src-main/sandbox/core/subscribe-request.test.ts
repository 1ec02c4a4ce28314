import { describe, expect, it } from 'vitest';
import { HeaderFields } from '../../sip/header-fields.ts';
import { SipRequest } from '../../sip/message.ts';
import { formatEvent, parseEvent, readSubscribe } from './subscribe-request.ts';

describe('parseEvent', () => {
  it.each([
    ['reg', 'reg', null],
    [' reg ; id=7', 'reg', '7'],
    ['presence.winfo;x=y', 'presence.winfo', null],
    ['REG', 'REG', null],
  ])('%j', (value, name, id) => {
    expect(parseEvent(value)).toEqual({ name, id });
  });

  it.each([undefined, '', ';id=7', 'a b', 'reg;id="a b"', 'reg;id=', 'reg;"'])('%j is none', (value) => {
    expect(parseEvent(value)).toBeNull();
  });

  it.each(['reg', 'reg;id=7'])('%s is written as read', (value) => {
    expect(formatEvent(parseEvent(value) ?? { name: '', id: null })).toBe(value);
  });
});

describe('readSubscribe', () => {
  const read = (headers: Readonly<Record<string, string>>) =>
    readSubscribe(
      new SipRequest(
        'SUBSCRIBE',
        'sip:bob@push.test',
        new HeaderFields(Object.entries(headers).map(([name, value]) => ({ name, value }))),
      ),
      { types: ['application/reginfo+xml'], defaultSeconds: 3761 },
    );

  it.each([
    [{}, 3761, null],
    [{ Contact: '<sip:a@b;transport=tcp>;x=y' }, 3761, 'sip:a@b;transport=tcp'],
    [{ Expires: '0' }, 0, null],
    [{ Expires: '60' }, 60, null],
    [{ Expires: '600000' }, 600_000, null],
    [{ Expires: '9999999999' }, 600_000, null],
    [{ Expires: 'soon' }, 3761, null],
    [{ Accept: 'text/plain, Application/RegInfo+XML;q=1', Require: 'gruu' }, 3761, null],
    [{ Accept: '*/*' }, 3761, null],
  ])('%j', (headers, seconds, target) => {
    expect(read(headers)).toEqual({ kind: 'wish', seconds, target });
  });

  it.each([
    [{ Expires: '1' }, 423, ['Min-Expires', '60']],
    [{ Expires: '59' }, 423, ['Min-Expires', '60']],
    [{ Accept: 'application/pidf+xml' }, 406, ['Accept', 'application/reginfo+xml']],
    [{ Require: 'eventlist, gruu' }, 420, ['Unsupported', 'eventlist']],
    [{ Contact: '<sip:a@b>, <sip:c@d>' }, 400, undefined],
    [{ Contact: '*' }, 400, undefined],
  ])('%j is refused', (headers, code, header) => {
    expect(read(headers)).toMatchObject({ kind: 'refused', code, ...(header && { headers: [header] }) });
  });
});
