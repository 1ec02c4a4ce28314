/** Longest name in UTF-8 bytes; file systems allow 255, and a number may be added. */
const MAX_NAME_BYTES = 200;
/** An extension longer than this is no extension worth keeping. */
const MAX_EXTENSION_BYTES = 20;
const FALLBACK = 'file';
/** Control characters, and what would turn or hide text: bidi controls, zero-width and line separators. */
const INVISIBLE = /[\p{Cc}\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
/** Not allowed in names on Windows; separators are handled before. */
const RESERVED_CHARACTERS = /[<>:"|?*]/g;
/** What no name begins or ends with. */
const EDGE = /[.\s]/;
const WINDOWS_DEVICES =
  /^(?:con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])[.\s]*(?:\.|$)/i;

/** A name of our own beside the files: a file under it would be in the way of the folder. */
export const QUARANTINE = 'quarantine';

const PROGRAM_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    'action apk app appimage application appref-ms appx bash bat chm cmd com command cpl csh deb desktop dll dmg ' +
    'docm dotm elf exe fish flatpakref gadget hta img inf inetloc iso jar jnlp js jse ksh library-ms lnk mjs mpkg msc ' +
    'msi msix msp mst out phar php pif pkg pl potm ppam ppsm pptm ps1 ps1xml psc1 psd1 psm1 py pyw pyz rb reg rpm run ' +
    'scf scr search-ms settingcontent-ms sh shb shs sldm snap sys terminal tool url vb vbe vbs vhd vhdx webloc ' +
    'workflow ws wsc wsf wsh xlam xll xlsb xlsm xltm xpi zsh'
  ).split(' '),
);
const PROGRAM_TYPES =
  /^application\/(?:x-msdownload|x-msdos-program|vnd\.microsoft\.portable-executable|x-dosexec|x-executable|x-sharedlib|x-sh|x-shellscript|x-csh|x-msi|x-ms-installer|java-archive|x-java-archive|vnd\.android\.package-archive|vnd\.debian\.binary-package|x-rpm|x-apple-diskimage|hta|x-desktop|javascript|x-javascript|x-bat|x-python-code|vnd\.ms-[a-z]+\.[a-z]+\.macroenabled\.12)$|^text\/(?:x-sh|x-shellscript|javascript|x-python|x-perl|vbscript)$/i;

/**
 * The name under which a pushed file may be kept: the last component of what the sender wrote, without separators,
 * control or bidi characters, drive letters, device names, leading or trailing dots and spaces, in NFC, and short
 * enough with its extension kept (RFC 5547 §10, RFC 2183 §2.3). Never empty, never `.` or `..`.
 */
export function safeFileName(name: string): string {
  const last = name.normalize('NFC').split(/[/\\]/).at(-1) ?? '';
  const clean = withoutEdges(
    last
      .replace(/^[A-Za-z]:/, '')
      .replace(INVISIBLE, '')
      .replace(RESERVED_CHARACTERS, '_'),
  );
  if (clean === '') return FALLBACK;
  const isTaken = WINDOWS_DEVICES.test(clean) || clean.toLowerCase() === QUARANTINE;
  return shorten(isTaken ? `_${clean}` : clean);
}

/** The same name with a number before its extension: `a.txt`, 2 gives `a (2).txt`. */
export function numberedName(name: string, number: number): string {
  const dot = extensionAt(name);
  return `${name.slice(0, dot)} (${number})${name.slice(dot)}`;
}

/** Whether opening the file may run a program: such files are shown in their folder, never opened. */
export function isDangerousType(name: string, type: string | null): boolean {
  const extension = name.slice(extensionAt(name) + 1).toLowerCase();
  const bareType = (type?.split(';')[0] ?? '').trim();
  return PROGRAM_EXTENSIONS.has(extension) || PROGRAM_TYPES.test(bareType);
}

/** Without the dots and spaces it begins and ends with. A pattern would take a run inside of it up again at each character. */
function withoutEdges(name: string): string {
  let start = 0;
  let end = name.length;
  while (start < end && EDGE.test(name.charAt(start))) start += 1;
  while (end > start && EDGE.test(name.charAt(end - 1))) end -= 1;
  return name.slice(start, end);
}

function shorten(name: string): string {
  if (Buffer.byteLength(name) <= MAX_NAME_BYTES) return name;
  const dot = extensionAt(name);
  const extension = Buffer.byteLength(name.slice(dot)) <= MAX_EXTENSION_BYTES ? name.slice(dot) : '';
  let stem = '';
  for (const character of name) {
    if (Buffer.byteLength(stem + character + extension) > MAX_NAME_BYTES) break;
    stem += character;
  }
  return stem.replace(/[.\s]+$/, '') + extension;
}

/** Where the extension begins with its dot; the length of the name when there is none. */
function extensionAt(name: string): number {
  const dot = name.lastIndexOf('.');
  return dot <= 0 ? name.length : dot;
}
