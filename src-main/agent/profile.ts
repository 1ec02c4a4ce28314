import { z } from 'zod';
import { parsePortRange } from '../msrp/port-range.ts';
import { parseEvent } from '../sip/subscription-state.ts';
import { type Device, UA_PROFILE } from '../sip/ua-profile.ts';
import { namesThisMachine } from './applications/this-machine.ts';
import { describeIssues } from './profile-problems.ts';

/** Longest accepted profile name; it also names the terminal in events and folders. */
const MAX_NAME_LENGTH = 64;
/** 10 GiB: the largest file taken unless the profile says otherwise. */
const DEFAULT_MAX_FILE_BYTES = 10 * 1024 ** 3;
/** 100 MiB: the largest referenced content fetched unless the profile says otherwise. */
const DEFAULT_MAX_CONTENT_BYTES = 100 * 1024 ** 2;
/** 2 GiB: the referenced content kept altogether unless the profile says otherwise. */
const DEFAULT_MAX_TOTAL_BYTES = 2 * 1024 ** 3;
const ANY_SIP_URI = /^sips?:[^\s<>"]+$/i;
/** Offers open at once in one terminal. */
const MAX_OPEN_OFFERS = 64;
const SIP_URI = /^sips?:[^\s<>"@]+@[^\s<>"@]+$/i;
/** A SIP URI without user, or the URL of a WebSocket. */
const CORE_URI = /^(sips?:|wss?:\/\/)[^\s<>"@]+$/i;
/** Cores of one profile that are tried in turn. */
const MAX_CORES = 8;
/** A name, an IPv4 address, or an IPv6 address without brackets. */
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|[0-9a-f.]*:[0-9a-f:.]{1,44})$/i;
/** An MSRP URI without a session. */
const RELAY = /^msrps?:\/\/(?:[a-z0-9][a-z0-9.-]{0,252}|\[[0-9a-f:.]+\])(?::\d{1,5})?;tcp$/i;
/** `HOST:PORT`, an IPv6 address in brackets. */
const SERVE_ADDRESS = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?|\[[0-9a-f:.]+\]):\d{1,5}$/i;
const HEX_16 = /^[0-9a-f]{32}$/i;
/** OMA grammar of one Application Resource Identifier (ALL-ADR-04), without the comma that separates them. */
const APPLICATION_ID = /^[\x21\x23-\x2b\x2d-\x7e]+$/;
/** An Event value: a package, and parameters if any (RFC 6665 §8.2.1). */
const EVENT = /^[A-Za-z0-9\-.!%*_+`'~]+\s*(?:;[\x20-\x7e]*)?$/;
/** A media range of an Accept header. */
const MEDIA_RANGE = /^[^\s/,;"<>]+\/[^\s/,;"<>]+(?:\s*;[\x20-\x2b\x2d-\x7e]*)?$/;
const PRINTABLE = /^[\x20-\x7e]+$/;
/** Longest time that a subscription can be asked for, in seconds: what a timer can hold. */
const MAX_SUBSCRIPTION_S = 2_147_482;
/** What the terminal says of itself unless the profile says otherwise; the version is that of package.json. */
export const DEFAULT_DEVICE: Device = { vendor: 'push-terminal', model: 'Push Terminal', version: '0.1.0' };
/** `${NAME}`, or with one more `$` before it the same as plain text. */
const VARIABLE = /\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
const URN_UUID = /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const hex16 = z.string().regex(HEX_16, 'must be 32 hexadecimal digits');

/** The key of a SIM for AKAv1-MD5 (RFC 3310), in hex: K, either OP or OPc, AMF and the highest SQN seen. */
const akaSchema = z
  .strictObject({
    k: hex16,
    op: hex16.nullable().default(null),
    opc: hex16.nullable().default(null),
    amf: z
      .string()
      .regex(/^[0-9a-f]{4}$/i, 'must be 4 hexadecimal digits')
      .default('8000'),
    sqn: z
      .string()
      .regex(/^[0-9a-f]{12}$/i, 'must be 12 hexadecimal digits')
      .default('000000000000'),
  })
  .refine(({ op, opc }) => (op === null) !== (opc === null), { message: 'needs either op or opc' });

const authSchema = z
  .strictObject({
    username: z.string().min(1),
    password: z.string().optional(),
    realm: z.string().nullable().default(null),
    aka: akaSchema.nullable().default(null),
  })
  .refine(({ password, aka }) => (password === undefined) !== (aka === null), {
    message: 'needs either a password or aka',
  });

const uri = z.string().regex(SIP_URI, 'must be a SIP address such as sip:bob@push.test');
const urn = z
  .string()
  .regex(/^urn:[^\s"<>,;]+$/i, 'must be a URN such as urn:urn-7:3gpp-service.ims.icsi.mmtel');

const core = z.string().regex(CORE_URI, 'must be a SIP URI such as sip:127.0.0.1:5060;transport=tcp');

const imsSchema = z.strictObject({
  /** IMS communication services and applications beside the push tag (ALL-IMS-03, X-39). */
  icsi: z.array(urn).default([]),
  iari: z.array(urn).default([]),
  /** Sent as P-Preferred-Identity in requests outside the registration. */
  preferredIdentity: uri.nullable().default(null),
  /** Sent as P-Access-Network-Info, e.g. `IEEE-802.11; i-wlan-node-id=00000000abcd`. */
  accessNetworkInfo: z
    .string()
    .min(1)
    .max(500)
    .regex(/^[\x20-\x7e]+$/, 'must be printable ASCII')
    .nullable()
    .default(null),
});

/** A SIP pattern, an application and a media type, `*` for any; the first rule that fits a push decides on it. */
const ruleSchema = z.strictObject({
  sender: z.string().min(1).default('*'),
  application: z.string().min(1).default('*'),
  type: z.string().min(1).default('*/*'),
  decide: z.enum(['allow', 'ask', 'deny']),
});

const trustSchema = z.strictObject({
  requireAssertedIdentity: z.boolean().default(true),
  /** URIs or patterns such as `*@push.test`; absent means everyone the core asserts in the AOR's own domain. */
  senders: z.array(z.string().min(1)).optional(),
  /** Tried in order before `senders`. */
  rules: z.array(ruleSchema).max(200).default([]),
});

/** What becomes of a push for an application beside its row in the inbox. Nothing runs unless the app's settings allow it. */
const actionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('inbox') }),
  z.strictObject({ kind: z.literal('folder'), folder: z.string().min(1) }),
  z.strictObject({ kind: z.literal('notify') }),
  z.strictObject({
    kind: z.literal('command'),
    /** A program, never a shell line. */
    command: z.string().min(1),
    arguments: z.array(z.string().max(4096)).max(64).default([]),
  }),
  z.strictObject({
    kind: z.literal('webhook'),
    url: z
      .string()
      .regex(/^https?:\/\//i, 'must begin with http:// or https://')
      .refine(
        (url) => URL.canParse(url) && namesThisMachine(new URL(url)),
        'must be on this machine: 127.0.0.1, [::1] or localhost',
      ),
  }),
]);

const applicationId = z
  .string()
  .regex(APPLICATION_ID, 'must be an Application Resource Identifier such as mms.ua');

const handlerSchema = z.strictObject({
  application: applicationId,
  name: z.string().min(1).max(64).optional(),
  /** One character, usually an emoji. */
  icon: z.string().min(1).max(8).optional(),
  action: actionSchema.prefault({ kind: 'inbox' }),
  /** What a notification shows: all of it, the sender alone, or none at all. */
  notify: z.enum(['content', 'sender', 'none']).default('content'),
});

const contentSchema = z.strictObject({
  accept: z.array(z.string().min(1)).default(['*/*']),
  indirection: z.enum(['ask', 'allow', 'deny']).default('ask'),
  allowPrivateAddresses: z.boolean().default(false),
  /** Whether referenced content may come over plain http. */
  allowHttp: z.boolean().default(false),
  /** Largest referenced content that is fetched. */
  maxBytes: z.int().min(1).default(DEFAULT_MAX_CONTENT_BYTES),
  /** Referenced content of this terminal that is kept altogether. */
  maxTotalBytes: z.int().min(1).default(DEFAULT_MAX_TOTAL_BYTES),
});

/** A sender pattern, an application, a media type and sizes; the first rule that fits a file decides on it. */
const fileRuleSchema = z
  .strictObject({
    sender: z.string().min(1).default('*'),
    application: z.string().min(1).default('*'),
    type: z.string().min(1).default('*/*'),
    /** Bytes, both ends included; null for no limit. */
    minBytes: z.int().min(0).nullable().default(null),
    maxBytes: z.int().min(0).nullable().default(null),
    decide: z.enum(['accept', 'ask', 'decline']),
  })
  .refine(({ minBytes, maxBytes }) => minBytes === null || maxBytes === null || minBytes <= maxBytes, {
    message: 'must not have a minBytes larger than its maxBytes',
  });

const filesSchema = z.strictObject({
  folder: z.string().min(1).optional(),
  /** For a file that no rule is about. */
  decide: z.enum(['ask', 'accept', 'decline']).default('ask'),
  /** Tried in order for each file of an offer. */
  rules: z.array(fileRuleSchema).max(200).default([]),
  /** Seconds until an unanswered offer declines itself. */
  answerWithin: z.int().min(1).max(170).default(60),
  maxBytes: z.int().min(1).default(DEFAULT_MAX_FILE_BYTES),
  accept: z.array(z.string().min(1)).default(['*/*']),
  /** Offers open at once; one more gets `busyCode`. */
  maxOffers: z.int().min(1).max(MAX_OPEN_OFFERS).default(MAX_OPEN_OFFERS),
  /** 486: busy here, other terminals may ring on. 503: overloaded, the core may try elsewhere. */
  busyCode: z.union([z.literal(486), z.literal(503)]).default(486),
});

const capabilitiesSchema = z.strictObject({
  /** Publish what this terminal can do as presence (RFC 3903, RFC 5196). */
  publish: z.boolean().default(false),
  /** Seconds asked for a publication. */
  expires: z.int().min(60).max(604_800).default(3600),
  /** Serve a UAProf document made from this profile, at HOST:PORT; null serves none. */
  serve: z
    .string()
    .regex(SERVE_ADDRESS, 'must be HOST:PORT such as 127.0.0.1:8080; port 0 means any free one')
    .nullable()
    .default(null),
});

const referSchema = z.strictObject({
  /** What becomes of a REFER by a trusted sender: a rule of trust comes before. `deny` answers 603. */
  decide: z.enum(['ask', 'allow', 'deny']).default('ask'),
  /** Seconds until an unanswered REFER declines itself. */
  answerWithin: z.int().min(1).max(600).default(60),
});

const PORT_OR_RANGE = 'must be a port from 0 to 65535, or a range such as 30000-30100';

const msrpSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 means any free port: each terminal listens on its own. A range means the first free one of it. */
  port: z
    .union(
      [
        z.int().refine((port) => port >= 0 && port <= 65_535, PORT_OR_RANGE),
        z.string().refine((text) => parsePortRange(text) !== null, PORT_OR_RANGE),
      ],
      PORT_OR_RANGE,
    )
    .default(0),
  /** Who connects where the sender lets us choose: `active` when nobody can reach us, `auto` decides by the addresses. */
  setup: z.enum(['auto', 'active', 'passive']).default('auto'),
  /** Host written into SDP instead of the one listened on, for a terminal behind a NAT that forwards to it. */
  advertise: z.string().regex(HOST, 'must be a host name or an IP address').nullable().default(null),
  tls: z.boolean().default(false),
  /** Relay to receive through (RFC 4976); `msrp:` goes without TLS, for labs. */
  relay: z
    .string()
    .regex(RELAY, 'must be an MSRP URI such as msrps://relay.example.com:2855;tcp')
    .nullable()
    .default(null),
});

const tlsSchema = z.strictObject({
  ca: z.string().nullable().default(null),
  cert: z.string().nullable().default(null),
  key: z.string().nullable().default(null),
  verify: z.boolean().default(true),
  /** Name to ask for and to check, where it is not the host of the core's URI. */
  serverName: z.string().min(1).nullable().default(null),
});

const deviceText = z.string().min(1).max(100).regex(PRINTABLE, 'must be printable ASCII');

/** Who made the terminal and what it can, as SUBSCRIBE to `ua-profile` tells (RFC 6080 §6.2.2). */
const deviceSchema = z.strictObject({
  vendor: deviceText.default(DEFAULT_DEVICE.vendor),
  model: deviceText.default(DEFAULT_DEVICE.model),
  version: deviceText.default(DEFAULT_DEVICE.version),
  /** Link to a UAProf document about the terminal (PRA-SUB-10). */
  uaProf: z
    .string()
    .max(1000)
    .regex(/^https?:\/\/[\x21\x23-\x5b\x5d-\x7e]+$/i, 'must begin with http:// or https://')
    .nullable()
    .default(null),
});

/** A subscription that is kept up while the terminal is registered (PRA-SUB-03 to -11, X-50). */
export const subscriptionSchema = z.strictObject({
  /** The package, with further parameters if wanted; those of `ua-profile` are filled in. */
  event: z
    .string()
    .max(1000)
    .refine(
      (text) => EVENT.test(text) && parseEvent(text) !== null,
      'must be an event package such as ua-profile',
    )
    .default(UA_PROFILE),
  /** The terminal's own AOR when null. */
  target: z
    .string()
    .max(1000)
    .regex(ANY_SIP_URI, 'must be a SIP address such as sip:psa@push.test')
    .nullable()
    .default(null),
  /** Whose pushes its NOTIFYs are; without one they are only shown. */
  application: applicationId.nullable().default(null),
  /** What is usual for the package when null. */
  expires: z.int().min(0).max(MAX_SUBSCRIPTION_S).nullable().default(null),
  /** What the profile's `content` takes when null. */
  accept: z
    .array(z.string().max(200).regex(MEDIA_RANGE, 'must be a media type such as text/plain'))
    .min(1)
    .max(50)
    .nullable()
    .default(null),
});

/**
 * The profile of the design: who the terminal is, which core it registers with and what it takes.
 * Unknown keys are refused with the key's name. Sizes are bytes, times seconds.
 */
export const profileSchema = z.strictObject({
  name: z
    .string()
    .min(1, 'must not be empty')
    .max(MAX_NAME_LENGTH, `must have at most ${MAX_NAME_LENGTH} characters`)
    .regex(/^[^/\\\p{Cc}]*$/u, 'must not hold slashes or control characters'),
  aor: uri,
  displayName: z.string().optional(),
  auth: authSchema.optional(),
  /** One core, or several: the first that answers is used, and an earlier one as soon as it is back. */
  core: z.union([core.transform((one) => [one]), z.array(core).min(1).max(MAX_CORES)], {
    error: (issue) =>
      issue.input === undefined
        ? 'is missing'
        : 'must be a SIP URI such as sip:127.0.0.1:5060;transport=tcp, or a list of such',
  }),
  instanceId: z.string().regex(URN_UUID, 'must be urn:uuid: and a UUID').optional(),
  /** Seconds asked of the registrar. */
  expires: z.int().min(60).max(604_800).default(3600),
  applications: z.array(applicationId).min(1).default(['mms.ua', 'wml.ua']),
  /** How applications are shown and where their pushes go. */
  handlers: z.array(handlerSchema).max(100).default([]),
  trust: trustSchema.prefault({}),
  content: contentSchema.prefault({}),
  files: filesSchema.prefault({}),
  msrp: msrpSchema.prefault({}),
  tls: tlsSchema.prefault({}),
  ims: imsSchema.prefault({}),
  capabilities: capabilitiesSchema.prefault({}),
  refer: referSchema.prefault({}),
  /** Longest time between two signs of life on the flow to the core, in seconds; the core may ask for less. */
  keepAlive: z.int().min(5).max(600).default(15),
  /** RFC 5626: register with reg-id, so that the core keeps our flow. */
  outbound: z.boolean().default(true),
  /** Subscribe to the registrations of the AOR (RFC 3680), to see the user's other terminals. */
  regEvent: z.boolean().default(true),
  device: deviceSchema.prefault({}),
  /** What it subscribes to once registered. */
  subscriptions: z.array(subscriptionSchema).max(20).default([]),
});

/** How one application is shown and what happens with its pushes. */
export type ApplicationHandler = z.output<typeof handlerSchema>;
/** One rule of trust. */
export type TrustRule = z.output<typeof ruleSchema>;
/** One rule about offered files. */
export type FileRule = z.output<typeof fileRuleSchema>;

/** A subscription as a profile has it. */
export type SubscriptionInput = z.input<typeof subscriptionSchema>;
/** The same, checked. */
export type ProfileSubscription = z.output<typeof subscriptionSchema>;
/** A profile as written in a file or a form. */
export type ProfileInput = z.input<typeof profileSchema>;
/** A checked profile with every default filled in. */
export type Profile = z.output<typeof profileSchema>;

/** Result of reading a profile: the profile, or one sentence a line on what is wrong and where. */
export type ProfileResult =
  | { readonly kind: 'ok'; readonly profile: Profile }
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

/** Checks a parsed JSON value against the profile schema. Never throws. */
export function readProfile(value: unknown): ProfileResult {
  const parsed = profileSchema.safeParse(value);
  if (parsed.success) return { kind: 'ok', profile: parsed.data };
  return { kind: 'bad', problems: describeIssues(profileSchema, value, parsed.error.issues) };
}

/**
 * Replaces `${NAME}` in every string of a parsed JSON value by the environment's value; `$${NAME}` stands for `${NAME}`.
 * @throws Error naming the variable when it is not set.
 */
export function expandEnvironment(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): unknown {
  if (typeof value === 'string') {
    return value.replace(VARIABLE, (match, name: string) => {
      if (match.startsWith('$$')) return match.slice(1);
      const found = environment[name];
      if (found === undefined) throw new Error(`The profile uses \${${name}}, but that variable is not set.`);
      return found;
    });
  }
  if (Array.isArray(value)) return value.map((item) => expandEnvironment(item, environment));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, expandEnvironment(item, environment)]),
    );
  }
  return value;
}

/** The variables that a text uses and the environment does not have. */
export function unsetVariables(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return [...text.matchAll(VARIABLE)].flatMap(([match, name = '']) =>
    match.startsWith('$$') || environment[name] !== undefined ? [] : [name],
  );
}

/** Writes a text so that `expandEnvironment` gives it back as it is. */
export function escapeVariables(text: string): string {
  return text.replace(VARIABLE, (match) => `$${match}`);
}

/** Host part of a SIP AOR, lower case: `sip:bob@Push.test;x` gives `push.test`. */
export function domainOf(aor: string): string {
  const host =
    aor
      .replace(/^sips?:/i, '')
      .split('@')
      .at(-1) ?? '';
  return (host.split(/[;?:]/)[0] ?? '').toLowerCase();
}
