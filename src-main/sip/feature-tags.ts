import {
  formatParameters,
  type HeaderParameter,
  parseParameters,
  splitList,
  straightenQuotes,
} from './name-addr.ts';
import { remember } from './remember.ts';

/** Header form of the push tag (ALL-ADR-03). The three-p spelling of older texts is read, never written. */
export const PUSH_TAG = '+g.oma.pusheventapp';
const PUSH_TAG_SPELLINGS = new Set(['+g.oma.pusheventapp', '+g.oma.pusheventappp']);
/** Spellings of the communication service and application reference tags seen in the spec's texts. */
const SERVICE_TAGS: ReadonlyMap<string, 'icsi' | 'iari'> = new Map([
  ['+g.3gpp.icsi-ref', 'icsi'],
  ['+g.3gpp.icsi_ref', 'icsi'],
  ['+g.ims.app_ref', 'icsi'],
  ['+g.oma.lcsi.sip-push', 'icsi'],
  ['+g.3gpp.iari-ref', 'iari'],
  ['+g.oma.iari.syncml', 'iari'],
]);

/** One value of Accept-Contact or Reject-Contact (RFC 3841 §9). */
export type ContactPreference = {
  readonly require: boolean;
  readonly explicit: boolean;
  /** Feature parameters in order, names as written. */
  readonly features: readonly HeaderParameter[];
};

/**
 * Parses Accept-Contact or Reject-Contact header values. `*` may be missing, curly quotes count as `"`,
 * and a value that stays malformed is left out (X-38).
 */
export function parseContactPreferences(values: readonly string[]): readonly ContactPreference[] {
  return values.flatMap((value) =>
    splitList(straightenQuotes(value)).flatMap((element) => {
      const parameters = parseParameters(joinSplitTag(element.replace(/^\*/, '')));
      if (parameters === null) return [];
      const flag = (name: string): boolean => parameters.some((parameter) => isFlag(parameter, name));
      const features = parameters.filter((one) => !isFlag(one, 'require') && !isFlag(one, 'explicit'));
      return [{ require: flag('require'), explicit: flag('explicit'), features }];
    }),
  );
}

/**
 * Application Resource Identifiers that Accept-Contact values name, in order, as written but trimmed,
 * each application once. Empty when no value carries the push tag.
 */
export function pushApplications(acceptContactValues: readonly string[]): readonly string[] {
  return applicationsIn(acceptContactValues.join('\n'));
}

const applicationsIn = remember((lines): readonly string[] =>
  distinctApplications(parseContactPreferences(lines.split('\n')).flatMap(({ features }) => features)),
);

/** Application Resource Identifiers that a Contact's feature parameters announce (PRA-REG-03). */
export function announcedApplications(parameters: readonly HeaderParameter[]): string[] {
  return distinctApplications(parameters);
}

/** True when a feature parameter is the push tag in either spelling. */
export function isPushTag(name: string): boolean {
  return PUSH_TAG_SPELLINGS.has(name.toLowerCase());
}

/** True when two identifiers mean the same application: `urn:x-wap-application:mms.ua` is `MMS.ua`. */
export function sameApplication(a: string, b: string): boolean {
  return applicationKey(a) === applicationKey(b);
}

/** Short, folded form of an identifier, for maps and comparison. */
export const applicationKey: (application: string) => string = remember((application) =>
  application
    .trim()
    .toLowerCase()
    .replace(/^urn:/, '')
    .replace(/^x-wap-application:/, ''),
);

/** The push tag as a header parameter without semicolon: `+g.oma.pusheventapp="mms.ua,wml.ua"` (ALL-ADR-04). */
export function formatPushTag(applications: readonly string[]): string {
  const value = applications.join(',');
  return formatParameters([{ name: PUSH_TAG, value, quoted: true }]).slice(1);
}

/** Communication service (ICSI) and application reference (IARI) URNs of feature parameters, decoded. */
export type ServiceReferences = { readonly icsi: readonly string[]; readonly iari: readonly string[] };

/** ICSI and IARI values in any of the known spellings; percent escapes and angle brackets are removed. */
export function serviceReferences(parameters: readonly HeaderParameter[]): ServiceReferences {
  const found: Record<'icsi' | 'iari', string[]> = { icsi: [], iari: [] };
  for (const { name, value } of parameters) {
    const kind = SERVICE_TAGS.get(name.toLowerCase());
    if (kind !== undefined) found[kind].push(...(value ?? name).split(',').map(decodeReference));
  }
  return found;
}

/** The ICSI tag in the form that is emitted: hyphen, percent-encoded URNs, quoted. */
export function formatIcsiTag(urns: readonly string[]): string {
  return `+g.3gpp.icsi-ref="${urns.map(encodeURIComponent).join(',')}"`;
}

/** The IARI tag in the form that is emitted. */
export function formatIariTag(urns: readonly string[]): string {
  return `+g.3gpp.iari-ref="${urns.map(encodeURIComponent).join(',')}"`;
}

function distinctApplications(parameters: readonly HeaderParameter[]): string[] {
  const byKey = new Map<string, string>();
  for (const { name, value } of parameters) {
    if (!isPushTag(name)) continue;
    for (const part of (value ?? '').split(',')) {
      const application = part.trim();
      if (application !== '' && !byKey.has(applicationKey(application))) {
        byKey.set(applicationKey(application), application);
      }
    }
  }
  return [...byKey.values()];
}

/** `+ g.oma…` with a stray space stands in one sample. */
function joinSplitTag(text: string): string {
  return text.replace(/(^|;)(\s*\+)\s+/g, '$1$2');
}

function isFlag(parameter: HeaderParameter, name: string): boolean {
  return parameter.value === null && parameter.name.toLowerCase() === name;
}

function decodeReference(text: string): string {
  const bare = text.trim().replace(/^<|>$/g, '');
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}
