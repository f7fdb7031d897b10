// How fast something went lately: a window over samples of a number that only grows.
// Takes samples as they come and has no timer of its own.

const WINDOW_MS = 2000;

interface Sample {
  readonly atMs: number;
  readonly total: number;
}

/** Measures from the newest sample that is at least two seconds old, or from the start where there is none yet. */
export class RecentRate {
  /** At least one; all but the first lie within the window, so their number is bounded by how often samples come. */
  readonly #samples: Sample[] = [{ atMs: 0, total: 0 }];

  /** Takes a sample and tells the rate per second up to it. */
  add(atMs: number, total: number): number {
    const samples = this.#samples;
    while (samples.length > 1 && samples[1]!.atMs <= atMs - WINDOW_MS) samples.shift();
    const base = samples[0]!;
    samples.push({ atMs, total });
    return atMs > base.atMs ? (1000 * (total - base.total)) / (atMs - base.atMs) : 0;
  }
}
