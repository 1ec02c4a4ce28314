import { call, notify } from '../store/store.ts';

/** Writes a terminal's profile where the user says, without its secrets. */
export async function exportProfile(terminal: string): Promise<void> {
  const path = await call('profile.export', { terminal, secrets: false });
  if (path !== null) notify('info', `The profile is in ${path}. Its secrets are left out.`);
}
