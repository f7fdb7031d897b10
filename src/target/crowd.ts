// A server whose requests get in each other's way: up to a number inside all take the same time, beyond it everyone
// takes so much longer that throughput falls. Only the curve and who is inside; it answers nobody.

import type { Clock } from '../model/contracts.ts';

export class Crowd {
  readonly #knee: number;
  readonly #holdMs: number;
  /** Beyond the knee, time per request grows as this power of the number inside. */
  readonly #power: number;
  readonly #insideMax: number;
  readonly #clock: Clock;
  #inside = 0;

  /** Throughput is `knee / holdMs` at most, and a third of that with `third` inside, which is more than `knee`. */
  constructor(knee: number, holdMs: number, third: number, insideMax: number, clock: Clock) {
    this.#knee = knee;
    this.#holdMs = holdMs;
    this.#power = 1 + Math.log(3) / Math.log(third / knee);
    this.#insideMax = insideMax;
    this.#clock = clock;
  }

  /** `done` is called with how many were inside, when its time is over; who leaves earlier is worked for all the same.
   *  False when no more go in. */
  enter(done: (inside: number) => void): boolean {
    if (this.#inside >= this.#insideMax) return false;
    const inside = ++this.#inside;
    this.#clock.after(this.#timeMs(inside), () => {
      this.#inside--;
      done(inside);
    });
    return true;
  }

  #timeMs(inside: number): number {
    return inside <= this.#knee ? this.#holdMs : this.#holdMs * (inside / this.#knee) ** this.#power;
  }

  toString(): string {
    return `crowd of ${this.#inside}, best at ${this.#knee}`;
  }
}
