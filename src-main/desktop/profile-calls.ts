import type { Profile } from '../agent/profile.ts';
import type { Handlers } from '../ipc/router.ts';
import { exportProfile, readProfileFile, writeProfileFile } from './profile-files.ts';

/** The system's dialogs for one path; null when the user thought better of it. */
export type PathDialogs = {
  readonly choosePath: (what: 'file' | 'folder' | 'profile', title: string) => Promise<string | null>;
  readonly chooseSavePath: (title: string, suggested: string) => Promise<string | null>;
};

export type ProfileCallsOptions = {
  readonly dialogs: PathDialogs;
  /** The profile of a terminal. @throws Error with a sentence when there is no such terminal. */
  readonly profileOf: (terminal: string) => Profile;
  readonly environment: Readonly<Record<string, string | undefined>>;
};

type ProfileCalls = Pick<Handlers, 'profile.export' | 'profile.import' | 'profile.pickPath'>;

/** The calls that go through the system's dialogs: profiles to files and back, and paths for settings. */
export function profileCalls({ dialogs, profileOf, environment }: ProfileCallsOptions): ProfileCalls {
  return {
    'profile.export': async ({ terminal, secrets }) => {
      const text = exportProfile(profileOf(terminal), { secrets });
      const title = secrets ? `Export ${terminal} with its secrets` : `Export ${terminal}`;
      const path = await dialogs.chooseSavePath(title, `${terminal}.json`);
      if (path !== null) await writeProfileFile(path, text);
      return path;
    },
    'profile.import': async () => {
      const path = await dialogs.choosePath('profile', 'Import a profile');
      return path === null ? { kind: 'cancelled' } : readProfileFile(path, environment);
    },
    'profile.pickPath': ({ what, title }) => dialogs.choosePath(what, title),
  };
}
