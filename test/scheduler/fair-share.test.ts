import { describe, expect, it } from 'vitest';
import { FairShare } from '../../src/scheduler/fair-share.ts';

function shareOf(origins: number, isOnlyOrigin = false): FairShare {
  const share = new FairShare(80, 3, isOnlyOrigin);
  for (let i = 0; i < origins; i++) share.rise();
  return share;
}

it('is slots by origins with work, as if there were eight of them at least, and never none', () => {
  expect([1, 8, 9, 40, 1_000].map((n) => shareOf(n).slots)).toEqual([10, 10, 8, 2, 1]);
  const share = shareOf(40);
  for (let i = 0; i < 30; i++) share.rest();
  expect(String(share)).toBe('8 of 80 slots for each of 10 origins');
  expect([shareOf(1).isOfOne, share.isOfOne]).toEqual([true, false]);
});

it('is every slot for the only origin, for as many requests as the look-ahead holds, then for four times as many', () => {
  const share = shareOf(1);
  const alone = () => {
    share.leaveAlone(false);
    for (let n = 0; ; n++, share.count()) if (share.slots !== 80) return n;
  };
  expect([alone(), alone(), alone()]).toEqual([3, 12, 48]);
  share.leaveAlone(false);
  share.rise();
  expect(share.slots).toBe(10);
  // Another was there: it begins anew.
  expect(alone()).toBe(3);
});

it('stays every slot where it is known that there is no other origin', () => {
  const share = shareOf(1, true);
  for (let i = 0; i < 1_000; i++) share.count();
  expect(share.slots).toBe(80);
});

describe('an origin that has as much under way as it may', () => {
  const SLOW_MS = 101;
  const QUICK_MS = 100;

  function passed(ms: number, requests = 3): FairShare {
    const share = shareOf(1);
    for (let i = 0; i < requests; i++) share.waited(ms);
    share.leaveAlone(true);
    return share;
  }

  it('is left alone where it goes through the look-ahead quickly, for sixteen of those', () => {
    const share = passed(QUICK_MS);
    let n = 0;
    for (; share.isSparing; n++) {
      expect(share.readAhead).toBe(1);
      share.count();
    }
    expect([n, share.readAhead]).toEqual([48, 3]);
  });

  it('is not where others would wait for long, or before it is known how long', () => {
    expect(passed(SLOW_MS).isSparing).toBe(false);
    expect(passed(QUICK_MS, 2).isSparing).toBe(false);
  });

  it('has to go through the look-ahead again each time, and nothing counts that did not wait in it', () => {
    const share = passed(QUICK_MS);
    for (let n = 48; n > 0; n--) {
      share.waited(QUICK_MS);
      share.count();
    }
    share.leaveAlone(true);
    expect(share.isSparing).toBe(false);
  });

  it('is read ahead of as before where it takes every slot', () => {
    const share = shareOf(1);
    share.leaveAlone(false);
    expect([share.slots, share.isSparing, share.readAhead]).toEqual([80, false, 3]);
  });

  it('is alone no more once there is another', () => {
    const share = passed(QUICK_MS);
    share.rise();
    expect([share.isSparing, share.readAhead]).toEqual([false, 3]);
  });
});
