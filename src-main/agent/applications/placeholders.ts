import type { Handover } from './handover.ts';

/** What a command is told of a push: as placeholders in its arguments, and as variables of its environment. */
export type PushFacts = Readonly<
  Record<'from' | 'application' | 'type' | 'path' | 'push' | 'terminal' | 'text', string>
>;

const PLACEHOLDER = /\{(from|application|type|path|push|terminal|text)\}/g;

/** The facts of a handover; `path` is where the command finds the content. */
export function factsOf(handover: Handover, path: string): PushFacts {
  const { push, terminal, application, from, type, text } = handover;
  const facts = { from, application, type: type ?? '', path, push, terminal, text };
  // No argument and no variable can hold a NUL.
  const clean = Object.entries(facts).map(([name, value]) => [name, value.replaceAll('\0', '')]);
  return Object.fromEntries(clean) as PushFacts;
}

/** Fills in placeholders, once: a value that looks like one stays as it is, and each argument stays one argument. */
export function fillIn(argument: string, facts: PushFacts): string {
  return argument.replace(PLACEHOLDER, (_match, name: keyof PushFacts) => facts[name]);
}

/** The facts as PUSH_FROM, PUSH_APPLICATION, PUSH_TYPE, PUSH_PATH, PUSH_ID, PUSH_TERMINAL and PUSH_TEXT. */
export function environmentOf(facts: PushFacts): Readonly<Record<string, string>> {
  const { push, ...rest } = facts;
  const entries = Object.entries({ id: push, ...rest });
  return Object.fromEntries(entries.map(([name, value]) => [`PUSH_${name.toUpperCase()}`, value]));
}
