// The numbers of one set that are not in another.

import { type Range, RangeSet } from './range-set.ts';

/** A new set; its cost follows the ranges of both, not the numbers. */
export function difference(all: RangeSet, gone: RangeSet): RangeSet {
  let text = '';
  let at = 0;
  for (const { from, to } of left(all, gone)) {
    // The text of a set, as RangeSet.toText has it: how many are there, are missing, are there …
    if (from > 0) text += text === '' ? `0,${from},` : `,${from - at},`;
    text += to - from;
    at = to;
  }
  return RangeSet.parse(text === '' ? '0' : text);
}

function* left(all: Iterable<Range>, gone: Iterable<Range>): Generator<Range> {
  const cuts = gone[Symbol.iterator]();
  let cut = cuts.next();
  for (const { from, to } of all) {
    let at = from;
    // What ends before this range cuts none of those that follow either.
    while (cut.done !== true && cut.value.to <= at) cut = cuts.next();
    while (cut.done !== true && cut.value.from < to) {
      if (cut.value.from > at) yield { from: at, to: cut.value.from };
      at = Math.max(at, Math.min(cut.value.to, to));
      if (cut.value.to > to) break;
      cut = cuts.next();
    }
    if (at < to) yield { from: at, to };
  }
}
