import { describe, expect, it } from 'vitest';
import { formatHostPort, parseCoreAddress } from './core-address.ts';

describe('parseCoreAddress', () => {
  it.each([
    ['sip:core.test', { host: 'core.test', port: null, transport: null }],
    ['sip:core.test:5070', { host: 'core.test', port: 5070, transport: 'tcp' }],
    ['sip:127.0.0.1', { host: '127.0.0.1', port: null, transport: 'tcp' }],
    ['sip:core.test;transport=TLS', { host: 'core.test', port: null, transport: 'tls' }],
    ['sip:[::1]:5060;transport=udp', { host: '::1', port: 5060, transport: 'udp' }],
    ['sips:[::1]:5070', { host: '::1', port: 5070, transport: 'tls' }],
    ['sips:core.test;transport=ws', { host: 'core.test', port: null, transport: 'wss' }],
    ['sip:core.test:8080;transport=ws', { host: 'core.test', port: 8080, transport: 'ws' }],
    ['ws://core.test:8080/sip?x=1', { host: 'core.test', port: 8080, transport: 'ws', path: '/sip?x=1' }],
    ['wss://[::1]', { host: '::1', port: null, transport: 'wss' }],
  ])('%s', (text, address) => {
    expect(parseCoreAddress(text)).toEqual({ path: '/', ...address, text });
  });

  it.each([
    ['http://x', /not a SIP URI/],
    ['sip:core.test;transport=sctp', /sctp is not known; use tcp/],
    ['sips:core.test;transport=udp', /udp is not known/],
    ['ws://', /not the URL of a WebSocket/],
    ['ws://user@core.test/', /not the URL of a WebSocket/],
  ])('refuses %s in words', (text, words) => {
    expect(() => parseCoreAddress(text)).toThrow(words);
  });
});

describe('formatHostPort', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1:5060'],
    ['::1', '[::1]:5060'],
  ])('%s', (host, shown) => expect(formatHostPort(host, 5060)).toBe(shown));
});
