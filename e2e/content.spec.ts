import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type FrameLocator, test } from '@playwright/test';
import type { Profile } from '../src-main/agent/profile.ts';
import { PushSender } from '../src-main/sandbox/sender/sender.ts';
import { App } from './pages/app.ts';
import { screenshots } from './pages/screenshots.ts';

const BOB = 'sip:bob@push.test';
/** Four green pixels. */
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAFklEQVR4nGNgYPjPwMDAwMDEAAUAAA4EAQHyqg7vAAAAAElFTkSuQmCC',
  'base64',
);
const SERVICE_INDICATION =
  '<?xml version="1.0"?><!DOCTYPE si PUBLIC "-//WAPFORUM//DTD SI 1.0//EN" "http://www.wapforum.org/DTD/si.dtd">' +
  '<si><indication href="https://mail.test/inbox" si-id="1@mail.test" action="signal-high">You have mail</indication></si>';

/** M-Notification.ind with a sender, a subject and where the message lies. */
const MMS_NOTIFICATION = Buffer.concat([
  Buffer.from([0x8c, 0x82, 0x98]),
  Buffer.from('T1\0'),
  Buffer.from([0x8d, 0x92, 0x89, 0x19, 0x80]),
  Buffer.from('+491701234567/TYPE=PLMN\0'),
  Buffer.from([0x96]),
  Buffer.from('Hello\0'),
  Buffer.from([0x83]),
  Buffer.from('http://mmsc.test/1\0'),
]);

