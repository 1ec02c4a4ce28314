import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';

/** Where the bytes of a handover are. Kept content is read when its turn comes, so that what waits takes no memory. */
export type HandedContent =
  | { readonly kind: 'kept'; readonly read: () => Promise<Buffer> }
  /** A file of history's own: nobody else may be given its path. */
  | { readonly kind: 'vaulted'; readonly path: string }
  /** A received file, which is the user's. */
  | { readonly kind: 'file'; readonly path: string };

/** What an application is handed: the content of a message, or one verified file of an offer. */
export type Handover = {
  readonly push: string;
  readonly terminal: string;
  readonly application: string;
  readonly from: string;
  /** Content-Type, with its parameters. */
  readonly type: string | null;
  /** Safe name to save it under. */
  readonly name: string;
  /** First line of a text, or ''. */
  readonly text: string;
  readonly content: HandedContent;
};

/** What became of a handover: a line of the delivery timeline. */
export type HandResult = { readonly ok: boolean; readonly title: string; readonly detail: string };

/** The app's own switches for what a profile may start; a profile cannot turn them on. */
export type AppPermissions = { readonly commands: boolean; readonly webhooks: boolean };

/** Nothing may be started: the way it is unless the user says otherwise. */
export const NO_PERMISSIONS: AppPermissions = { commands: false, webhooks: false };

/** The bytes from their beginning. Rejects when kept content is gone; a file that is gone ends the stream with an error. */
export async function openContent(content: HandedContent): Promise<Readable> {
  if (content.kind !== 'kept') return createReadStream(content.path);
  const bytes = await content.read();
  return Readable.from(bytes.length === 0 ? [] : [bytes]);
}
