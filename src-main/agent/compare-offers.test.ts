import { describe, expect, it } from 'vitest';
import { parseOffer, type SessionOffer } from '../sdp/offer.ts';
import { compareOffers, describeChanges } from './compare-offers.ts';

type Line = { readonly id?: string; readonly name?: string; readonly port?: number; readonly path?: string };

function offer(...lines: readonly (Line | 'audio')[]): SessionOffer {
  const text = ['v=0', 'o=psa 1 1 IN IP4 10.0.0.1', 's=-', 'c=IN IP4 10.0.0.1', 't=0 0'];
  for (const line of lines) {
    if (line === 'audio') {
      text.push('m=audio 4000 RTP/AVP 0');
      continue;
    }
    const { id = 'one', name = 'a.txt', port = 7000, path = 'a' } = line;
    text.push(`m=message ${port} TCP/MSRP *`, 'a=sendonly', 'a=accept-types:text/plain');
    text.push(
      `a=path:msrp://10.0.0.1:7000/${path};tcp`,
      `a=file-selector:name:"${name}" type:text/plain size:5`,
    );
    if (id !== '') text.push(`a=file-transfer-id:${id}`);
  }
  const parsed = parseOffer(`${text.join('\r\n')}\r\n`);
  if (parsed.kind === 'bad') throw new Error(parsed.reason);
  return parsed.offer;
}

describe('compareOffers (RFC 5547 §8.3.1)', () => {
  it.each<[string, readonly (Line | 'audio')[], readonly (Line | 'audio')[], readonly string[] | null]>([
    ['a refresh', [{}], [{}], ['unchanged']],
    ['another path', [{}], [{ path: 'b' }], ['moved']],
    ['port 0', [{}], [{ port: 0 }], ['closed']],
    ['port 0 again', [{ port: 0 }], [{ port: 0 }], ['unchanged']],
    ['a known id for another file', [{}], [{ name: 'b.txt' }], ['refused']],
    ['a new id for the same file', [{}], [{ id: 'two' }], ['added']],
    ['a new m-line', [{}], [{}, { id: 'two' }], ['unchanged', 'added']],
    ['a new m-line with a used id', [{}], [{}, { name: 'b.txt' }], ['unchanged', 'refused']],
    [
      'two new m-lines with one id',
      [{}],
      [{}, { id: 'two' }, { id: 'two' }],
      ['unchanged', 'added', 'refused'],
    ],
    ['a closed m-line with its old id', [{ port: 0 }], [{}], ['refused']],
    ['a closed m-line used again', [{ port: 0 }], [{ id: 'two' }], ['added']],
    ['no id, the same file (X-24)', [{ id: '' }], [{ id: '' }], ['unchanged']],
    ['no id, another file (X-24)', [{ id: '' }], [{ id: '', name: 'b.txt' }], ['added']],
    ['an m-line less', [{}, { id: 'two' }], [{}], null],
    ['audio where a file was', [{}], ['audio'], null],
    ['audio as before', ['audio', {}], ['audio', {}], ['unchanged', 'unchanged']],
  ])('%s', (_name, before, after, expected) => {
    const changes = compareOffers(offer(...before), offer(...after), new Set(['one']));
    expect(changes?.map(({ kind }) => kind) ?? null).toEqual(expected);
  });

  it('says it in words', () => {
    const changes = compareOffers(offer({}), offer({ port: 0 }, { id: 'two' }), new Set(['one'])) ?? [];
    expect(describeChanges(changes)).toBe('files: 1 added, 1 closed');
  });
});
