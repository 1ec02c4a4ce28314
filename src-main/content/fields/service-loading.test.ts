import { describe, expect, it } from 'vitest';
import { serviceLoadingFields } from './service-loading.ts';
import { bytesOf, SI_XML, SL_WBXML, SL_XML, typeOf } from './test-samples.ts';

const xml = typeOf('text/vnd.wap.sl');
const wbxml = typeOf('application/vnd.wap.slc');

describe('serviceLoadingFields', () => {
  it('reads the tokenised example of WAP-168 §9.4', () => {
    expect(serviceLoadingFields(SL_WBXML, wbxml)).toEqual({
      title: 'Service Loading',
      fields: [
        { name: 'href', value: 'http://www.xyz.com/ppaid/123/abc.wml', kind: 'uri' },
        { name: 'action', value: 'execute-low (default)', kind: 'text' },
      ],
      warnings: [],
    });
  });

  it.each([
    ['XML', SL_XML, xml, 'cache'],
    ['execute-high', bytesOf('<02 06 6a 00 85 06 08 03 78 00 01>'), wbxml, 'execute-high'],
  ])('reads %s', (_name, bytes, type, action) => {
    expect(serviceLoadingFields(bytes, type)?.fields[1]).toEqual({
      name: 'action',
      value: action,
      kind: 'text',
    });
  });

  it.each([
    ['another document', SI_XML, xml],
    ['another type', SL_XML, typeOf('text/xml')],
  ])('is null for %s', (_name, bytes, type) => {
    expect(serviceLoadingFields(bytes, type)).toBeNull();
  });
});
