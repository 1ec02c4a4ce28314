import type { ApplicationHandler } from '../../src-main/ipc/contract.ts';

type Action = ApplicationHandler['action'];

export const ACTION_WORDS: Readonly<Record<Action['kind'], string>> = {
  inbox: 'Keep in the inbox',
  folder: 'Save a copy to a folder',
  notify: 'Notify only',
  command: 'Run a command',
  webhook: 'Call a local webhook',
};

export const NOTIFY_WORDS: Readonly<Record<ApplicationHandler['notify'], string>> = {
  content: 'Sender and content',
  sender: 'Sender only',
  none: 'None',
};

/** The folder, command line or address an action goes to; null where there is none. */
export function targetOf(action: Action): string | null {
  switch (action.kind) {
    case 'inbox':
    case 'notify':
      return null;
    case 'folder':
      return action.folder;
    case 'command':
      return [action.command, ...action.arguments].map(quoted).join(' ');
    case 'webhook':
      return action.url;
  }
}

/** For reading only: no shell ever sees it. */
function quoted(word: string): string {
  return /[\s"]/.test(word) || word === '' ? `“${word}”` : word;
}
