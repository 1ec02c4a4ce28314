import type { Profile } from '../../src-main/ipc/contract.ts';
import { type RuleValues, ruleOf, ruleValues } from './rule-values.ts';

/** Fields of one line or several, named after their setting in the profile. Lists stand in one field. */
export type TextField =
  | 'name'
  | 'aor'
  | 'displayName'
  | 'instanceId'
  | 'expires'
  | 'keepAlive'
  | 'auth.username'
  | 'auth.password'
  | 'auth.realm'
  | 'auth.aka.k'
  | 'auth.aka.op'
  | 'auth.aka.opc'
  | 'auth.aka.amf'
  | 'auth.aka.sqn'
  | 'tls.ca'
  | 'tls.cert'
  | 'tls.key'
  | 'tls.serverName'
  | 'applications'
  | 'trust.senders'
  | 'content.accept'
  | 'content.maxBytes'
  | 'content.maxTotalBytes'
  | 'files.folder'
  | 'files.answerWithin'
  | 'files.maxBytes'
  | 'files.accept'
  | 'files.maxOffers'
  | 'msrp.host'
  | 'msrp.port'
  | 'msrp.advertise'
  | 'msrp.relay'
  | 'ims.icsi'
  | 'ims.iari'
  | 'ims.preferredIdentity'
  | 'ims.accessNetworkInfo'
  | 'device.vendor'
  | 'device.model'
  | 'device.version'
  | 'device.uaProf'
  | 'capabilities.expires'
  | 'capabilities.serve'
  | 'refer.answerWithin';

export type FlagField =
  | 'outbound'
  | 'regEvent'
  | 'tls.verify'
  | 'trust.requireAssertedIdentity'
  | 'content.allowPrivateAddresses'
  | 'content.allowHttp'
  | 'msrp.tls'
  | 'capabilities.publish';

export type SignIn = 'none' | 'password' | 'aka';
export type SizeUnit = keyof typeof SIZE_UNITS;

/** A subscription of the profile as it stands in the form; types in one field, one a line. */
export type SubscriptionValues = Readonly<Record<SubscriptionKey, string>>;
export type SubscriptionKey = 'event' | 'target' | 'application' | 'expires' | 'accept';

/** What the form shows for one more subscription. */
export const NEW_SUBSCRIPTION: SubscriptionValues = {
  event: 'ua-profile',
  target: '',
  application: '',
  expires: '',
  accept: '',
};

/** What stands in the form. */
export type Values = Readonly<Record<TextField, string>> &
  Readonly<Record<FlagField, boolean>> & {
    /** In the order they are tried. */
    readonly core: readonly string[];
    readonly subscriptions: readonly SubscriptionValues[];
    readonly signIn: SignIn;
    /** Which of the two operator keys is in use. */
    readonly operatorKey: 'op' | 'opc';
    readonly 'content.indirection': Profile['content']['indirection'];
    readonly 'files.busyCode': `${Profile['files']['busyCode']}`;
    readonly 'msrp.setup': Profile['msrp']['setup'];
    readonly 'files.decide': Profile['files']['decide'];
    readonly 'refer.decide': Profile['refer']['decide'];
    /** In the order they are tried. */
    readonly 'files.rules': readonly RuleValues[];
    readonly sizeUnit: SizeUnit;
    readonly contentSizeUnit: SizeUnit;
    readonly totalSizeUnit: SizeUnit;
    /** Edited in the Applications tab; the form keeps them. */
    readonly handlers: Profile['handlers'];
    readonly 'trust.rules': Profile['trust']['rules'];
    /** An empty list of senders, which is not the same as none given: nobody may push. */
    readonly trustNobody: boolean;
  };

export type ChoiceField =
  | 'content.indirection'
  | 'files.decide'
  | 'files.busyCode'
  | 'msrp.setup'
  | 'refer.decide';

/** A field on the screen that may have a problem. */
export type FieldName =
  | TextField
  | FlagField
  | ChoiceField
  | 'files.rules'
  | `core.${number}`
  | `subscriptions.${number}.${SubscriptionKey}`;

