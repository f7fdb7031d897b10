import { expect, it } from 'vitest';
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
    share.leaveAlone();
    for (let n = 0; ; n++, share.count()) if (share.slots !== 80) return n;
  };
  expect([alone(), alone(), alone()]).toEqual([3, 12, 48]);
  share.leaveAlone();
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
