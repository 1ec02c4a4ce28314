import { act, cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { useStore } from '../store/store.ts';
import { exampleOffer, exampleState, FakeBridge } from '../testing/fake-bridge.ts';
import { OfferPanel } from './offer-panel.tsx';

const record = exampleOffer(['picture.jpg', 'notes.txt', 'setup.exe']);

describe('OfferPanel', () => {
  let bridge: FakeBridge;

  beforeEach(() => {
    bridge = new FakeBridge();
    vi.useFakeTimers({ now: Date.parse('2026-11-21T12:00:00Z') });
    const deadlines = [{ offer: record.id, deadline: '2026-11-21T12:00:42Z' }];
    useStore.setState({ app: exampleState({ deadlines }) });
    render(<OfferPanel record={record} />);
  });

  afterEach(() => {
    cleanup();
    vi.useRealTimers();
  });

  it('leaves out what runs programs, and accepts what is chosen', () => {
    expect(screen.getAllByText('can run programs')).toHaveLength(1);
    expect(screen.getAllByText('left out unless you select it')).toHaveLength(1);
    fireEvent.click(screen.getByRole('checkbox', { name: 'Take notes.txt' }));
    fireEvent.click(screen.getByRole('button', { name: /Accept 1 selected/ }));
    expect(bridge.of('offer.accept')).toEqual([{ offer: 'offer-1', files: [0] }]);
  });

  it('accepts the selection on Enter, but not where a button has the focus', () => {
    screen.getByRole('button', { name: 'Decline' }).focus();
    fireEvent.keyDown(screen.getByRole('button', { name: 'Decline' }), { key: 'Enter' });
    expect(bridge.of('offer.accept')).toEqual([]);
    fireEvent.keyDown(document.body, { key: 'Enter' });
    expect(bridge.of('offer.accept')).toEqual([{ offer: 'offer-1', files: [0, 1] }]);
  });

  it('counts down', () => {
    expect(screen.getByRole('timer').textContent).toBe('declines itself in 0:42');
    act(() => {
      vi.advanceTimersByTime(2000);
    });
    expect(screen.getByRole('timer').textContent).toBe('declines itself in 0:40');
  });

  it('offers all, also programs, and can decline', () => {
    fireEvent.click(screen.getByRole('button', { name: 'Accept all' }));
    fireEvent.click(screen.getByRole('button', { name: 'Decline' }));
    expect(bridge.of('offer.accept')).toEqual([{ offer: 'offer-1', files: [0, 1, 2] }]);
    expect(bridge.of('offer.decline')).toEqual([{ offer: 'offer-1' }]);
  });
});
