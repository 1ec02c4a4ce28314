import { type ApplicationHandler, sameApplication } from '../../src-main/ipc/contract.ts';
import { useStore } from '../store/store.ts';

/** How an application is called and shown, where its profile says so. */
export type Label = {
  readonly name: string | null;
  readonly icon: string | null;
  /** Both in one, or null where there is no name. */
  readonly text: string | null;
};

const NO_LABEL: Label = { name: null, icon: null, text: null };

/** The handler that a profile has for an application. */
export function handlerFor(
  handlers: readonly ApplicationHandler[],
  application: string,
): ApplicationHandler | undefined {
  return handlers.find((one) => sameApplication(one.application, application));
}

/** The label of an application on a terminal. */
export function useLabel(terminal: string | null, application: string | null): Label {
  const handler = useStore((state) => {
    const handlers = state.app?.terminals.find(({ name }) => name === terminal)?.handlers;
    return handlers === undefined || application === null ? undefined : handlerFor(handlers, application);
  });
  if (handler === undefined) return NO_LABEL;
  const { name = null, icon = null } = handler;
  return { name, icon, text: name === null ? null : [icon, name].filter(Boolean).join(' ') };
}
