/** Switches of Electron that take the next argument as their value. */
const VALUE_SWITCHES: ReadonlySet<string> = new Set(['-r', '--require']);

/**
 * The app's own arguments: `process.argv` without the binary, without the switches before them, and in a checkout
 * (`runsFromCheckout`) without the app's folder.
 */
export function ownArguments(argv: readonly string[], runsFromCheckout: boolean): readonly string[] {
  let at = 1;
  for (let arg = argv[at]; arg?.startsWith('-'); arg = argv[at]) at += VALUE_SWITCHES.has(arg) ? 2 : 1;
  return argv.slice(runsFromCheckout ? at + 1 : at);
}
