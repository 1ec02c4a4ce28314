import type { ApplicationHandler } from '../agent/profile.ts';

/** What a notification may tell of a push. */
export type Announced = { readonly application: string | null; readonly from: string } & (
  | { readonly kind: 'message' | 'asks'; readonly preview: string | null }
  | { readonly kind: 'offer'; readonly names: readonly string[] }
  /** A REFER: whom it wants subscribed to. */
  | { readonly kind: 'refer'; readonly target: string }
);

/** A notification of the system. */
export type Notice = { readonly title: string; readonly body: string };

/** Names of offered files that are told. */
const MAX_NAMES = 3;

/**
 * The notification of a push as its application wants it: with what came, with the sender alone, or none at all. What a
 * lock screen shows is for everybody to read, so `sender` tells neither text nor file names.
 */
export function noticeOf(announced: Announced, handler: ApplicationHandler): Notice | null {
  if (handler.notify === 'none') return null;
  const { name, icon } = handler;
  const heading =
    name === undefined ? plainTitle(announced) : [name, whatCame(announced)].filter(Boolean).join(' · ');
  const sender = announced.from.replace(/^sips?:/i, '').replace(/;.*$/, '');
  const told = handler.notify === 'content' ? contentOf(announced) : null;
  return {
    title: [icon, heading].filter(Boolean).join(' '),
    body: [told, sender].filter(Boolean).join('\n'),
  };
}

/** The title where the application has no name of its own. */
function plainTitle(announced: Announced): string {
  switch (announced.kind) {
    case 'message':
      return `Push for ${announced.application ?? 'an application'}`;
    case 'asks':
    case 'offer':
    case 'refer':
      return `${whatCame(announced)} · ${announced.application ?? 'no application'}`;
  }
}

function whatCame(announced: Announced): string {
  switch (announced.kind) {
    case 'message':
      return '';
    case 'asks':
      return 'A push waits for you';
    case 'offer':
      return announced.names.length === 1 ? 'A file offered' : `${announced.names.length} files offered`;
    case 'refer':
      return 'Asked to subscribe';
  }
}

/** The first line of a message, or the names of files; null where there is nothing to show. */
function contentOf(announced: Announced): string | null {
  if (announced.kind === 'refer') return `to ${announced.target}`;
  if (announced.kind !== 'offer') return announced.preview;
  const names = announced.names.slice(0, MAX_NAMES).join(', ');
  return announced.names.length > MAX_NAMES ? `${names} …` : names;
}
