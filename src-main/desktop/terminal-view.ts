import type { Terminal } from '../agent/terminal.ts';
import type { TerminalView } from '../ipc/contract.ts';

/** A terminal as windows show it. History knows how many of its messages wait. */
export function viewTerminal(terminal: Terminal, waitingMessages: number): TerminalView {
  const { profile } = terminal;
  return {
    name: profile.name,
    aor: profile.aor,
    displayName: profile.displayName ?? null,
    cores: profile.core,
    applications: profile.applications,
    handlers: profile.handlers,
    trust: profile.trust,
    instanceId: terminal.instanceId,
    registration: terminal.registration,
    lastRegistered: terminal.lastRegistered,
    bindings: terminal.bindings,
    regEvent: terminal.regEvent,
    subscriptions: terminal.subscriptions.views,
    publication: terminal.publication,
    uaProfile: terminal.uaProfile,
    flow: terminal.flow,
    msrp: terminal.msrp,
    waiting: terminal.deadlines().length + waitingMessages,
  };
}
