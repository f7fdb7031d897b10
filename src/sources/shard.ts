// One of n parts of what is sent: every n-th item, beginning with the i-th. All parts together are the whole.

import { OptionError } from '../model/option-kinds.ts';
import { count } from '../model/text.ts';

export interface Shard {
  /** From 0. */
  readonly index: number;
  /** How many there are in all. */
  readonly count: number;
}

export const WHOLE: Shard = { index: 0, count: 1 };
/** As many as the steps of an item index can be and still be exact. */
const COUNT_MAX = 1_000_000;

/** Of `i/n`, counted from 1 as test runners do. Throws OptionError. */
export function parseShard(text: string): Shard {
  const match = /^(\d{1,15})\/(\d{1,15})$/.exec(text.trim());
  if (match === null) {
    throw new OptionError('shard', `shard takes i/n, such as 1/4, not ${JSON.stringify(text)}`);
  }
  const [number, total] = [Number(match[1]), Number(match[2])];
  if (total < 1 || total > COUNT_MAX) {
    throw new OptionError('shard', `shard takes 1 to ${count(COUNT_MAX)} parts, not ${count(total)}`);
  }
  if (number < 1 || number > total) {
    throw new OptionError(
      'shard',
      `shard counts from 1: the parts of ${total} are 1/${total} to ${total}/${total}, and none is ${text.trim()}`,
    );
  }
  return { index: number - 1, count: total };
}

/** Where the item at a position of this part stands in the whole. */
export function placeIn(shard: Shard, position: number): number {
  return position * shard.count + shard.index;
}

export function positionIn(shard: Shard, place: number): number {
  return (place - shard.index) / shard.count;
}

/** How many of so many places belong to this part. */
export function sizeOf(shard: Shard, places: number): number {
  return Math.max(0, Math.ceil((places - shard.index) / shard.count));
}
