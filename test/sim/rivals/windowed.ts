// Feeds a law with the mean of each 100 ms, the shortest window that WindowedLimit of Netflix/concurrency-limits takes:
// single latencies, which that library's laws take too, do them no good here (tried).

import type { ControlLaw, Sample } from '../../../src/scheduler/control/law.ts';

const WINDOW_MS = 100;
const SAMPLES_MIN = 10;

/** A law that is told means. */
export interface WindowedRule {
  readonly limit: number;
  update(latencyMs: number, inFlight: number, dropped: boolean): void;
  toString(): string;
}

export class WindowedLaw implements ControlLaw {
  readonly ratePerSecond = undefined;
  readonly #rule: WindowedRule;
  #untilMs = 0;
  #sumMs = 0;
  #count = 0;
  #inFlight = 0;
  #dropped = false;

  constructor(rule: WindowedRule) {
    this.#rule = rule;
  }

  get limit(): number {
    return this.#rule.limit;
  }

  record({ nowMs, verdict, latencyMs, inFlight }: Sample): void {
    if (verdict === 'ignore') return;
    if (verdict === 'drop') this.#dropped = true;
    this.#sumMs += latencyMs;
    this.#count++;
    if (inFlight > this.#inFlight) this.#inFlight = inFlight;
    if (nowMs <= this.#untilMs) return;
    this.#untilMs = nowMs + WINDOW_MS;
    if (this.#count >= SAMPLES_MIN)
      this.#rule.update(this.#sumMs / this.#count, this.#inFlight, this.#dropped);
    this.#sumMs = 0;
    this.#count = 0;
    this.#inFlight = 0;
    this.#dropped = false;
  }

  saturation(): void {}

  toString(): string {
    return this.#rule.toString();
  }
}
