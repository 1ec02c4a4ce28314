import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron';
import type { Bridge, CALL_CHANNEL, EVENT_CHANNEL, WindowEvent } from './ipc/contract.ts';

// The contract's own constants would bring its schemas, and zod with them, into every window.
const callChannel: typeof CALL_CHANNEL = 'push-terminal:call';
const eventChannel: typeof EVENT_CHANNEL = 'push-terminal:event';

const bridge: Bridge = {
  call: async (name, ...[argument]) => {
    try {
      return await ipcRenderer.invoke(callChannel, name, argument);
    } catch (error) {
      // Electron wraps the sentence in words of its own.
      const text = error instanceof Error ? error.message : String(error);
      throw new Error(text.replace(/^Error invoking remote method '[^']*': (?:Error: )?/, ''));
    }
  },
  listen: (listener) => {
    const pass = (_event: IpcRendererEvent, event: WindowEvent) => listener(event);
    ipcRenderer.on(eventChannel, pass);
    return () => {
      ipcRenderer.off(eventChannel, pass);
    };
  },
};

contextBridge.exposeInMainWorld('pushTerminal', bridge);
