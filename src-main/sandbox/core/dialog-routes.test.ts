import { describe, expect, it } from 'vitest';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { parseSipUri, type SipUri, uriParameter } from '../../sip/uri.ts';
import { DialogRoutes } from './dialog-routes.ts';

const CALLER = { id: 'aaaaaaaaaaaaaaaa', transport: 'TCP', sentBy: '127.0.0.1:5060' } as const;
const CALLEE = { id: 'bbbbbbbbbbbbbbbb', transport: 'TCP', sentBy: '127.0.0.1:5060' } as const;
const STRANGER = 'cccccccccccccccc';

function routeUri(value: string | undefined): SipUri {
  const uri = parseSipUri(parseNameAddr(value ?? '')?.uri ?? '');
  if (uri === null) throw new Error(value);
  return uri;
}

describe('DialogRoutes', () => {
  const routes = new DialogRoutes();
  const uri = routeUri(routes.recordRoutes(CALLER, CALLEE)[0]);

  it('leads from each end to the other, and names both to an end that reconnected', () => {
    expect(routes.otherFlows(uri, CALLER.id)).toEqual([CALLEE.id]);
    expect(routes.otherFlows(uri, CALLEE.id)).toEqual([CALLER.id]);
    expect(routes.otherFlows(uri, STRANGER)).toEqual([CALLEE.id, CALLER.id]);
    const own = routeUri(routes.recordRoutes(CALLER, CALLER)[0]);
    expect(routes.otherFlows(own, CALLER.id)).toEqual([CALLER.id]);
  });

  it('refuses what it did not make', () => {
    const forged = { ...uri, user: `${CALLEE.id}.${CALLER.id}.${uri.user?.slice(-16) ?? ''}` };
    expect(routes.otherFlows(forged, CALLER.id)).toBeNull();
    expect(new DialogRoutes().otherFlows(uri, CALLER.id)).toBeNull();
    expect(routes.otherFlows(routeUri('<sip:127.0.0.1:5060;lr>'), CALLER.id)).toBeNull();
  });

  it('gives each end its own address where they differ, the callee first (RFC 5658 §3)', () => {
    expect(routes.recordRoutes(CALLER, CALLEE)).toHaveLength(1);
    const phone = { ...CALLEE, transport: 'UDP', sentBy: '[::1]:5070' } as const;
    const [top, bottom, ...others] = routes.recordRoutes(CALLER, phone).map(routeUri);
    if (top === undefined || bottom === undefined) throw new Error('no routes');
    expect([top.host, top.port, uriParameter(top, 'transport')]).toEqual(['[::1]', 5070, 'udp']);
    expect([bottom.host, bottom.port, uriParameter(bottom, 'transport')]).toEqual(['127.0.0.1', 5060, 'tcp']);
    expect(others).toEqual([]);
    expect(top.user).toBe(bottom.user);
  });

  it.each([
    ['TLS', false, 'sip', 'tls'],
    ['WSS', false, 'sip', 'ws'],
    ['TLS', true, 'sips', 'tls'],
    ['WS', true, 'sip', 'ws'],
  ] as const)('over %s, to a sips URI %s: %s and %s', (transport, isSips, scheme, parameter) => {
    const end = { ...CALLER, transport };
    const route = routeUri(routes.recordRoutes(end, end, isSips)[0]);
    expect([route.scheme, uriParameter(route, 'transport')]).toEqual([scheme, parameter]);
  });
});
