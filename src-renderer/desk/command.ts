import { type Draft, faultsOf, urnsIn, wholeNumber } from './draft.ts';

type Sandbox = { readonly core: string; readonly sender: string; readonly relay: string };

/**
 * The command that does what the desk would do. For reading, the password is left out and files have their names; for
 * the clipboard both are marks that the main process makes real.
 */
export function commandOf(
  draft: Draft,
  { targets, first }: { readonly targets: readonly string[]; readonly first: boolean },
  sandbox: Sandbox,
  use: 'read' | 'copy',
): string {
  const lines = [
    `push-terminal push ${draft.kind} --core ${quoted(`sip:${sandbox.core};transport=tcp`)}`,
    `--as ${quoted(sandbox.sender)} --auth ${use === 'read' ? 'psa:…' : '@@auth@@'}`,
    ...targets.map((to) => `--to ${quoted(to)}`),
    ...flag('--first', first),
    [`--app ${quoted(draft.application)}`, ...optionsOf(draft, sandbox.relay, use)].join(' '),
    ...(draft.kind === 'files'
      ? [draft.files.map(({ name, token }) => (use === 'read' ? quoted(name) : `@@${token}@@`)).join(' ')]
      : []),
  ];
  return lines.filter((line) => line !== '').join(' \\\n  ');
}

function optionsOf(draft: Draft, relay: string, use: 'read' | 'copy'): readonly string[] {
  switch (draft.kind) {
    case 'message':
      return [
        ...contentOf(draft),
        ...flag('--by-reference', draft.byReference),
        ...flag('--inline', draft.inline),
        ...addressingOf(draft),
      ];
    case 'files':
      return [
        ...flag('--report', draft.report),
        ...flag('--cpim', draft.cpim),
        ...(draft.relay ? [`--relay ${quoted(relay)}`] : []),
        ...numberOf('--chunk', draft.chunk),
        ...numberOf('--window', draft.window),
        ...(draft.failureReport === null ? [] : [`--failure-report ${draft.failureReport}`]),
        ...(draft.icon === null
          ? []
          : [`--icon ${use === 'read' ? quoted(draft.icon.name) : `@@${draft.icon.token}@@`}`]),
        ...addressingOf(draft),
      ];
    case 'notify':
      return [...contentOf(draft), ...flag('--by-reference', draft.byReference)];
    case 'refer':
      return flag('--silent', draft.silent);
    case 'options':
      return [];
  }
}

function contentOf({ contentType, text }: Draft): readonly string[] {
  return [
    ...(contentType === 'text/plain' ? [] : [`--type ${quoted(contentType)}`]),
    `--text ${quoted(text)}`,
  ];
}

function addressingOf({ kind, icsi, iari, require, explicit, asserted, fault }: Draft): readonly string[] {
  return [
    ...urnsIn(icsi).map((urn) => `--icsi ${quoted(urn)}`),
    ...urnsIn(iari).map((urn) => `--iari ${quoted(urn)}`),
    ...flag('--require', require),
    ...flag('--explicit', explicit),
    ...flag('--asserted', asserted),
    ...(fault === null || !faultsOf(kind).includes(fault) ? [] : [`--fault ${fault}`]),
  ];
}

function numberOf(name: string, text: string): readonly string[] {
  const number = wholeNumber(text);
  return number === null ? [] : [`${name} ${number}`];
}

function flag(name: string, isSet: boolean): readonly string[] {
  return isSet ? [name] : [];
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
