import { describe, expect, it } from 'vitest';
import type { RegistrationState } from '../../src-main/ipc/contract.ts';
import { exampleRegistration } from '../testing/fake-bridge.ts';
import { describeRegistration } from './registration.ts';

const NOW = Date.parse('2026-11-21T12:00:00Z');
const reason = 'The core refused the password.';

describe('describeRegistration', () => {
  it.each<[RegistrationState, ReturnType<typeof describeRegistration>]>([
    [
      { kind: 'unregistered' },
      { tone: 'quiet', word: 'Not registered', text: 'Not registered', detail: null },
    ],
    [{ kind: 'connecting' }, { tone: 'warn', word: 'Connecting…', text: 'Connecting…', detail: null }],
    [{ kind: 'registering' }, { tone: 'warn', word: 'Registering…', text: 'Registering…', detail: null }],
    [
      exampleRegistration(),
      { tone: 'ok', word: 'Registered', text: 'Registered · expires in 30:00', detail: null },
    ],
    [
      exampleRegistration({ withdrawn: true }),
      {
        tone: 'warn',
        word: 'Registered · push withdrawn',
        text: 'Registered · push withdrawn',
        detail: null,
      },
    ],
    [
      { kind: 'failed', code: 403, reason, retryAt: null },
      { tone: 'bad', word: 'Failed (403)', text: 'Failed (403)', detail: reason },
    ],
    [
      { kind: 'failed', code: null, reason, retryAt: '2026-11-21T12:00:08Z' },
      { tone: 'warn', word: 'Failed', text: 'Failed, next try in 0:08', detail: reason },
    ],
    [
      { kind: 'failed', code: 401, reason, retryAt: '2026-11-21T12:04:01Z' },
      { tone: 'warn', word: 'Failed (401)', text: 'Failed (401), next try in 4:01', detail: reason },
    ],
  ])('%o', (state, words) => {
    expect(describeRegistration(state, NOW)).toEqual(words);
  });
});
