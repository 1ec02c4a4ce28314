import type { FileRule } from '../../src-main/ipc/contract.ts';

/** A rule about files as it stands in the form: empty means any. */
export type RuleValues = {
  readonly sender: string;
  readonly application: string;
  readonly type: string;
  /** Sizes such as `64 KiB`. */
  readonly atLeast: string;
  readonly atMost: string;
  readonly decide: FileRule['decide'];
};

export const NEW_RULE: RuleValues = {
  sender: '',
  application: '',
  type: '',
  atLeast: '',
  atMost: '',
  decide: 'accept',
};

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  byte: 1,
  bytes: 1,
  kb: 1000,
  kib: 1024,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
};
const SHOWN_UNITS = ['GiB', 'MiB', 'KiB'] as const;

/** The form's values for a rule. */
export function ruleValues({ sender, application, type, minBytes, maxBytes, decide }: FileRule): RuleValues {
  return {
    sender: sender === '*' ? '' : sender,
    application: application === '*' ? '' : application,
    type: type === '*/*' || type === '*' ? '' : type,
    atLeast: sizeText(minBytes),
    atMost: sizeText(maxBytes),
    decide,
  };
}

/** The rule that a row says, not yet checked. */
export function ruleOf({ sender, application, type, atLeast, atMost, decide }: RuleValues): unknown {
  return {
    sender: sender.trim() || '*',
    application: application.trim() || '*',
    type: type.trim() || '*/*',
    minBytes: bytesOf(atLeast),
    maxBytes: bytesOf(atMost),
    decide,
  };
}

/** `64 KiB` in bytes; null for nothing, NaN for what is no size, so that the check says so. */
export function bytesOf(text: string): number | null {
  if (text.trim() === '') return null;
  const [, count = '', unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text) ?? [];
  const factor = Object.hasOwn(UNITS, unit.toLowerCase()) ? UNITS[unit.toLowerCase()] : undefined;
  return count === '' || factor === undefined ? Number.NaN : Math.round(Number(count) * factor);
}

/** In the largest unit that says it without a fraction. */
function sizeText(bytes: number | null): string {
  if (bytes === null) return '';
  const unit = SHOWN_UNITS.find((one) => bytes > 0 && bytes % (UNITS[one.toLowerCase()] ?? 1) === 0);
  return unit === undefined ? `${bytes}` : `${bytes / (UNITS[unit.toLowerCase()] ?? 1)} ${unit}`;
}
