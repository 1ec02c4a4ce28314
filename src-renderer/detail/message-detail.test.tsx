import { act, cleanup, fireEvent, render, screen, within } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import type { ContentView, PushRecord } from '../../src-main/ipc/contract.ts';
import { useStore } from '../store/store.ts';
import { exampleContent, examplePart, exampleReference } from '../testing/example-content.ts';
import { exampleRecord, FakeBridge } from '../testing/fake-bridge.ts';
import { MessageDetail } from './message-detail.tsx';

const CONTENT = { kind: 'content', sha256: 'b'.repeat(64) } as const;
const tabNames = () => screen.getAllByRole('tab').map(({ textContent }) => textContent);
const openTab = (name: string) => fireEvent.mouseDown(screen.getByRole('tab', { name }));

describe('MessageDetail', () => {
  afterEach(cleanup);

  async function show(
    change: Partial<PushRecord>,
    content: ContentView | null = exampleContent(examplePart()),
  ): Promise<FakeBridge> {
    const bridge = new FakeBridge({
      'push.content': content,
      'push.save': '/home/bob/content.txt',
      'push.frame': 'pushed://0123/',
    });
    await act(async () => {
      render(<MessageDetail record={exampleRecord({ body: CONTENT, ...change })} />);
    });
    return bridge;
  }

  it('shows text, how it was read, and its bytes as text or hex', async () => {
    const bridge = await show(
      {},
      exampleContent(examplePart({ warnings: ['It is odd.'], isTruncated: true })),
    );
    expect(bridge.of('push.content')).toEqual([{ push: 'push-1', which: 'own' }]);
    const part = within(screen.getByRole('region', { name: 'Part' }));
    expect(part.getByText('hello')).toBeDefined();
    expect(part.getByText('text/plain · 5 B · read as utf-8')).toBeDefined();
    expect(part.getByText('beginning only')).toBeDefined();
    expect(within(part.getByRole('list', { name: 'Warnings' })).getByText('It is odd.')).toBeDefined();
    expect(tabNames()).toEqual(['Content', 'Raw', 'Headers', 'Delivery']);
    openTab('Raw');
    expect(screen.getByText('raw bytes')).toBeDefined();
    fireEvent.click(screen.getByRole('button', { name: 'Hex' }));
    expect(screen.getAllByText('00000000 72 61 77')[0]).toBeDefined();
  });

  it('shows known facts first; an address is text to copy, and opens nothing', async () => {
    const fields = {
      title: 'Service Indication',
      fields: [
        { name: 'href', value: 'https://mail.test/', kind: 'uri' as const },
        { name: 'created', value: '2026-11-21T12:00:00Z', kind: 'time' as const },
      ],
      warnings: [],
    };
    const bridge = await show(
      {},
      exampleContent(examplePart({ fields, pretty: '<si>\n</si>', text: '<si></si>' })),
    );
    const table = within(screen.getByRole('table', { name: 'Service Indication' }));
    expect(table.getByText('https://mail.test/')).toBeDefined();
    expect(screen.queryByRole('link')).toBeNull();
    fireEvent.click(table.getByRole('button', { name: 'Copy href' }));
    expect(bridge.of('clipboard.write')).toEqual([{ text: 'https://mail.test/' }]);
    const views = within(screen.getByRole('group', { name: 'View' })).getAllByRole('button');
    expect(views.map(({ textContent }) => textContent)).toEqual(['Recognised', 'Laid out', 'As sent', 'Hex']);
    fireEvent.click(screen.getByRole('button', { name: 'As sent' }));
    expect(screen.getByText('<si></si>')).toBeDefined();
  });

  it('lists parts, begins with the telling one, and shows the one that is picked', async () => {
    await show(
      {},
      exampleContent(
        examplePart({
          kind: 'multipart',
          label: 'Several parts',
          contentType: 'multipart/alternative',
          text: null,
        }),
        examplePart({ depth: 1, text: 'plain words' }),
        examplePart({
          depth: 1,
          text: 'rich words',
          role: 'preferred',
          isMismatch: true,
          fileName: 'rich.txt',
        }),
      ),
    );
    const parts = within(screen.getByRole('list', { name: 'Parts' })).getAllByRole('button');
    expect(parts.map(({ textContent }) => textContent)).toEqual([
      'Several parts · multipart/alternative5 B',
      'Text · text/plain5 B',
      'Text · text/plain · rich.txtpreferredmismatch5 B',
    ]);
    expect(screen.getByText('rich words')).toBeDefined();
    fireEvent.click(parts[1] ?? document.body);
    expect(screen.getByText('plain words')).toBeDefined();
    expect(screen.queryByText('rich words')).toBeNull();
  });

  it('shows HTML as source, and on request what is left of it in a frame without rights', async () => {
    const html = '<p>hello</p><script>x()</script>';
    const bridge = await show(
      {},
      exampleContent(examplePart({ contentType: 'text/html', html, text: html })),
    );
    expect(screen.getByText(html)).toBeDefined();
    expect(screen.queryByTitle('Rendered content')).toBeNull();
    await act(async () => {
      fireEvent.click(screen.getByRole('button', { name: 'Render safely' }));
    });
    const [page] = bridge.of('push.frame') as readonly { readonly html: string }[];
    expect(page?.html).toContain('<body><p>hello</p></body>');
    const frame = screen.getByTitle('Rendered content');
    expect(frame.getAttribute('sandbox')).toBe('');
    expect(frame.getAttribute('src')).toBe('pushed://0123/');
    fireEvent.click(screen.getByRole('button', { name: 'Hide' }));
    expect(screen.queryByTitle('Rendered content')).toBeNull();
  });

  it('saves and opens parts, and warns of programs', async () => {
    const bridge = await show({}, exampleContent(examplePart({ canOpen: true })));
    await act(async () => {
      fireEvent.click(screen.getByRole('button', { name: 'Save as…' }));
    });
    fireEvent.click(screen.getByRole('button', { name: 'Open with the system' }));
    expect(bridge.of('push.save')).toEqual([{ push: 'push-1', which: 'own', part: 0 }]);
    expect(bridge.of('push.open')).toEqual([{ push: 'push-1', which: 'own', part: 0 }]);
    expect(useStore.getState().notices.at(-1)?.text).toBe('Saved as /home/bob/content.txt');
    cleanup();
    await show({}, exampleContent(examplePart({ runsPrograms: true, text: null })));
    expect(screen.getByText(/may run a program on your machine/)).toBeDefined();
    expect(screen.queryByRole('button', { name: 'Open with the system' })).toBeNull();
  });

  it('says so where there is nothing, or too much', async () => {
    await show({ body: { kind: 'none' }, bytes: 0 }, null);
    expect(screen.getByText('This push has no content.')).toBeDefined();
    cleanup();
    await show({}, { kind: 'too-large', bytes: 20_000_000, shownBytes: 16_000_000 });
    expect(screen.getByText(/The content has 20 MB; more than 16 MB are not shown here/)).toBeDefined();
    expect(screen.getByRole('button', { name: 'Save as…' })).toBeDefined();
  });

  it('hides what waits until it is allowed; Enter allows it', async () => {
    const bridge = await show({ state: 'waiting', reason: 'A rule asks.' });
    expect(screen.getByRole('region', { name: 'Waits for you' }).textContent).toContain('A rule asks.');
    expect(tabNames()).toEqual(['Delivery']);
    expect(bridge.of('push.content')).toEqual([]);
    await act(async () => {
      fireEvent.click(screen.getByRole('button', { name: 'Show anyway' }));
    });
    expect(tabNames()).toEqual(['Raw', 'Headers', 'Delivery']);
    expect(screen.getByText('raw bytes')).toBeDefined();
    expect(screen.queryByText('hello')).toBeNull();
    fireEvent.keyDown(screen.getByRole('button', { name: 'Deny' }), { key: 'Enter' });
    expect(bridge.of('push.allow')).toEqual([]);
    fireEvent.keyDown(document.body, { key: 'Enter' });
    expect(bridge.of('push.allow')).toEqual([{ push: 'push-1' }]);
    fireEvent.click(screen.getByRole('button', { name: 'Deny' }));
    expect(bridge.of('push.deny')).toEqual([{ push: 'push-1' }]);
  });

  it('says that a push was denied', async () => {
    await show({ state: 'declined', reason: 'Denied by the user.' });
    expect(screen.getByText(/^You denied this push/)).toBeDefined();
    expect(tabNames()).toEqual(['Delivery']);
  });
});

