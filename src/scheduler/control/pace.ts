// Learns the rate that a host sells from its 429s, and the pauses that it asks for. Admits nothing itself.

/** Bins of successes, to know what was admitted lately. */
const BIN_MS = 100;
const BINS = 16;
const RATE_MIN = 0.1;
/** No 429 for so long: the rate is near enough. */
const CALM_MS = 3000;
const QUIET_MS = { first: 20_000, max: 160_000 };

export class Pace {
  ratePerSecond: number | undefined;
  readonly #bins = new Int32Array(BINS);
  #bin = 0;
  #firstMs = Number.NaN;
  #cutMs = Number.NEGATIVE_INFINITY;
  #ceiling = Number.POSITIVE_INFINITY;
  #quietMs = QUIET_MS.first;
  #grownMs = 0;

  succeeded(nowMs: number): void {
    this.#turnTo(nowMs);
    this.#bins[this.#bin % BINS]!++;
    if (this.ratePerSecond !== undefined && nowMs - this.#grownMs >= BIN_MS) this.#grow(nowMs);
  }

  /** A 429 has come for a request that started at `startedMs`. */
  refused(nowMs: number, startedMs: number): void {
    this.#turnTo(nowMs);
    // What was under way when the rate was cut says nothing about the new one.
    if (startedMs >= this.#cutMs) this.#cut(nowMs);
  }

  #cut(nowMs: number): void {
    const rate = this.ratePerSecond;
    if (rate === undefined) this.ratePerSecond = Math.max(RATE_MIN, 0.85 * this.#admitted(nowMs));
    else if (nowMs - this.#cutMs < CALM_MS) this.ratePerSecond = Math.max(RATE_MIN, 0.85 * rate);
    else {
      this.#ceiling = rate;
      this.ratePerSecond = 0.95 * rate;
      this.#quietMs = Math.min(QUIET_MS.max, this.#quietMs * 2);
    }
    this.#cutMs = nowMs;
    this.#grownMs = nowMs;
  }

  #grow(nowMs: number): void {
    const seconds = Math.min(1, (nowMs - this.#grownMs) / 1000);
    this.#grownMs = nowMs;
    const rate = this.ratePerSecond!;
    const sinceMs = nowMs - this.#cutMs;
    if (sinceMs < CALM_MS) return;
    const near = 0.975 * this.#ceiling;
    if (rate < near) this.ratePerSecond = Math.min(near, rate * (1 + 0.02 * seconds));
    else if (sinceMs > this.#quietMs) {
      this.ratePerSecond = rate * (1 + 0.005 * seconds * 2 ** Math.min(6, (sinceMs - this.#quietMs) / 5000));
    }
  }

  /** Successes per second in the last one or two seconds. */
  #admitted(nowMs: number): number {
    let sum = 0;
    for (const count of this.#bins) sum += count;
    const spanMs = Math.min(nowMs - this.#firstMs, BINS * BIN_MS);
    return (sum / Math.max(BIN_MS, spanMs)) * 1000;
  }

  #turnTo(nowMs: number): void {
    const bin = Math.floor(nowMs / BIN_MS);
    if (Number.isNaN(this.#firstMs)) {
      this.#firstMs = nowMs;
      this.#bin = bin;
    }
    if (bin - this.#bin >= BINS) this.#bins.fill(0);
    else for (let i = this.#bin + 1; i <= bin; i++) this.#bins[i % BINS] = 0;
    this.#bin = Math.max(bin, this.#bin);
  }
}
