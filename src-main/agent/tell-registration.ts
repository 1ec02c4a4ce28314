import type { Emit, RegistrationState } from './events.ts';

/** Tells a registration's state to the window, and what is news of it to the automation interface. */
export function tellRegistration(state: RegistrationState, emit: Emit): void {
  emit({ event: 'registration', state });
  switch (state.kind) {
    case 'registered': {
      const expires = Math.round((Date.parse(state.expiresAt) - Date.now()) / 1000);
      const { pubGruu, tempGruu, bindings, withdrawn } = state;
      emit({ event: 'registered', expires, pubGruu, tempGruu, bindings, withdrawn });
      return;
    }
    case 'failed':
      emit({ event: 'registration-failed', code: state.code, reason: state.reason, retryAt: state.retryAt });
      return;
    case 'unregistered':
      emit({ event: 'unregistered' });
      return;
    case 'connecting':
    case 'registering':
      return;
  }
}