export const SIZE_UNITS = { bytes: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

/** A new terminal before anything is typed: what a lab has most often. */
export const NEW_VALUES: Values = {
  name: '',
  aor: 'sip:',
  displayName: '',
  instanceId: '',
  core: ['sip:127.0.0.1:5060;transport=tcp'],
  expires: '3600',
  keepAlive: '15',
  outbound: true,
  regEvent: true,
  signIn: 'password',
  'auth.username': '',
  'auth.password': '',
  'auth.realm': '',
  operatorKey: 'opc',
  'auth.aka.k': '',
  'auth.aka.op': '',
  'auth.aka.opc': '',
  'auth.aka.amf': '8000',
  'auth.aka.sqn': '000000000000',
  'tls.ca': '',
  'tls.cert': '',
  'tls.key': '',
  'tls.serverName': '',
  'tls.verify': true,
  applications: 'mms.ua, wml.ua',
  'trust.requireAssertedIdentity': true,
  'trust.senders': '',
  trustNobody: false,
  'trust.rules': [],
  handlers: [],
  'content.accept': '*/*',
  'content.indirection': 'ask',
  'content.allowPrivateAddresses': false,
  'content.allowHttp': false,
  'content.maxBytes': '100',
  contentSizeUnit: 'MiB',
  'content.maxTotalBytes': '2',
  totalSizeUnit: 'GiB',
  'files.folder': '',
  'files.decide': 'ask',
  'files.rules': [],
  'files.answerWithin': '60',
  'files.maxBytes': '10',
  sizeUnit: 'GiB',
  'files.accept': '*/*',
  'files.maxOffers': '64',
  'files.busyCode': '486',
  'msrp.host': '127.0.0.1',
  'msrp.port': '0',
  'msrp.advertise': '',
  'msrp.setup': 'auto',
  'msrp.tls': false,
  'msrp.relay': '',
  'ims.icsi': '',
  'ims.iari': '',
  'ims.preferredIdentity': '',
  'ims.accessNetworkInfo': '',
  'device.vendor': '',
  'device.model': '',
  'device.version': '',
  'device.uaProf': '',
  subscriptions: [],
  'capabilities.publish': false,
  'capabilities.expires': '3600',
  'capabilities.serve': '',
  'refer.decide': 'ask',
  'refer.answerWithin': '60',
};

/** The form's values for a profile. */
export function valuesOf(profile: Profile): Values {
  const { auth, trust, content, files, msrp, tls, ims, device, capabilities, refer } = profile;
  const { unit, count } = sizeOf(files.maxBytes);
  const contentSize = sizeOf(content.maxBytes);
  const totalSize = sizeOf(content.maxTotalBytes);
  return {
    name: profile.name,
    aor: profile.aor,
    displayName: profile.displayName ?? '',
    instanceId: profile.instanceId ?? '',
    core: profile.core,
    expires: String(profile.expires),
    keepAlive: String(profile.keepAlive),
    outbound: profile.outbound,
    regEvent: profile.regEvent,
    ...authValues(auth),
    'tls.ca': tls.ca ?? '',
    'tls.cert': tls.cert ?? '',
    'tls.key': tls.key ?? '',
    'tls.serverName': tls.serverName ?? '',
    'tls.verify': tls.verify,
    applications: profile.applications.join(', '),
    'trust.requireAssertedIdentity': trust.requireAssertedIdentity,
    'trust.senders': (trust.senders ?? []).join('\n'),
    trustNobody: trust.senders?.length === 0,
    'trust.rules': trust.rules,
    handlers: profile.handlers,
    'content.accept': content.accept.join('\n'),
    'content.indirection': content.indirection,
    'content.allowPrivateAddresses': content.allowPrivateAddresses,
    'content.allowHttp': content.allowHttp,
    'content.maxBytes': String(contentSize.count),
    contentSizeUnit: contentSize.unit,
    'content.maxTotalBytes': String(totalSize.count),
    totalSizeUnit: totalSize.unit,
    'files.folder': files.folder ?? '',
    'files.decide': files.decide,
    'files.rules': files.rules.map(ruleValues),
    'files.answerWithin': String(files.answerWithin),
    'files.maxBytes': String(count),
    sizeUnit: unit,
    'files.accept': files.accept.join('\n'),
    'files.maxOffers': String(files.maxOffers),
    'files.busyCode': `${files.busyCode}`,
    'msrp.host': msrp.host,
    'msrp.port': String(msrp.port),
    'msrp.advertise': msrp.advertise ?? '',
    'msrp.setup': msrp.setup,
    'msrp.tls': msrp.tls,
    'msrp.relay': msrp.relay ?? '',
    'ims.icsi': ims.icsi.join('\n'),
    'ims.iari': ims.iari.join('\n'),
    'ims.preferredIdentity': ims.preferredIdentity ?? '',
    'ims.accessNetworkInfo': ims.accessNetworkInfo ?? '',
    'device.vendor': device.vendor,
    'device.model': device.model,
    'device.version': device.version,
    'device.uaProf': device.uaProf ?? '',
    subscriptions: profile.subscriptions.map(({ event, target, application, expires, accept }) => ({
      event,
      target: target ?? '',
      application: application ?? '',
      expires: expires === null ? '' : String(expires),
      accept: (accept ?? []).join('\n'),
    })),
    'capabilities.publish': capabilities.publish,
    'capabilities.expires': String(capabilities.expires),
    'capabilities.serve': capabilities.serve ?? '',
    'refer.decide': refer.decide,
    'refer.answerWithin': String(refer.answerWithin),
  };
}

/** The profile that a form says, not yet checked: what is left empty has its default. */
export function profileOf(values: Values): unknown {
  return {
    name: values.name.trim(),
    aor: values.aor.trim(),
    displayName: textOrNothing(values.displayName),
    auth: authOf(values),
    core: values.core.map((one) => one.trim()),
    instanceId: textOrNothing(values.instanceId),
    expires: numberOrNothing(values.expires),
    applications: words(values.applications),
    handlers: values.handlers,
    trust: {
      requireAssertedIdentity: values['trust.requireAssertedIdentity'],
      senders: sendersOf(values),
      rules: values['trust.rules'],
    },
    content: {
      accept: typesOf(values['content.accept']),
      indirection: values['content.indirection'],
      allowPrivateAddresses: values['content.allowPrivateAddresses'],
      allowHttp: values['content.allowHttp'],
      maxBytes: bytesOf(values['content.maxBytes'], values.contentSizeUnit),
      maxTotalBytes: bytesOf(values['content.maxTotalBytes'], values.totalSizeUnit),
    },
    files: {
      folder: textOrNothing(values['files.folder']),
      decide: values['files.decide'],
      rules: values['files.rules'].map(ruleOf),
      answerWithin: numberOrNothing(values['files.answerWithin']),
      maxBytes: bytesOf(values['files.maxBytes'], values.sizeUnit),
      accept: typesOf(values['files.accept']),
      maxOffers: numberOrNothing(values['files.maxOffers']),
      busyCode: Number(values['files.busyCode']),
    },
    msrp: {
      host: textOrNothing(values['msrp.host']),
      port: portOrNothing(values['msrp.port']),
      advertise: textOrNothing(values['msrp.advertise']),
      setup: values['msrp.setup'],
      tls: values['msrp.tls'],
      relay: textOrNothing(values['msrp.relay']),
    },
    tls: {
      ca: textOrNothing(values['tls.ca']),
      cert: textOrNothing(values['tls.cert']),
      key: textOrNothing(values['tls.key']),
      verify: values['tls.verify'],
      serverName: textOrNothing(values['tls.serverName']),
    },
    ims: {
      icsi: words(values['ims.icsi']),
      iari: words(values['ims.iari']),
      preferredIdentity: textOrNothing(values['ims.preferredIdentity']),
      accessNetworkInfo: textOrNothing(values['ims.accessNetworkInfo']),
    },
    device: {
      vendor: textOrNothing(values['device.vendor']),
      model: textOrNothing(values['device.model']),
      version: textOrNothing(values['device.version']),
      uaProf: textOrNothing(values['device.uaProf']),
    },
    subscriptions: values.subscriptions.map((one) => ({
      event: textOrNothing(one.event),
      target: textOrNothing(one.target),
      application: textOrNothing(one.application),
      expires: numberOrNothing(one.expires),
      accept: one.accept.trim() === '' ? undefined : typesOf(one.accept),
    })),
    capabilities: {
      publish: values['capabilities.publish'],
      expires: numberOrNothing(values['capabilities.expires']),
      serve: textOrNothing(values['capabilities.serve']),
    },
    refer: {
      decide: values['refer.decide'],
      answerWithin: numberOrNothing(values['refer.answerWithin']),
    },
    keepAlive: numberOrNothing(values.keepAlive),
    outbound: values.outbound,
    regEvent: values.regEvent,
  };
}

type AuthValues = Pick<Values, 'signIn' | 'operatorKey' | Extract<TextField, `auth.${string}`>>;

function authValues(auth: Profile['auth']): AuthValues {
  const aka = auth?.aka ?? null;
  const other = aka === null ? 'password' : 'aka';
  return {
    signIn: auth === undefined ? 'none' : other,
    'auth.username': auth?.username ?? '',
    'auth.password': auth?.password ?? '',
    'auth.realm': auth?.realm ?? '',
    operatorKey: aka !== null && aka.op !== null ? 'op' : 'opc',
    'auth.aka.k': aka?.k ?? '',
    'auth.aka.op': aka?.op ?? '',
    'auth.aka.opc': aka?.opc ?? '',
    'auth.aka.amf': aka?.amf ?? NEW_VALUES['auth.aka.amf'],
    'auth.aka.sqn': aka?.sqn ?? NEW_VALUES['auth.aka.sqn'],
  };
}

function authOf(values: Values): unknown {
  const username = values['auth.username'].trim();
  const realm = textOrNothing(values['auth.realm']);
  switch (values.signIn) {
    case 'none':
      return undefined;
    case 'password':
      // A new user who leaves both empty has a core that asks for neither.
      if (username === '' && values['auth.password'] === '') return undefined;
      return { username, password: values['auth.password'], realm };
    case 'aka':
      return {
        username,
        realm,
        aka: {
          k: digits(values['auth.aka.k']),
          [values.operatorKey]: digits(values[`auth.aka.${values.operatorKey}`]),
          amf: digits(values['auth.aka.amf']) || undefined,
          sqn: digits(values['auth.aka.sqn']) || undefined,
        },
      };
  }
}

function sendersOf(values: Values): readonly string[] | undefined {
  if (values.trustNobody) return [];
  // A user part may hold a comma, so one separates only where another address or a space follows.
  const senders = values['trust.senders'].split(/\s*,\s+|\s+|,(?=sips?:|tel:|\*)|,$/i).filter(isSomething);
  return senders.length === 0 ? undefined : senders;
}

function bytesOf(text: string, unit: SizeUnit): number | undefined {
  const count = numberOrNothing(text);
  return count === undefined ? undefined : Math.round(count * SIZE_UNITS[unit]);
}

/** The largest unit that says a size without a fraction. */
function sizeOf(bytes: number): { readonly unit: SizeUnit; readonly count: number } {
  const units = (['GiB', 'MiB', 'KiB'] as const).filter((unit) => bytes % SIZE_UNITS[unit] === 0);
  const unit = units[0] ?? 'bytes';
  return { unit, count: bytes / SIZE_UNITS[unit] };
}

/** Media types, whose parameters may follow a space. */
function typesOf(text: string): readonly string[] {
  return text
    .split(/[\n,]/)
    .map((one) => one.trim())
    .filter(isSomething);
}

function words(text: string): readonly string[] {
  return text.split(/[\s,]+/).filter(isSomething);
}

function isSomething(text: string): boolean {
  return text !== '';
}

/** Hexadecimal digits, which sheets of test vectors write in groups. */
function digits(text: string): string {
  return text.replace(/\s/g, '');
}

function textOrNothing(text: string): string | undefined {
  const trimmed = text.trim();
  return trimmed === '' ? undefined : trimmed;
}

/** A range such as 30000-30100 stays as it is written. */
function portOrNothing(text: string): number | string | undefined {
  return /^\d+-\d+$/.test(text.trim()) ? text.trim() : numberOrNothing(text);
}

/** NaN for what is no number, so that the check says so. */
function numberOrNothing(text: string): number | undefined {
  const trimmed = text.trim();
  return trimmed === '' ? undefined : Number(trimmed);
}