/** A web server that keeps what it is asked; every path has a picture. */
class WebServer {
  readonly requests: string[] = [];
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async open(): Promise<WebServer> {
    const server = createServer();
    const web = new WebServer(server);
    server.on('connection', (socket) => web.requests.push(`connection ${socket.remotePort}`));
    server.on('request', (request, response) => {
      web.requests.push(`${request.method} ${request.url}`);
      if (request.url === '/slow') {
        // The rest never comes.
        response.setHeader('Content-Length', '1000').write('x'.repeat(500));
        return;
      }
      const line = `${request.method} ${request.url}`;
      if (request.url === '/again' && web.requests.filter((one) => one === line).length === 1) {
        response.writeHead(404).end();
        return;
      }
      response.setHeader('Content-Type', 'text/plain; charset=utf-8').end('fetched from elsewhere');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return web;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

/** The sandbox with one terminal of our own, which may fetch from this machine, and a sender. */
test.describe('content of messages, in a real window', () => {
  let app: App;
  let web: WebServer;
  let sender: PushSender;
  let settings: Partial<Profile>;

  test.beforeAll(async () => {
    web = await WebServer.open();
    app = await App.launch();
    const { inbox } = app;
    await inbox.startSandbox();
    // The sandbox's core and its users are known to its own terminals: theirs is the password.
    const profile = await inbox.page.evaluate(() =>
      window.pushTerminal.call('terminal.profile', { terminal: 'bob-desk' }),
    );
    settings = {
      content: { ...profile.content, allowHttp: true, allowPrivateAddresses: true, indirection: 'ask' },
    };
    await inbox.page.evaluate(
      async ([own, change]) => {
        await window.pushTerminal.call('terminal.remove', { terminal: 'bob-desk' });
        await window.pushTerminal.call('terminal.remove', { terminal: 'bob-phone' });
        await window.pushTerminal.call('terminal.add', {
          ...own,
          ...change,
          name: 'lab',
          displayName: 'Lab',
        });
      },
      [profile, settings] as const,
    );
    await expect(inbox.terminal('Lab')).toContainText('Registered');
    const [core] = profile.core;
    sender = await PushSender.open({
      core: core ?? '',
      as: 'sip:psa@push.test',
      credentials: { username: 'psa', password: profile.auth?.password ?? '' },
      onResult: () => {},
    });
  });

  test.afterAll(async () => {
    await sender.close();
    await app.close();
    await web.close();
  });

  test.beforeEach(() => {
    web.requests.length = 0;
  });

  /** Pushes a message and opens it in the window. */
  async function push(contentType: string, body: Buffer | string, application = 'mms.ua'): Promise<void> {
    const { inbox } = app;
    await inbox.page.evaluate(async () => {
      const { records } = await window.pushTerminal.call('push.list', {
        terminal: null,
        filter: 'all',
        search: '',
        before: null,
        limit: 100,
      });
      await window.pushTerminal.call('push.remove', { pushes: records.map(({ id }) => id) });
    });
    await expect(inbox.rows()).toHaveCount(0);
    sender.message({ to: BOB, application, contentType, body: Buffer.from(body), inline: true });
    await expect(inbox.rows()).toHaveCount(1);
    await inbox.rows().first().click();
  }

  async function render(): Promise<FrameLocator> {
    await app.inbox.detail.getByRole('button', { name: 'Render safely' }).click();
    await expect(app.inbox.detail.getByTitle('Rendered content')).toBeVisible();
    return app.inbox.detail.frameLocator('iframe[title="Rendered content"]');
  }

  test('text is read in its character set', async () => {
    await push('text/plain; charset=iso-8859-15', Buffer.from([0x31, 0x30, 0x20, 0xa4, 0x20, 0xfc]));
    await expect(app.inbox.detail).toContainText('10 € ü');
    await expect(app.inbox.detail).toContainText('read as iso-8859-15');
    await app.inbox.tab('Raw');
    await app.inbox.detail.getByRole('button', { name: 'Hex' }).click();
    await expect(app.inbox.detail).toContainText('00000000  31 30 20 a4 20 fc');
  });

  test('a multipart shows its parts, and the picture in it', async () => {
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nLook at this\r\n--b\r\n'),
      Buffer.from(
        'Content-Type: image/png\r\nContent-Disposition: attachment; filename="pixels.png"\r\nContent-ID: <p@x>\r\n\r\n',
      ),
      PNG,
      Buffer.from('\r\n--b\r\nContent-Type: image/jpeg\r\n\r\n<html><p>no picture</p>\r\n--b--\r\n'),
    ]);
    await push('multipart/mixed; boundary=b', body);
    const { detail } = app.inbox;
    const parts = detail.getByRole('list', { name: 'Parts' }).getByRole('listitem');
    await expect(parts).toHaveCount(4);
    await expect(detail.getByRole('region', { name: 'Part' })).toContainText('Look at this');
    await parts.filter({ hasText: 'pixels.png' }).getByRole('button').click();
    await expect(detail.getByRole('img', { name: 'Picture (PNG, 2 × 2)' })).toBeVisible();
    await expect(detail.getByRole('button', { name: 'Open with the system' })).toBeVisible();
    await parts.filter({ hasText: 'mismatch' }).getByRole('button').click();
    await expect(detail).toContainText('It is declared as image/jpeg, but looks like text/html.');
    await expect(detail.getByRole('button', { name: 'Open with the system' })).toHaveCount(0);
    await app.inbox.tab('Raw');
    await expect(detail).toContainText('binary');
  });

  test('a part is saved where the user says, readable by nobody else', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'push-terminal-save-'));
    const path = join(folder, 'saved.txt');
    try {
      await push('text/plain', 'keep this');
      await app.electron.evaluate(({ dialog }, filePath) => {
        dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath });
      }, path);
      await app.inbox.detail.getByRole('button', { name: 'Save as…' }).click();
      await expect(app.inbox.page.getByText(`Saved as ${path}`)).toBeVisible();
      expect(await readFile(path, 'utf8')).toBe('keep this');
      expect((await stat(path)).mode & 0o777).toBe(0o600);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a Service Indication is a table, and its address is text', async () => {
    await push('text/vnd.wap.si', SERVICE_INDICATION);
    const table = app.inbox.detail.getByRole('table', { name: 'Service Indication' });
    await expect(table).toContainText('You have mail');
    await expect(table).toContainText('https://mail.test/inbox');
    await expect(table.getByRole('link')).toHaveCount(0);
    await expect(table.getByRole('button', { name: /^Copy/ })).toHaveCount(1);
  });

  test('JSON is laid out, and as sent on request', async () => {
    await push('application/json', '{"b":[1,2],"a":"x"}');
    await expect(app.inbox.detail.locator('pre')).toHaveText(
      '{\n  "b": [\n    1,\n    2\n  ],\n  "a": "x"\n}',
      {
        useInnerText: true,
      },
    );
    await app.inbox.detail.getByRole('button', { name: 'As sent' }).click();
    await expect(app.inbox.detail.locator('pre')).toHaveText('{"b":[1,2],"a":"x"}');
  });

  test('hostile HTML is source first; rendered it runs nothing and asks nobody', async () => {
    const { url } = web;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg"><script>top.document.title='owned'</script><image href="${url}/svg"/><foreignObject><img xmlns="http://www.w3.org/1999/xhtml" src="${url}/foreign"/></foreignObject></svg>`;
    await push(
      'text/html',
      `<!doctype html><html><head><base href="${url}/"><meta http-equiv="refresh" content="0;url=${url}/refresh">
      <link rel="prefetch" href="${url}/prefetch"><link rel="stylesheet" href="${url}/style"><link rel="dns-prefetch" href="${url}">
      <style>@import url(${url}/import); body { background: url(${url}/css) }</style></head>
      <body onload="document.title='owned'" background="${url}/background">
      <h1 style="color:#c00">You have won</h1><p style="background:url(${url}/inline)">a prize</p>
      <script>document.title='owned';fetch('${url}/fetch');top.owned=true</script>
      <img src="${url}/img" srcset="${url}/srcset 2x" onerror="top.owned=true"><img src=x onerror="top.owned=true">
      <iframe src="${url}/iframe"></iframe><object data="${url}/object"></object><embed src="${url}/embed">
      <video src="${url}/video" poster="${url}/poster"></video><audio src="${url}/audio" autoplay></audio>
      <form action="${url}/form"><input name="pin"><button autofocus>Send</button></form>
      <a href="${url}/link" ping="${url}/ping">a link</a>${svg}
      <math><mtext><mglyph><style><img src=${url}/mutation onerror="top.owned=true"></style></mglyph></mtext></math>
      </body></html>`,
    );
    await expect(app.inbox.detail).toContainText("<script>document.title='owned'");
    const frame = await render();
    await expect(frame.getByRole('heading', { name: 'You have won' })).toBeVisible();
    await expect(frame.getByRole('heading')).toHaveCSS('color', 'rgb(204, 0, 0)');
    await frame.getByText('a link').click();
    await app.inbox.page.waitForTimeout(1000);
    await expect(frame.getByText('a link')).toBeVisible();
    for (const gone of [
      'script',
      'iframe',
      'form',
      'input',
      'svg',
      'video',
      'object',
      'meta[http-equiv]',
      'a[href]',
    ])
      await expect(frame.locator(gone)).toHaveCount(0);
    expect(await app.inbox.page.title()).toBe('Push Terminal');
    expect(await app.inbox.page.evaluate(() => 'owned' in window)).toBe(false);
    expect(web.requests).toEqual([]);
  });

  test('even a page that was not sanitised runs nothing and asks nobody in its frame', async () => {
    const { url } = web;
    await push('text/html', '<p>x</p>');
    await app.inbox.page.evaluate(async (base) => {
      const html = `<meta http-equiv="refresh" content="0;url=${base}/refresh"><link rel="stylesheet" href="${base}/style">
        <link rel="preconnect" href="${base}"><link rel="prefetch" href="${base}/prefetch"><link rel="preload" as="image" href="${base}/preload">
        <style>@import url(${base}/import); body { background: url(${base}/css) }</style>
        <script>top.owned=true;fetch('${base}/fetch')</script><img src="${base}/img" onerror="top.owned=true">
        <iframe src="${base}/iframe"></iframe><a id="link" href="${base}/link">out</a>
        <form action="${base}/form"><button>Send</button></form><img src="app://push-terminal/index.html">`;
      const frame = document.createElement('iframe');
      frame.title = 'Raw page';
      frame.src = await window.pushTerminal.call('push.frame', { html });
      frame.setAttribute('sandbox', '');
      frame.setAttribute('style', 'position:fixed;inset:0;z-index:9');
      frame.style.cssText = 'position:fixed;top:0;left:0;width:400px;height:300px;z-index:9';
      document.body.append(frame);
    }, url);
    const frame = app.inbox.page.frameLocator('iframe[title="Raw page"]');
    await expect(frame.getByText('out')).toBeVisible();
    const processes = await app.electron.evaluate(({ BrowserWindow }) => {
      const main = BrowserWindow.getAllWindows().find((one) => one.getTitle() === 'Push Terminal')
        ?.webContents.mainFrame;
      return { window: main?.osProcessId, frames: main?.frames.map(({ osProcessId }) => osProcessId) };
    });
    // What hangs or breaks out of the frame is not in the process of the window.
    expect(processes.frames).toHaveLength(1);
    expect(processes.frames).not.toContain(processes.window);
    for (const target of ['Send', 'out']) {
      await frame.getByText(target).click();
      await app.inbox.page.waitForTimeout(700);
    }
    expect(await app.inbox.page.evaluate(() => 'owned' in window)).toBe(false);
    expect(web.requests).toEqual([]);
    await app.inbox.page.evaluate(() => document.querySelector('iframe[title="Raw page"]')?.remove());
  });

  test('a page is served to a frame of the app alone, and once', async () => {
    await push('text/html', '<p>x</p>');
    const opened = await app.inbox.page.evaluate(async () => {
      const url = await window.pushTerminal.call('push.frame', { html: '<p>once</p>' });
      const fetched = await fetch(url).then(
        () => 'fetched',
        () => 'refused',
      );
      return { fetched, window: window.open(url) === null };
    });
    expect(opened).toEqual({ fetched: 'refused', window: true });
  });

  test('hostile SVG is rendered as a picture and asks nobody', async () => {
    const { url } = web;
    await push(
      'image/svg+xml',
      `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40" onload="top.owned=true"><script>top.owned=true</script>
      <rect width="80" height="40" fill="green"/><image href="${url}/image"/><use href="${url}/use#x"/>
      <style>@import url(${url}/import); rect { fill: url(${url}/fill#a) green }</style>
      <foreignObject width="9" height="9"><iframe xmlns="http://www.w3.org/1999/xhtml" src="${url}/iframe"/></foreignObject></svg>`,
    );
    await expect(app.inbox.detail).toContainText('<script>top.owned=true');
    const frame = await render();
    const picture = frame.getByRole('img', { name: 'Pushed picture' });
    await expect(picture).toBeVisible();
    expect((await picture.boundingBox())?.width).toBe(80);
    await app.inbox.page.waitForTimeout(500);
    expect(await app.inbox.page.evaluate(() => 'owned' in window)).toBe(false);
    expect(web.requests).toEqual([]);
  });

  test('content elsewhere is asked for, allowed, fetched and shown', async () => {
    const hash = createHash('sha1').update('fetched from elsewhere').digest('hex');
    await push(...reference(`${web.url}/news.txt`, { size: 22, hash }));
    const { inbox } = app;
    const panel = inbox.detail.getByRole('region', { name: 'Content elsewhere' });
    await expect(inbox.rows()).toContainText('Waiting for you');
    await expect(inbox.terminal('Lab').getByRole('img', { name: '1 waiting' })).toBeVisible();
    await inbox.filter('Needs you');
    await expect(inbox.rows('news.txt at 127.0.0.1')).toHaveCount(1);
    await expect(panel).toContainText(`${web.url}/news.txt`);
    await expect(panel).toContainText('22 B');
    expect(web.requests).toEqual([]);
    await panel.getByRole('button', { name: 'Allow and fetch' }).click();
    await expect(inbox.detail).toContainText('fetched from elsewhere');
    await expect(panel).toContainText('fetched and verified');
    await inbox.filter('All');
    await expect(inbox.rows()).toContainText('Fetched');
    await expect(inbox.terminal('Lab').getByRole('img', { name: '1 waiting' })).toHaveCount(0);
    await inbox.detail.getByRole('button', { name: 'The message itself' }).click();
    await expect(inbox.detail).toContainText('This message holds no content of its own');
  });

  test('of several contents elsewhere, what could not be fetched is asked for again', async () => {
    const parts = ['/news.txt', '/again'].map((path) => reference(`${web.url}${path}`, { size: 22 }));
    const body = parts.map(([type, inner]) => `--b\r\nContent-Type: ${type}\r\n\r\n${inner}\r\n`).join('');
    await push('multipart/mixed; boundary=b', `--b\r\n\r\nBoth of these:\r\n${body}--b--\r\n`);
    const { inbox } = app;
    const panel = inbox.detail.getByRole('region', { name: 'Content elsewhere' });
    await expect(inbox.rows('news.txt at 127.0.0.1')).toContainText('and 1 more');
    await panel.getByRole('button', { name: 'Allow and fetch' }).click();
    await expect(panel).toContainText('1 of 2 contents could not be fetched.');
    await expect(panel).toContainText('1 of 2 fetched');
    await screenshots(app, 'contents-elsewhere');
    await panel.getByRole('button', { name: 'Try again' }).click();
    await expect(panel).toContainText('all 2 fetched');
    expect(web.requests.filter((one) => one === 'GET /news.txt')).toHaveLength(1);
    await inbox.detail.getByRole('button', { name: 'Fetched 2' }).click();
    await expect(inbox.detail.getByRole('region', { name: 'Part' })).toContainText('fetched from elsewhere');
    await inbox.detail.getByRole('button', { name: 'The message itself' }).click();
    await expect(inbox.detail.getByRole('region', { name: 'Part' })).toContainText('Both of these:');
  });

  test('content with another hash than promised fails in words, and can be tried again', async () => {
    await push(...reference(`${web.url}/news.txt`, { size: 22, hash: 'a'.repeat(40) }));
    const panel = app.inbox.detail.getByRole('region', { name: 'Content elsewhere' });
    await app.inbox.page.keyboard.press('Enter');
    await expect(panel).toContainText('not fetched');
    await expect(panel).toContainText(/hash/i);
    await expect(app.inbox.rows()).toContainText('Failed');
    await expect(panel.getByRole('button', { name: 'Try again' })).toBeVisible();
  });

  test('a fetch shows how far it is, and stops when told', async () => {
    await push(...reference(`${web.url}/slow`, { size: 1000 }));
    const panel = app.inbox.detail.getByRole('region', { name: 'Content elsewhere' });
    await panel.getByRole('button', { name: 'Allow and fetch' }).click();
    await expect(panel).toContainText('fetching 50 %');
    await expect(panel.getByRole('progressbar')).toHaveAttribute('aria-valuenow', '50');
    await expect(app.inbox.rows()).toContainText('Receiving 50 %');
    await panel.getByRole('button', { name: 'Stop' }).click();
    await expect(panel).toContainText('cancelled');
    await expect(panel.getByRole('button', { name: 'Try again' })).toBeVisible();
  });

  test('what is denied says so and is not fetched', async () => {
    await push(...reference(`${web.url}/news.txt`, {}));
    await app.inbox.detail.getByRole('button', { name: 'Deny' }).click();
    await expect(app.inbox.detail).toContainText('You denied this push; its content was not fetched.');
    await expect(app.inbox.rows()).toContainText('Denied');
    expect(web.requests).toEqual([]);
  });

  test('rows tell what came, what was refused and how often, and what is not read yet', async () => {
    const { inbox } = app;
    const gruu = await inbox.publicGruu('Lab');
    await push('text/plain; charset=utf-8', 'the first');
    const messages: readonly (readonly [type: string, body: Buffer | string])[] = [
      ['text/vnd.wap.si', SERVICE_INDICATION],
      ['text/vnd.wap.sl', '<?xml version="1.0"?><sl href="https://mail.test/start"/>'],
      ['application/vnd.wap.mms-message', MMS_NOTIFICATION],
      ['text/vcard', 'BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Alice Example\r\nTEL:+491701234567\r\nEND:VCARD\r\n'],
      ['application/pdf', 'this is no document'],
      ['application/octet-stream', Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))],
    ];
    for (const [contentType, body] of messages)
      sender.message({ to: BOB, application: 'mms.ua', contentType, body: Buffer.from(body) });
    // To the terminal itself: the core chooses among terminals by application.
    for (let times = 0; times < 3; times += 1)
      sender.message({ to: gruu, application: 'x.ua', contentType: 'text/plain', body: Buffer.from('no') });
    await expect(inbox.rows('Refused: application')).toContainText('403 ×3');
    await expect(inbox.rows()).toHaveCount(8);
    await expect(inbox.rows('You have mail · https://mail.test/inbox')).toHaveCount(1);
    await expect(inbox.rows('Service Loading: https://mail.test/start')).toHaveCount(1);
    await expect(inbox.rows('MMS notification: Hello · +491701234567')).toHaveCount(1);
    await expect(inbox.rows('Alice Example · +491701234567')).toHaveCount(1);
    await expect(inbox.rows('PDF document')).toContainText('Type mismatch');
    await expect(inbox.rows('Type mismatch')).toHaveCount(1);
    await screenshots(app, 'content-rows');
    await inbox.filter('Unread 7');
    await expect(inbox.rows()).toHaveCount(7);
    await expect(inbox.rows('the first')).toHaveCount(0);
    await inbox.open('Binary data');
    await expect(inbox.filterButton('Unread 6')).toBeVisible();
    await inbox.tab('Raw');
    await app.resize(1024, 700);
    await expect(inbox.detail).toContainText('000000f8  f8 f9 fa fb fc fd fe ff');
    const dump = inbox.detail.locator('pre:visible');
    expect(await dump.evaluate((box) => box.scrollWidth <= box.clientWidth)).toBe(true);
    await app.resize(1360, 860);
    await expect(dump).toContainText('000000f0  f0 f1 f2');
    await screenshots(app, 'content-hex');
    await inbox.page.getByRole('button', { name: 'Mark these as read' }).click();
    await expect(inbox.filterButton('Unread')).toHaveText('Unread');
    await inbox.filter('All');
    await inbox.filter('Unread');
    await expect(inbox.rows()).toHaveCount(0);
    await inbox.filter('All');
    await inbox.open('Refused: application');
    await screenshots(app, 'content-refused');
  });

  test('a message that a rule asks about is hidden until it is allowed', async () => {
    const { inbox } = app;
    await inbox.page.evaluate(async () => {
      const own = await window.pushTerminal.call('terminal.profile', { terminal: 'lab' });
      const rules = [{ application: 'wml.ua', decide: 'ask' as const }];
      await window.pushTerminal.call('terminal.update', { ...own, trust: { ...own.trust, rules } });
    });
    await expect(inbox.terminal('Lab')).toContainText('Registered');
    await push('text/plain', 'for my eyes', 'wml.ua');
    const panel = inbox.detail.getByRole('region', { name: 'Waits for you' });
    await expect(panel).toContainText('A rule of the profile asks');
    await expect(inbox.page.getByText('for my eyes')).toHaveCount(0);
    await inbox.detail.getByRole('button', { name: 'Show anyway' }).click();
    await expect(inbox.detail.getByRole('tabpanel')).toContainText('for my eyes');
    await panel.getByRole('button', { name: 'Allow' }).click();
    await expect(inbox.detail.getByRole('region', { name: 'Part' })).toContainText('for my eyes');
    await expect(inbox.rows('for my eyes')).toContainText('200 OK');
  });
});

function reference(
  url: string,
  { size, hash }: { readonly size?: number; readonly hash?: string },
): readonly [contentType: string, body: string] {
  const expiration = new Date(Date.now() + 3_600_000).toUTCString();
  const parameters = [
    'access-type="URL"',
    `expiration="${expiration}"`,
    `URL="${url}"`,
    ...(size === undefined ? [] : [`size=${size}`]),
    ...(hash === undefined ? [] : [`hash=${hash}`]),
  ];
  return [`message/external-body; ${parameters.join('; ')}`, 'Content-Type: text/plain\r\n\r\n'];
}
