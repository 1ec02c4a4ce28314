import { parseSipUri } from '../../sip/uri.ts';

const WAPPUSH = /^WAPPUSH=([^/]{1,500})\/TYPE=(USER|PLMN)(?:@[^@]*)?$/i;

/**
 * The SIP URI that a PAP address means: a SIP URI as it is, a WAP user address by its user, a telephone number at the
 * domain; null for all others (PAP 2.x §9.2, the form of addresses in WAP Push PPG §7).
 */
export function sipAddressOf(address: string, domain: string): string | null {
  const text = address.trim();
  if (/^sips?:/i.test(text)) return parseSipUri(text) === null ? null : text;
  const found = WAPPUSH.exec(text);
  if (found === null) return null;
  const [, specifier = '', type = ''] = found;
  const user = decoded(specifier);
  if (user === null) return null;
  if (type.toUpperCase() === 'PLMN') {
    return /^\+?\d{1,20}$/.test(user) ? `sip:${user}@${domain};user=phone` : null;
  }
  const uri = user.includes('@') ? `sip:${user}` : `sip:${user}@${domain}`;
  return parseSipUri(uri) === null ? null : uri;
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