describe('content elsewhere', () => {
  afterEach(cleanup);

  async function show(change: Partial<PushRecord>): Promise<FakeBridge> {
    const bridge = new FakeBridge({
      'push.content': exampleContent(examplePart({ kind: 'external', text: null })),
    });
    await act(async () => {
      render(
        <MessageDetail
          record={exampleRecord({ body: CONTENT, references: [exampleReference()], ...change })}
        />,
      );
    });
    return bridge;
  }

  const panel = () => within(screen.getByRole('region', { name: 'Content elsewhere' }));

  it('is fetched only when allowed', async () => {
    const bridge = await show({ state: 'waiting', reason: 'It lies elsewhere.' });
    for (const text of ['not fetched yet', 'It lies elsewhere.', '200 B', exampleReference().url])
      expect(panel().getByText(text)).toBeDefined();
    expect(panel().queryByRole('link')).toBeNull();
    fireEvent.click(panel().getByRole('button', { name: /^Allow and fetch/ }));
    fireEvent.click(panel().getByRole('button', { name: 'Deny' }));
    expect(bridge.of('push.allow')).toHaveLength(1);
    expect(bridge.of('push.deny')).toHaveLength(1);
  });

  it('can be stopped on its way', async () => {
    const bridge = await show({ state: 'receiving', references: [exampleReference({ received: 126 })] });
    expect(panel().getByText('fetching 63 %')).toBeDefined();
    expect(panel().getByText('126 B of 200 B')).toBeDefined();
    expect(panel().getByRole('progressbar').getAttribute('aria-valuenow')).toBe('63');
    fireEvent.click(panel().getByRole('button', { name: 'Stop' }));
    expect(bridge.of('push.stopFetch')).toEqual([{ push: 'push-1' }]);
  });

  it('can be tried again when it failed, and says why', async () => {
    const bridge = await show({ state: 'failed', reason: 'The hash is another.' });
    expect(panel().getByText('The hash is another.')).toBeDefined();
    fireEvent.click(panel().getByRole('button', { name: 'Try again' }));
    expect(bridge.of('push.allow')).toEqual([{ push: 'push-1' }]);
  });

  it('is shown once it is there, beside the message itself', async () => {
    const reference = exampleReference({
      sha256: 'c'.repeat(64),
      received: 200,
      warnings: ['Another type came.'],
    });
    const bridge = await show({ references: [reference] });
    expect(panel().getByText('fetched and verified, 200 B')).toBeDefined();
    expect(panel().getByText('Another type came.')).toBeDefined();
    expect(bridge.of('push.content')).toEqual([{ push: 'push-1', which: 0 }]);
    await act(async () => {
      fireEvent.click(screen.getByRole('button', { name: 'The message itself' }));
    });
    expect(bridge.of('push.content').at(-1)).toEqual({ push: 'push-1', which: 'own' });
    expect(screen.getByText(/holds no content of its own/)).toBeDefined();
  });

  it('is shown one by one where there are several, with what became of each', async () => {
    const [one, two, three] = [
      exampleReference({ sha256: 'c'.repeat(64), received: 200 }),
      exampleReference({ place: 1, url: 'https://lab.test/b.png', problem: 'The server answered 404.' }),
      exampleReference({
        place: 2,
        url: 'https://lab.test/c.png',
        sha256: 'd'.repeat(64),
        hash: null,
        received: 7,
      }),
    ] as const;
    const reason = '1 of 3 contents could not be fetched. The server answered 404.';
    const bridge = await show({ state: 'failed', reason, references: [one, two, three] });
    for (const text of [
      '3 contents elsewhere',
      '2 of 3 fetched',
      '2. b.png at lab.test',
      'not fetched',
      'The server answered 404.',
      '1 of 3 contents could not be fetched.',
    ])
      expect(panel().getByText(text)).toBeDefined();
    expect(panel().getByText('fetched, 7 B')).toBeDefined();
    expect(panel().getByRole('button', { name: 'Try again' })).toBeDefined();
    expect(screen.queryByRole('button', { name: 'Fetched 2' })).toBeNull();
    await act(async () => {
      fireEvent.click(screen.getByRole('button', { name: 'Fetched 3' }));
    });
    expect(bridge.of('push.content')).toEqual([
      { push: 'push-1', which: 0 },
      { push: 'push-1', which: 2 },
    ]);
  });

  it.each<[PushRecord['state'], string]>([
    ['waiting', 'not fetched yet'],
    ['receiving', '1 of 2 fetched'],
    ['received', 'all 2 fetched'],
    ['declined', 'denied'],
  ])('of which there are several, while %s: %s', async (state, word) => {
    const fetched = { sha256: 'c'.repeat(64), received: 200 };
    const isAll = state === 'received';
    const isAny = isAll || state === 'receiving';
    await show({
      state,
      references: [
        exampleReference(isAny ? fetched : {}),
        exampleReference({ place: 1, ...(isAll ? fetched : {}) }),
      ],
    });
    expect(panel().getAllByText(word).length).toBeGreaterThan(0);
  });
});
