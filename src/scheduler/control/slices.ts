// How surely the mean latency of a window is known. What ends in the same moment shares its luck: a pause of this process,
// a burst of somebody else's. So not single latencies are compared but sums over short slices of time ("batch means").

/** A slice lasts a typical latency, and at least so long. */
const SLICE_MS_MIN = 5;
/** Of fewer the scatter itself is known too badly. */
const SLICES_MIN = 6;

export class Slices {
  /** When the slice that is filling is full: `finish` is due. */
  endMs = Number.POSITIVE_INFINITY;
  #sliceMs = 0;
  /** Of the window, when that slice began. */
  #ended = 0;
  #latencyMs = 0;
  /** Whole slices; the first one has only those latencies that are shorter than itself, and is left out. */
  #count = -1;
  /** Over the slices: of the sum of the latencies squared, of that sum × the number, of the number squared. */
  #squares = 0;
  #products = 0;
  #counts = 0;
  #total = 0;

  start(nowMs: number, typicalMs: number): void {
    this.#sliceMs = Math.max(SLICE_MS_MIN, typicalMs);
    this.endMs = nowMs + this.#sliceMs;
    this.#ended = 0;
    this.#latencyMs = 0;
    this.#count = -1;
    this.#squares = 0;
    this.#products = 0;
    this.#counts = 0;
    this.#total = 0;
  }

  /** `ended` and `latencyMs`: of the window, so many and the sum of theirs. */
  finish(nowMs: number, ended: number, latencyMs: number): void {
    const n = ended - this.#ended;
    const sumMs = latencyMs - this.#latencyMs;
    this.#ended = ended;
    this.#latencyMs = latencyMs;
    this.endMs = nowMs + this.#sliceMs;
    if (++this.#count <= 0) return;
    this.#squares += sumMs * sumMs;
    this.#products += sumMs * n;
    this.#counts += n * n;
    this.#total += n;
  }

  copyFrom(other: Slices): void {
    this.#count = other.#count;
    this.#squares = other.#squares;
    this.#products = other.#products;
    this.#counts = other.#counts;
    this.#total = other.#total;
  }

  /** Of the mean latency, relative to it squared; 0 where there were too few slices to tell. */
  variance(meanMs: number): number {
    if (this.#count < SLICES_MIN) return 0;
    const squares = this.#squares - 2 * meanMs * this.#products + meanMs * meanMs * this.#counts;
    const sumMs = meanMs * this.#total;
    return Math.max(0, ((squares / (sumMs * sumMs)) * this.#count) / (this.#count - 1));
  }
}
