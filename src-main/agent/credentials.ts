import { akaKeyFromHex } from '../sip/aka.ts';
import type { Credentials } from '../sip/credentials.ts';
import type { Profile } from './profile.ts';
import type { SequenceNumbers } from './sequence-numbers.ts';

/** What a profile signs in with, or null when it says nothing (PRA-REG-11). */
export function credentialsOf({ auth }: Profile, sequences: SequenceNumbers): Credentials | null {
  if (auth === undefined) return null;
  const { username, password, realm, aka } = auth;
  if (aka === null) return { kind: 'password', username, password: password ?? '', realm };
  const { k, op, opc, amf, sqn } = aka;
  const key = akaKeyFromHex({ k, amf, ...(op === null ? {} : { op }), ...(opc === null ? {} : { opc }) });
  return { kind: 'aka', username, realm, key, sequence: sequences.of(k, sqn) };
}
