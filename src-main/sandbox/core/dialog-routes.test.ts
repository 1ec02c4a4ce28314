import { describe, expect, it } from 'vitest';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { parseSipUri, type SipUri } from '../../sip/uri.ts';
import { DialogRoutes } from './dialog-routes.ts';

const CALLER = 'aaaaaaaaaaaaaaaa';
const CALLEE = 'bbbbbbbbbbbbbbbb';

function routeUri(value: string): SipUri {
  const uri = parseSipUri(parseNameAddr(value)?.uri ?? '');
  if (uri === null) throw new Error(value);
  return uri;
}

describe('DialogRoutes', () => {
  const routes = new DialogRoutes('127.0.0.1:5060');
  const uri = routeUri(routes.recordRoute(CALLER, CALLEE));

  it('leads from each end to the other, and names both to an end that reconnected', () => {
    expect(routes.otherFlows(uri, CALLER)).toEqual([CALLEE]);
    expect(routes.otherFlows(uri, CALLEE)).toEqual([CALLER]);
    expect(routes.otherFlows(uri, 'cccccccccccccccc')).toEqual([CALLEE, CALLER]);
    expect(routes.otherFlows(routeUri(routes.recordRoute(CALLER, CALLER)), CALLER)).toEqual([CALLER]);
  });

  it('refuses what it did not make', () => {
    const forged = { ...uri, user: `${CALLEE}.${CALLER}.${uri.user?.slice(-16) ?? ''}` };
    expect(routes.otherFlows(forged, CALLER)).toBeNull();
    expect(new DialogRoutes('127.0.0.1:5060').otherFlows(uri, CALLER)).toBeNull();
    expect(routes.otherFlows(routeUri('<sip:127.0.0.1:5060;lr>'), CALLER)).toBeNull();
  });
});
