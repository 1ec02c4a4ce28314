import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One message of RFC 4475, rebuilt to the byte. */
export type TortureMessage = {
  /** The RFC's own name for it, such as `wsinv`. */
  readonly name: string;
  readonly section: string;
  /** SHA-1 of the message in the RFC's archive; null where archive and text differ. */
  readonly sha1: string | null;
  readonly bytes: Buffer;
};

const FOLDER = join(import.meta.dirname, 'rfc4475');
const HEAD = /^=== (\S+) (\S+) (\S+)\n/gm;
/** Stands for a byte of `<hex>` until everything else is expanded; no message has a character of this plane as text. */
const HELD = 0xe000;

/**
 * Every message of RFC 4475 §3.1 to §3.4, as the RFC prints it in `rfc4475/*.txt`. The archive of its appendix differs
 * from its text in three of them: dblreq (two more empty lines), trws (another host name) and baddn (no empty line at
 * the end). multi01 and mcl01 end, as in the archive, with an empty line that print does not show.
 */
export function tortureMessages(): readonly TortureMessage[] {
  return readdirSync(FOLDER)
    .sort()
    .flatMap((file) => messagesIn(readFileSync(join(FOLDER, file), 'utf8')));
}

function messagesIn(text: string): readonly TortureMessage[] {
  const [, ...parts] = text.split(HEAD);
  const messages: TortureMessage[] = [];
  for (let at = 0; at + 3 < parts.length; at += 4) {
    const [name = '', section = '', sha1 = '', printed = ''] = parts.slice(at, at + 4);
    messages.push({
      name,
      section,
      sha1: sha1 === '-' ? null : sha1,
      bytes: expand(printed.replace(/\n$/, '')),
    });
  }
  return messages;
}

/** Expands the notation of RFC 4475 §2: lines without folds, octets in hexadecimal digits, and repetitions. */
export function expand(printed: string): Buffer {
  const joined = printed.replace(/<allOneLine>\n(.*?)\n<\/allOneLine>/gs, (_all, lines: string) =>
    lines.replaceAll('\n', ''),
  );
  const held = joined.replace(/<hex>(.*?)<\/hex>/gs, (_all, digits: string) =>
    [...Buffer.from(digits.replace(/\s/g, ''), 'hex')]
      .map((byte) => String.fromCharCode(HELD + byte))
      .join(''),
  );
  const repeated = held.replace(
    /<repeat\s+count=(\d+)>(.*?)<\/repeat>/gs,
    (_all, count: string, what: string) => what.repeat(Number(count)),
  );
  const hasBody = repeated.includes('\n\n');
  const wire = `${repeated.replaceAll('\n', '\r\n')}${hasBody ? '\r\n' : '\r\n\r\n'}`;
  return Buffer.from([...wire].map((character) => character.charCodeAt(0) & 0xff));
}
