// Texts and values written one behind the other: from an index to a text, by arithmetic alone.
// Keeps no list and no state, so any index costs the same.

import { inSequence, type Shape, shapeOf } from './shape.ts';

/** A numbered list of texts, each computed when asked for. `at` is given an index that is in range. */
export interface Values {
  readonly count: number;
  readonly shape: Shape;
  at(index: number): string;
}

/** Where values stand. The index divided by the stride, modulo their count, says which of them. */
export interface Slot {
  readonly values: Values;
  readonly stride: number;
}

export type Piece = string | Slot;

//   http://h/   [a-c]   /   {x,y}         index 4 of 6:
//   head        slot 0  ↑   slot 1          slot 0  floor(4 / 2) mod 3 = 2 → c
//               stride 2    stride 1        slot 1  floor(4 / 1) mod 2 = 0 → x
//                       behind[0]         → http://h/c/x
export class Expansion implements Values {
  readonly count: number;
  readonly shape: Shape;
  readonly #head: string;
  readonly #slots: readonly Slot[];
  /** What stands behind each slot. */
  readonly #behind: readonly string[];

  constructor(pieces: readonly Piece[], count: number) {
    this.count = count;
    this.shape = inSequence(
      pieces.map((piece) => (typeof piece === 'string' ? shapeOf(piece) : piece.values.shape)),
    );
    const slots: Slot[] = [];
    const texts = [''];
    for (const piece of pieces) {
      if (typeof piece === 'string') texts.push(texts.pop()! + piece);
      else {
        slots.push(piece);
        texts.push('');
      }
    }
    this.#head = texts[0]!;
    this.#slots = slots;
    this.#behind = texts.slice(1);
  }

  // 45 ns for `http://h/code/[a-z0-9]{4}`. Remembering the part that changes rarely was no faster (Node 20).
  at(index: number): string {
    let text = this.#head;
    for (let i = 0; i < this.#slots.length; i++) {
      const { values, stride } = this.#slots[i]!;
      // Exact for every index below 2^53; `%` on numbers beyond 2^31 is several times slower.
      const turns = Math.floor(index / stride);
      text += values.at(turns - Math.floor(turns / values.count) * values.count) + this.#behind[i]!;
    }
    return text;
  }
}
