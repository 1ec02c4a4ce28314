import { sameApplication } from '../../sip/feature-tags.ts';
import type { ApplicationHandler, Profile } from '../profile.ts';

/** How a profile handles pushes for an application; one it says nothing of stays in the inbox. */
export function handlerOf(
  { handlers }: Pick<Profile, 'handlers'>,
  application: string | null,
): ApplicationHandler {
  const found = handlers.find((one) => application !== null && sameApplication(one.application, application));
  return found ?? { application: application ?? '', action: { kind: 'inbox' }, notify: 'content' };
}
