import { formatParameters, type HeaderParameter, headerParameter, parseParameters } from './name-addr.ts';

/** The event package of profiles (RFC 6080 §6.1). */
export const UA_PROFILE = 'ua-profile';
/** The profile type of push applications (PRA-SUB-06, X-49). */
export const OMA_APP = 'oma-app';
/** Seconds a subscription to it is asked for where nothing else is said (RFC 6080 §6.4). */
export const UA_PROFILE_EXPIRES_S = 86_400;

/** Who made a terminal (RFC 6080 §6.2.2): a domain name, a model and a version. */
export type Device = { readonly vendor: string; readonly model: string; readonly version: string };

/** What the Event of a SUBSCRIBE to `ua-profile` says; null where it does not say it. */
export type UaProfileEvent = {
  readonly profileType: string | null;
  readonly vendor: string | null;
  readonly model: string | null;
  readonly version: string | null;
  /** The application whose pushes are wanted. */
  readonly application: string | null;
  /** Link to the UAProf document of the terminal. */
  readonly deviceCapabilities: string | null;
};

/** What the parameters of a `ua-profile` Event are completed from. */
export type UaProfileFacts = {
  readonly device: Device;
  readonly application: string | null;
  /** Link to a UAProf document. */
  readonly deviceCapabilities: string | null;
};

/**
 * Adds to the Event of a SUBSCRIBE to `ua-profile` the parameters that it must or should have and has not: profile-type
 * oma-app, vendor, model and version always, event-app-id and dev-cap where known (PRA-SUB-06, -10, -11, X-49). Another
 * package's Event stays as it is, a malformed one too.
 */
export function completeUaProfile(event: string, facts: UaProfileFacts): string {
  const parameters = uaProfileParameters(event);
  if (parameters === null) return event;
  const { device, application, deviceCapabilities } = facts;
  const wanted: readonly HeaderParameter[] = [
    { name: 'profile-type', value: OMA_APP, quoted: false },
    { name: 'vendor', value: device.vendor, quoted: true },
    { name: 'model', value: device.model, quoted: true },
    { name: 'version', value: device.version, quoted: true },
    ...(application === null ? [] : [{ name: 'event-app-id', value: application, quoted: true }]),
    ...(deviceCapabilities === null ? [] : [{ name: 'dev-cap', value: deviceCapabilities, quoted: true }]),
  ];
  const missing = wanted.filter(({ name }) => headerParameter({ parameters }, name) === undefined);
  return `${event.trim()}${formatParameters(missing)}`;
}

/** Reads the Event of a SUBSCRIBE to `ua-profile`; null when it is for another package or malformed. Unknown parameters count for nothing. */
export function readUaProfile(event: string): UaProfileEvent | null {
  const parameters = uaProfileParameters(event);
  if (parameters === null) return null;
  const value = (name: string): string | null => headerParameter({ parameters }, name) || null;
  return {
    profileType: value('profile-type')?.toLowerCase() ?? null,
    vendor: value('vendor'),
    model: value('model'),
    version: value('version'),
    application: value('event-app-id'),
    deviceCapabilities: value('dev-cap'),
  };
}

function uaProfileParameters(event: string): readonly HeaderParameter[] | null {
  const semicolon = event.indexOf(';');
  const name = semicolon < 0 ? event : event.slice(0, semicolon);
  if (name.trim() !== UA_PROFILE) return null;
  return semicolon < 0 ? [] : parseParameters(event.slice(semicolon));
}
