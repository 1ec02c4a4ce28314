import { describe, expect, it } from 'vitest';
import { judgeAddress, mayFetchFrom } from './address-guard.ts';

const PRIVATE = [
  '127.0.0.1',
  '127.255.255.254',
  '10.0.0.0',
  '10.255.255.255',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '169.254.0.1',
  '100.64.0.1',
  '100.127.255.255',
  '192.0.0.8',
  '192.0.2.1',
  '192.88.99.1',
  '198.18.0.1',
  '198.19.255.255',
  '198.51.100.7',
  '203.0.113.7',
  '::1',
  '0:0:0:0:0:0:0:1',
  'fc00::1',
  'fdff:ffff::1',
  'fe80::1',
  'fe80::1%eth0',
  'febf::1',
  'fec0::1',
  '2001:2::1',
  '2001:db8::1',
  '3fff::1',
  '64:ff9b:1::a00:1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '::FFFF:10.1.2.3',
  '0:0:0:0:0:ffff:c0a8:1',
  '::ffff:0:127.0.0.1',
  '::127.0.0.1',
  '::7f00:1',
  '64:ff9b::10.0.0.1',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2002:c0a8:101::1',
  // Teredo with a public server and the client 10.0.0.1, then with the server 10.0.0.1.
  '2001:0:808:808:0:0:f5ff:fffe',
  '2001:0:a00:1:0:0:f7f7:f7f7',
];

const NEVER = [
  '0.0.0.0',
  '0.1.2.3',
  '::',
  '224.0.0.1',
  '239.255.255.255',
  '240.0.0.1',
  '255.255.255.255',
  'ff02::1',
  'ff0e::1',
  '100::1',
  '4000::1',
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '192.0.0.192',
  '168.63.129.16',
  'fd00:ec2::254',
  'fd20:ce::254',
  '::ffff:169.254.169.254',
  '::ffff:a9fe:a9fe',
  '64:ff9b::a9fe:a9fe',
  '2002:a9fe:a9fe::1',
  '::ffff:0.0.0.0',
  '64:ff9b::e000:1',
  // Not addresses at all, so never.
  '',
  'localhost',
  '127.1',
  '0x7f000001',
  '2130706433',
  '[::1]',
  '1.2.3.4.5',
  '::ffff:999.0.0.1',
  '%eth0',
];

const ALLOWED = [
  '8.8.8.8',
  '1.1.1.1',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700::1111',
  '2001:4860:4860::8888',
  '2001:db7::1',
  '::ffff:8.8.8.8',
  '64:ff9b::8.8.8.8',
  '2002:808:808::1',
  '2001:0:808:808:0:0:f7f7:f7f7',
];

describe('judgeAddress', () => {
  it.each(PRIVATE)('%s is private', (address) => {
    expect(judgeAddress(address)).toBe('private');
    expect(mayFetchFrom(address, false)).toBe(false);
    expect(mayFetchFrom(address, true)).toBe(true);
  });

  it.each(NEVER)('%j is never fetched from', (address) => {
    expect(judgeAddress(address)).toBe('never');
    expect(mayFetchFrom(address, true)).toBe(false);
  });

  it.each(ALLOWED)('%s is allowed', (address) => {
    expect(judgeAddress(address)).toBe('allowed');
    expect(mayFetchFrom(address, false)).toBe(true);
  });

  it('judges every mapped IPv4 address as the IPv4 address', () => {
    for (let first = 0; first < 256; first += 1) {
      for (const second of [0, 16, 64, 88, 100, 168, 254]) {
        const plain = `${first}.${second}.169.254`;
        for (const prefix of ['::ffff:', '64:ff9b::', '::ffff:0:']) {
          expect(`${prefix}${plain} ${judgeAddress(prefix + plain)}`).toBe(
            `${prefix}${plain} ${judgeAddress(plain)}`,
          );
        }
      }
    }
  });
});
