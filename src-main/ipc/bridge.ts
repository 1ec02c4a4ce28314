import { BrowserWindow, ipcMain, type WebFrameMain } from 'electron';
import { CALL_CHANNEL, EVENT_CHANNEL, type WindowEvent } from './contract.ts';
import { type Handlers, routeCall } from './router.ts';

/** Answers calls of our own windows' main frames, and of nobody else. */
export function serveCalls(handlers: Handlers, isOurUrl: (url: string) => boolean): void {
  ipcMain.handle(CALL_CHANNEL, async (event, name: unknown, argument: unknown) => {
    if (!isOurs(event.senderFrame, isOurUrl)) throw new Error('This caller is not known.');
    return routeCall(handlers, name, argument);
  });
}

/** Tells every window that lives. */
export function broadcast(event: WindowEvent): void {
  for (const window of BrowserWindow.getAllWindows()) {
    if (!window.isDestroyed()) window.webContents.send(EVENT_CHANNEL, event);
  }
}

function isOurs(frame: WebFrameMain | null, isOurUrl: (url: string) => boolean): boolean {
  return frame !== null && frame.parent === null && isOurUrl(frame.url);
}
