import { formatIariTag, formatIcsiTag, formatPushTag } from '../sip/feature-tags.ts';
import type { Profile } from './profile.ts';

/** What one REGISTER says. `expires` in seconds; 0 leaves. */
export type RegisterTerms = {
  readonly contactUri: string;
  readonly instanceId: string;
  /** Feature tag parameters of the Contact, without semicolons. */
  readonly tags: readonly string[];
  readonly expires: number;
  readonly requirePref: boolean;
  readonly outbound: boolean;
};

/** One flow a terminal, so one reg-id, the same over restarts (RFC 5626 §4.2.1). */
const REG_ID = 1;

/** Header lines of a REGISTER: instance, push tags, GRUU and outbound asked for (PRA-REG-02 to -06, X-04, X-07). */
export function registerHeaders(terms: RegisterTerms): readonly string[] {
  const contact = [
    `<${terms.contactUri}>`,
    `+sip.instance="<${terms.instanceId}>"`,
    ...(terms.outbound ? [`reg-id=${REG_ID}`] : []),
    ...terms.tags,
    `expires=${terms.expires}`,
  ];
  return [
    `Contact: ${contact.join(';')}`,
    `Expires: ${terms.expires}`,
    `Supported: gruu, path${terms.outbound ? ', outbound' : ''}`,
    ...(terms.requirePref ? ['Require: pref'] : []),
  ];
}

/** Feature tags of a Contact: applications unless withdrawn, communication services, IMS applications (X-39, PRA-IMS-02). */
export function contactTags(
  applications: readonly string[],
  ims: Pick<Profile['ims'], 'icsi' | 'iari'>,
): readonly string[] {
  return [
    ...(applications.length === 0 ? [] : [formatPushTag(applications)]),
    ...(ims.icsi.length === 0 ? [] : [formatIcsiTag(ims.icsi)]),
    ...(ims.iari.length === 0 ? [] : [formatIariTag(ims.iari)]),
  ];
}
