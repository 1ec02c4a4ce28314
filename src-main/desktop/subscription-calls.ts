import type { Handlers } from '../ipc/router.ts';
import type { Service } from './service.ts';

type SubscriptionCalls = Pick<Handlers, Extract<keyof Handlers, `subscription.${string}`>>;

/** The calls about subscriptions. */
export function subscriptionCalls(service: Pick<Service, 'terminal'>): SubscriptionCalls {
  const of = (terminal: string) => service.terminal(terminal).subscriptions;
  return {
    'subscription.start': ({ terminal, ...request }) => of(terminal).start(request).id,
    'subscription.stop': async ({ terminal, subscription }) => void (await of(terminal).stop(subscription)),
    'subscription.restart': ({ terminal, subscription }) => void of(terminal).restart(subscription),
    'subscription.refresh': ({ terminal, subscription }) => void of(terminal).refresh(subscription),
    'subscription.forget': ({ terminal, subscription }) => void of(terminal).forget(subscription),
    'subscription.notifies': ({ terminal, subscription }) => of(terminal).notifies(subscription),
  };
}
