import type { ApplicationStatus, PushResult } from '../../src-main/ipc/contract.ts';
import type { Tone } from '../components/ui.tsx';

/** Application status in words (002 Appendix D). */
export const STATUS_WORDS: Readonly<Record<ApplicationStatus, string>> = {
  accepted: 'accepted',
  'retry-allowed': 'rejected, retry allowed',
  'no-retry': 'rejected, no retry',
  undeliverable: 'could not be delivered',
  discarded: 'discarded for want of resources',
  'unsupported-type': 'content cannot be processed',
};

/** What a result comes to, for its chip. */
export function stateOf(result: PushResult): readonly [Tone, string] {
  const { state, code, status, files, method } = result;
  switch (state) {
    case 'sending':
      return ['info', 'Sending'];
    case 'ringing':
      return ['info', 'Waiting for the user'];
    case 'transferring':
      return ['info', files.length === 0 ? 'Under way' : `${percent(result)} %`];
    case 'delivered':
      if (method === 'OPTIONS') return ['ok', 'Answered'];
      return [
        'ok',
        files.some((file) => file.state === 'reported') ? 'Delivered, report received' : 'Delivered',
      ];
    case 'rejected':
      return ['bad', [code, status === null ? 'rejected' : STATUS_WORDS[status]].filter(Boolean).join(' · ')];
    case 'failed':
      return ['bad', status === null ? 'Failed' : `Failed · ${STATUS_WORDS[status]}`];
  }
}

/** Bytes of all files that are wanted, in percent. */
function percent({ files }: PushResult): number {
  const wanted = files.filter((file) => file.state !== 'declined');
  const total = wanted.reduce((sum, { bytes }) => sum + bytes, 0);
  const sent = wanted.reduce((sum, file) => sum + Math.min(file.sent, file.bytes), 0);
  return total === 0 ? 0 : Math.floor((sent / total) * 100);
}
