import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { FakeBridge } from '../testing/fake-bridge.ts';
import { Applications } from './applications.tsx';

const field = () => screen.getByRole<HTMLInputElement>('textbox', { name: 'Add an application' });

/** Types and sends the form off, as Enter does. */
async function add(text: string): Promise<void> {
  fireEvent.change(field(), { target: { value: text } });
  await act(async () => {
    fireEvent.submit(field());
  });
}

function show(applications: readonly string[], answer?: Error): FakeBridge {
  const bridge = new FakeBridge(answer === undefined ? {} : { 'terminal.applications': answer });
  render(<Applications terminal="bob-desk" applications={applications} />);
  return bridge;
}

describe('Applications', () => {
  afterEach(cleanup);

  it('adds one or several, and empties the field', async () => {
    const bridge = show(['mms.ua']);
    await add('wml.ua');
    await add(' dm.ua, x-app ');
    expect(bridge.of('terminal.applications')).toEqual([
      { terminal: 'bob-desk', applications: ['mms.ua', 'wml.ua'] },
      { terminal: 'bob-desk', applications: ['mms.ua', 'dm.ua', 'x-app'] },
    ]);
    expect(field().value).toBe('');
  });

  it('removes one, and keeps the focus nearby', async () => {
    const bridge = show(['mms.ua', 'wml.ua']);
    await act(async () => {
      fireEvent.click(screen.getByRole('button', { name: 'Remove mms.ua' }));
    });
    expect(bridge.of('terminal.applications')).toEqual([{ terminal: 'bob-desk', applications: ['wml.ua'] }]);
    expect(document.activeElement).toBe(field());
  });

  it('keeps the last one, and says why', () => {
    show(['mms.ua']);
    const remove = screen.getByRole<HTMLButtonElement>('button', { name: 'Remove mms.ua' });
    expect(remove.disabled).toBe(true);
    expect(remove.title).toBe('At least one application must stay; add another one first.');
  });

  it.each([
    ['mms.ua', 'mms.ua is served already.'],
    ['a"b', /^“a"b” must be an Application Resource Identifier such as mms\.ua/],
    [' ', 'Type an Application Resource Identifier such as mms.ua.'],
  ])('says what is wrong with %s, and asks nothing of the core', async (text, words) => {
    const bridge = show(['mms.ua']);
    await add(text);
    expect(screen.getByText(words)).toBeDefined();
    expect(field().getAttribute('aria-invalid')).toBe('true');
    expect(bridge.of('terminal.applications')).toEqual([]);
  });

  it('shows the refusal of the main process beside the field, and keeps what was typed', async () => {
    show(['mms.ua'], new Error('The profile could not be written: the disk is full.'));
    await add('wml.ua');
    expect(screen.getByText('The profile could not be written: the disk is full.')).toBeDefined();
    expect(field().value).toBe('wml.ua');
    fireEvent.change(field(), { target: { value: 'wml' } });
    expect(field().hasAttribute('aria-invalid')).toBe(false);
  });
});
