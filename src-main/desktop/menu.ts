import { app, Menu, type MenuItemConstructorOptions } from 'electron';

/** The standard menus of a desktop app; developer tools only outside packaged builds. */
export function installMenu(actions: {
  readonly openDesk: () => void;
  readonly saveTrace: () => void;
  readonly report: () => void;
  readonly openRetention: () => void;
  readonly openShortcuts: () => void;
}): void {
  const view: MenuItemConstructorOptions[] = [
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { type: 'separator' },
    { role: 'togglefullscreen' },
    { type: 'separator' },
    { label: 'What history keeps…', click: actions.openRetention },
  ];
  if (!app.isPackaged) view.push({ role: 'toggleDevTools' });
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    {
      label: 'File',
      submenu: [
        { label: 'Save trace…', accelerator: 'CmdOrCtrl+Shift+S', click: actions.saveTrace },
        { label: 'Report a problem…', click: actions.report },
        { type: 'separator' },
        process.platform === 'darwin' ? { role: 'close' } : { role: 'quit' },
      ],
    },
    { role: 'editMenu' },
    { label: 'View', submenu: view },
    {
      role: 'window',
      label: 'Window',
      submenu: [
        { label: 'Sender desk', accelerator: 'CmdOrCtrl+Shift+D', click: actions.openDesk },
        { type: 'separator' },
        { role: 'minimize' },
        { role: 'close' },
      ],
    },
    { role: 'help', submenu: [{ label: 'Keyboard shortcuts', click: actions.openShortcuts }] },
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
