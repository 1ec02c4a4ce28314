import { run, succeeds } from './run.mjs';
import { Refusal, say } from './say.mjs';

/** What Electron needs of a desktop. `a|b` is one package under its names in different Debian releases. */
export const electronPackages = [
  'libgtk-3-0|libgtk-3-0t64',
  'libnss3',
  'libasound2|libasound2t64',
  'libgbm1',
  'libxss1',
  'libatk-bridge2.0-0|libatk-bridge2.0-0t64',
  'libdrm2',
  'libxshmfence1',
  'libnotify4',
];

/** What a window without a screen needs. */
export const xvfbPackages = ['xvfb', 'xauth', 'procps'];

/** The peers of the interop tests. */
export const interopPackages = [
  'kamailio',
  'kamailio-extra-modules',
  'kamailio-outbound-modules',
  'kamailio-presence-modules',
  'kamailio-tls-modules',
  'kamailio-websocket-modules',
  'sip-tester',
  'tshark',
  'procps',
];

/** Chromium's sandbox refuses to run as root. */
export const isRoot = process.getuid?.() === 0;

const installWithinMs = 15 * 60_000;

/**
 * Installs the Debian packages that are missing, as root or through a sudo that asks no password. On other
 * systems it does nothing.
 * @param {readonly string[]} packages
 * @throws {Refusal} It may not or cannot; the message has the command to type.
 */
export async function ensureDebianPackages(packages) {
  if (process.platform !== 'linux' || !(await succeeds('apt-get', ['--version']))) return;
  const missing = await missingPackages(packages);
  if (missing.length === 0) return;
  const prefix = isRoot ? [] : ['sudo', '-n'];
  if (!isRoot && !(await succeeds('sudo', ['-n', 'true']))) {
    const names = await Promise.all(missing.map(nameHere));
    throw new Refusal(`Debian packages are missing. Type:\n  sudo apt-get install ${names.join(' ')}`);
  }
  say(`Installing Debian packages: ${missing.join(' ')} ...`);
  await aptGet(prefix, ['update', '-q']);
  const names = await Promise.all(missing.map(nameHere));
  await aptGet(prefix, ['install', '-q', '-y', '--no-install-recommends', ...names]);
}

/** @param {readonly string[]} packages */
async function missingPackages(packages) {
  const installed = await Promise.all(
    packages.map(async (names) => (await Promise.all(names.split('|').map(isInstalled))).includes(true)),
  );
  return packages.filter((_names, index) => !installed[index]);
}

/** @param {string} name */
async function isInstalled(name) {
  const { output } = await run('dpkg', ['-s', name], { output: 'collect' });
  return output.includes('ok installed');
}

/**
 * @param {string} names
 * @returns {Promise<string>} The one that this release of Debian has.
 */
async function nameHere(names) {
  const [first = '', ...others] = names.split('|');
  for (const name of [first, ...others]) {
    const { output } = await run('apt-cache', ['policy', name], { output: 'collect' });
    if (/Candidate: (?!\(none\))/.test(output)) return name;
  }
  return first;
}

/**
 * @param {readonly string[]} prefix
 * @param {readonly string[]} args
 */
async function aptGet(prefix, args) {
  const [command = '', ...rest] = [
    ...prefix,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'apt-get',
    '-o',
    'DPkg::Lock::Timeout=300',
    ...args,
  ];
  const { code, output } = await run(command, rest, { output: 'collect', timeoutMs: installWithinMs });
  if (code !== 0) throw new Refusal(`apt-get ${args.join(' ')} failed:\n${output.trim()}`);
}
