import { app, Menu, type MenuItemConstructorOptions } from 'electron';

/** The standard menus of a desktop app; developer tools only outside packaged builds. */
export function installMenu(actions: { readonly openDesk: () => void }): void {
  const view: MenuItemConstructorOptions[] = [
    { role: 'resetZoom' },
    { role: 'zoomIn' },
    { role: 'zoomOut' },
    { type: 'separator' },
    { role: 'togglefullscreen' },
  ];
  if (!app.isPackaged) view.push({ role: 'toggleDevTools' });
  const template: MenuItemConstructorOptions[] = [
    ...(process.platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    { role: 'fileMenu' },
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
  ];
  Menu.setApplicationMenu(Menu.buildFromTemplate(template));
}
