import {
  announcedApplications,
  applicationKey,
  type ContactPreference,
  isPushTag,
} from '../../sip/feature-tags.ts';
import type { HeaderParameter } from '../../sip/name-addr.ts';

/**
 * True when a contact may get a request with these Accept-Contact values (RFC 3841 §7.2.4).
 * A push tag must always be matched by a binding that announces one of the applications: a terminal that
 * withdrew from push gets none. Other features exclude a contact only with `require`: without
 * `explicit` when the contact says something else, with it also when the contact says nothing.
 */
export function acceptsContact(
  preferences: readonly ContactPreference[],
  contact: readonly HeaderParameter[],
): boolean {
  return preferences.every(({ features, require, explicit }) =>
    features.every((feature) => {
      if (isPushTag(feature.name)) return servesPush(feature, contact);
      const announced = findFeature(contact, feature.name);
      if (announced === undefined) return !(require && explicit);
      return !require || sharesValue(feature, announced);
    }),
  );
}

/** True when a Reject-Contact value names only features that the contact has (RFC 3841 §7.2.3). */
export function rejectsContact(
  preferences: readonly ContactPreference[],
  contact: readonly HeaderParameter[],
): boolean {
  return preferences.some(
    ({ features }) =>
      features.length > 0 &&
      features.every((feature) => {
        const announced = findFeature(contact, feature.name);
        return announced !== undefined && sharesValue(feature, announced);
      }),
  );
}

function servesPush(feature: HeaderParameter, contact: readonly HeaderParameter[]): boolean {
  const served = new Set(announcedApplications(contact).map(applicationKey));
  return announcedApplications([feature]).some((application) => served.has(applicationKey(application)));
}

function findFeature(contact: readonly HeaderParameter[], name: string): HeaderParameter | undefined {
  const key = name.toLowerCase();
  return contact.find((parameter) => parameter.name.toLowerCase() === key);
}

/** Values are comma lists of case-insensitive tokens; a feature without value means true (RFC 3840 §9). */
function sharesValue(wanted: HeaderParameter, announced: HeaderParameter): boolean {
  const offered = new Set(valuesOf(announced));
  return valuesOf(wanted).some((value) =>
    value.startsWith('!') ? !offered.has(value.slice(1)) : offered.has(value),
  );
}

function valuesOf({ value }: HeaderParameter): readonly string[] {
  return (value ?? 'true').split(',').map((one) => one.trim().toLowerCase());
}
