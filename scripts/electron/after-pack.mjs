import { rmSync } from 'node:fs';
import { join } from 'node:path';

/**
 * electron-builder's hook: takes out Electron's default app, which it leaves in when the runtime is a folder.
 * @param {import('electron-builder').AfterPackContext} context
 */
export default function afterPack({ packager, appOutDir }) {
  rmSync(join(packager.getResourcesDir(appOutDir), 'default_app.asar'), { force: true });
}
