import { hash } from 'node:crypto';

/** Longest text that is a key as it is. */
const MAX_KEY_LENGTH = 512;

/** What stands for a text as a key: itself, or its SHA-256 where a peer has made it long. */
export function shortKey(text: string): string {
  return text.length <= MAX_KEY_LENGTH ? text : hash('sha256', text, 'hex');
}
