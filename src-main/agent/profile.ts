import { z } from 'zod';

/** Longest accepted profile name; it also names the terminal in events and folders. */
const MAX_NAME_LENGTH = 64;
/** 10 GiB: the largest file taken unless the profile says otherwise. */
const DEFAULT_MAX_FILE_BYTES = 10 * 1024 ** 3;
const SIP_URI = /^sips?:[^\s<>"@]+@[^\s<>"@]+$/i;
const CORE_URI = /^sips?:[^\s<>"@]+$/i;
/** OMA grammar of one Application Resource Identifier (ALL-ADR-04), without the comma that separates them. */
const APPLICATION_ID = /^[\x21\x23-\x2b\x2d-\x7e]+$/;
const URN_UUID = /^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const authSchema = z.strictObject({
  username: z.string().min(1),
  password: z.string(),
  realm: z.string().nullable().default(null),
});

const trustSchema = z.strictObject({
  requireAssertedIdentity: z.boolean().default(true),
  /** URIs or patterns such as `*@push.test`; absent means everyone the core asserts in the AOR's own domain. */
  senders: z.array(z.string().min(1)).optional(),
});

const contentSchema = z.strictObject({
  accept: z.array(z.string().min(1)).default(['*/*']),
  indirection: z.enum(['ask', 'allow', 'deny']).default('ask'),
  allowPrivateAddresses: z.boolean().default(false),
});

const filesSchema = z.strictObject({
  folder: z.string().min(1).optional(),
  decide: z.enum(['ask', 'accept', 'decline']).default('ask'),
  /** Seconds until an unanswered offer declines itself. */
  answerWithin: z.int().min(1).max(170).default(60),
  maxBytes: z.int().min(1).default(DEFAULT_MAX_FILE_BYTES),
  accept: z.array(z.string().min(1)).default(['*/*']),
});

const msrpSchema = z.strictObject({
  host: z.string().min(1).default('127.0.0.1'),
  /** 0 means any free port: each terminal listens on its own. */
  port: z.int().min(0).max(65535).default(0),
  tls: z.boolean().default(false),
  relay: z.string().nullable().default(null),
});

const tlsSchema = z.strictObject({
  ca: z.string().nullable().default(null),
  cert: z.string().nullable().default(null),
  key: z.string().nullable().default(null),
  verify: z.boolean().default(true),
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
    .regex(/^[^/\\\p{Cc}]+$/u, 'must not hold slashes or control characters'),
  aor: z.string().regex(SIP_URI, 'must be a SIP address such as sip:bob@push.test'),
  displayName: z.string().optional(),
  auth: authSchema.optional(),
  core: z.string().regex(CORE_URI, 'must be a SIP URI such as sip:127.0.0.1:5060;transport=tcp'),
  instanceId: z.string().regex(URN_UUID, 'must be urn:uuid: and a UUID').optional(),
  /** Seconds asked of the registrar. */
  expires: z.int().min(60).max(604_800).default(3600),
  applications: z
    .array(z.string().regex(APPLICATION_ID, 'must be an Application Resource Identifier such as mms.ua'))
    .min(1)
    .default(['mms.ua', 'wml.ua']),
  trust: trustSchema.prefault({}),
  content: contentSchema.prefault({}),
  files: filesSchema.prefault({}),
  msrp: msrpSchema.prefault({}),
  tls: tlsSchema.prefault({}),
});

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
  return {
    kind: 'bad',
    problems: parsed.error.issues.map((issue) => {
      const where = issue.path.length === 0 ? 'profile' : issue.path.map(String).join('.');
      return `${where}: ${issue.message.includes('received undefined') ? 'is missing' : issue.message}`;
    }),
  };
}

/**
 * Replaces `${NAME}` in every string of a parsed JSON value by the environment's value.
 * @throws Error naming the variable when it is not set.
 */
export function expandEnvironment(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (_match, name: string) => {
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

/** Host part of a SIP AOR, lower case: `sip:bob@Push.test;x` gives `push.test`. */
export function domainOf(aor: string): string {
  const host =
    aor
      .replace(/^sips?:/i, '')
      .split('@')
      .at(-1) ?? '';
  return (host.split(/[;?:]/)[0] ?? '').toLowerCase();
}
