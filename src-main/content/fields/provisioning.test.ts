import { describe, expect, it } from 'vitest';
import { provisioningFields } from './provisioning.ts';
import { PROVISIONING_WBXML, PROVISIONING_XML, typeOf } from './test-samples.ts';

describe('provisioningFields', () => {
  it('reads both code pages and masks the secrets (OMA-WAP-ProvCont-V1_1 §7)', () => {
    const type = typeOf('application/vnd.wap.connectivity-wbxml; SEC=1; MAC=00');
    const content = provisioningFields(PROVISIONING_WBXML, type);
    expect(content?.fields.map(({ name, value, kind }) => [name, value, kind])).toEqual([
      ['security', 'USERPIN', 'text'],
      ['NAPDEF / NAPID', 'NAP1', 'text'],
      ['NAPDEF / NAP-ADDRESS', 'internet', 'text'],
      ['NAPDEF / NAP-ADDRTYPE', 'APN', 'text'],
      ['NAPDEF / AUTHSECRET', '••••••', 'text'],
      ['APPLICATION / APPID', 'w4', 'text'],
      ['APPLICATION / ADDR', 'http://mmsc.example.com', 'uri'],
      ['APPLICATION / APPAUTH / AAUTHSECRET', '••••••', 'text'],
    ]);
    expect(JSON.stringify(content)).not.toMatch(/geheim|"secret"/);
    expect(content?.warnings).toEqual([expect.stringContaining('masked')]);
  });

  it('reads XML', () => {
    const content = provisioningFields(PROVISIONING_XML, typeOf('text/vnd.wap.connectivity-xml'));
    expect(content?.fields.map(({ name, value }) => [name, value])).toEqual([
      ['version', '1.1'],
      ['PXLOGICAL / PROXY-ID', 'p'],
      ['PXLOGICAL / PXAUTHINFO / PXAUTH-PW', '••••••'],
      ['PXLOGICAL / PXAUTHINFO / PXAUTH-ID', 'me'],
    ]);
  });

  it('shows only so many parameters', () => {
    const bytes = Buffer.from(
      `<wap-provisioningdoc>${'<parm name="A" value="b"/>'.repeat(600)}</wap-provisioningdoc>`,
    );
    const content = provisioningFields(bytes, typeOf('text/vnd.wap.connectivity-xml'));
    expect(content?.fields).toHaveLength(500);
    expect(content?.warnings).toEqual(['Only the first 500 of 600 values are shown.']);
  });

  it('is null for another type', () => {
    expect(provisioningFields(PROVISIONING_XML, typeOf('text/xml'))).toBeNull();
  });
});
