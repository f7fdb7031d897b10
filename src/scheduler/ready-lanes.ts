// Lanes that have work, by how much they have under way: the one with the least goes first, equals in turn.
// So a slow host, whose requests pile up in flight, cannot take the slots of quick ones. Every step is O(1).

import type { Lane } from './lane.ts';

/** Lanes with this many in flight or more are one level: who has a thousand slots does not starve. */
const LEVELS = 1024;

/**
 *   summary   one bit for each word that is not zero
 *   words     one bit for each level that has lanes
 *   levels    a ring of lanes each, first in first out
 */
export class ReadyLanes {
  readonly #heads: (Lane | undefined)[] = new Array<Lane | undefined>(LEVELS).fill(undefined);
  readonly #words = new Int32Array(LEVELS / 32);
  #summary = 0;
  size = 0;

  add(lane: Lane): void {
    const level = Math.min(lane.inFlight, LEVELS - 1);
    lane.level = level;
    const head = this.#heads[level];
    if (head === undefined) {
      lane.next = lane;
      lane.previous = lane;
      this.#heads[level] = lane;
      const word = level >>> 5;
      this.#words[word]! |= 1 << (level & 31);
      this.#summary |= 1 << word;
    } else {
      const tail = head.previous!;
      lane.previous = tail;
      lane.next = head;
      tail.next = lane;
      head.previous = lane;
    }
    this.size++;
  }

  remove(lane: Lane): void {
    const { level } = lane;
    if (level === -1) return;
    lane.level = -1;
    this.size--;
    if (lane.next === lane) {
      this.#heads[level] = undefined;
      const word = level >>> 5;
      this.#words[word]! &= ~(1 << (level & 31));
      if (this.#words[word] === 0) this.#summary &= ~(1 << word);
    } else {
      lane.previous!.next = lane.next;
      lane.next!.previous = lane.previous;
      if (this.#heads[level] === lane) this.#heads[level] = lane.next;
    }
    lane.next = undefined;
    lane.previous = undefined;
  }

  /** The lane with the least in flight, or undefined. */
  least(): Lane | undefined {
    if (this.#summary === 0) return undefined;
    const word = lowestBit(this.#summary);
    return this.#heads[word * 32 + lowestBit(this.#words[word]!)];
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}
