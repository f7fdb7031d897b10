// Finds over how many connections to one origin its requests are to be spread, by trying more and comparing goodput.
// It opens and closes nothing, sends nothing and reads no clock. docs/http2.md has the reasons and the numbers.
//
//   steady ──► opening ──► settling ──► measuring ──┬─ too early to say ──► settling, with the other number
//     ▲                                             │
//     └───────────── the number that it is ◄────────┘

/** In flight per connection, from which on another one may help; and below which it is one of too many. */
const BUSY = 8;
const IDLE = { each: 2, ms: 30_000 };
/** A window is long enough to tell, or as long as it ever gets and then perhaps worth nothing. It is never shorter than
 *  a mean latency: responses to requests that were sent at once come at once, and a window must see as many as went. */
const WINDOW = { ms: 500, msMax: 2000, responses: 200, responsesMin: 50 };
const SETTLING_MS_MIN = 50;
const OPENING_MS_MAX = 3000;
/** After a trial that found nothing; twice as long after each. */
const WAIT_MS = { first: 5000, max: 300_000 };
/** So many in a row, and the wait has come to its longest, where fewer are tried too. */
const FOUND_NOTHING = 9;
/** What is in flight may differ by so much between windows that are compared; goodput, between those before a trial. */
const ALIKE = 1.25;
/** No response for so long, and for two mean latencies: there was nothing to do, or all stood still. */
const SILENCE_MS = 250;
/** Times the goodput of fewer connections. Less than the first is the end of it at once, the last is so much that one
 *  pair of windows will do, as two do for what is clear; for what is just worth it three are needed. */
const GAIN = { none: 1.03, worth: 1.1, clear: 1.25, obvious: 1.5 };
const PAIRS_MAX = 3;

/** Goodput with fewer and with more connections, window about. */
export class Trial {
  readonly low: number;
  readonly high: number;
  readonly #low: number[] = [];
  readonly #high: number[] = [];

  constructor(one: number, other: number) {
    this.low = Math.min(one, other);
    this.high = Math.max(one, other);
  }

  add(connections: number, goodput: number): void {
    if (connections === this.low) this.#low.push(goodput);
    else this.#high.push(goodput);
  }

  /** The number of connections to stay at; undefined as long as another window is needed. */
  get verdict(): number | undefined {
    const pairs = this.#high.length;
    if (this.#low.length !== pairs) return undefined;
    const gain = sum(this.#high) / sum(this.#low);
    // Most trials find nothing, and shall not cost much.
    if (gain < (pairs === 1 ? GAIN.none : GAIN.worth)) return this.low;
    if (gain >= GAIN.obvious) return this.high;
    if (pairs === 1) return undefined;
    if (Math.min(...this.#high) <= Math.max(...this.#low)) return this.low;
    return gain >= GAIN.clear || pairs === PAIRS_MAX ? this.high : undefined;
  }
}

export class ConnectionsLaw {
  readonly #max: number;
  #target = 1;
  #phase: 'opening' | 'settling' | 'measuring' = 'settling';
  /** When there is something to look at next. */
  #lookMs = Number.NEGATIVE_INFINITY;
  /** Until when an opening is waited for. */
  #openingEndsMs = 0;
  /** A response after that comes out of silence. */
  #silentMs = Number.POSITIVE_INFINITY;

  // The window so far.
  #sinceMs = 0;
  #responses = 0;
  #inFlightSum = 0;

  /** Of the last whole window. */
  #latencyMs = 0;
  #inFlight = 0;
  #goodput = 0;

  #trial: Trial | undefined;
  /** What `target` was before the trial, and is again where that ends early. */
  #before = 1;
  #nextTrialMs = Number.NEGATIVE_INFINITY;
  /** Trials in a row that found nothing. */
  #foundNothing = 0;
  /** When the connections had something to do the last time. */
  #neededMs = Number.NEGATIVE_INFINITY;

  constructor(connectionsMax: number) {
    this.#max = connectionsMax;
  }

  /** Over how many connections requests are to be spread now; 1 at first. */
  get target(): number {
    return this.#target;
  }

  /** A response has come. `inFlight`: requests under way in the pool, that one included; `usable`: connections that are
   *  open and take requests. */
  onResponse(nowMs: number, inFlight: number, usable: number): void {
    if (this.#max <= 1) return;
    if (nowMs > this.#silentMs) this.#onSilence(nowMs);
    this.#silentMs = nowMs + Math.max(SILENCE_MS, 2 * this.#latencyMs);
    this.#responses++;
    this.#inFlightSum += inFlight;
    if (nowMs >= this.#lookMs) this.#look(nowMs, usable);
  }

  toString(): string {
    const trial = this.#trial === undefined ? '' : `, comparing ${this.#trial.low} with ${this.#trial.high}`;
    return `${this.#target} of at most ${this.#max} connections${trial}`;
  }

  #look(nowMs: number, usable: number): void {
    if (this.#phase === 'measuring') return this.#lookAtWindow(nowMs);
    if (this.#phase === 'settling') return this.#measure(nowMs);
    if (usable >= this.#target) return this.#settle(nowMs);
    if (nowMs >= this.#openingEndsMs) this.#end(nowMs, this.#before);
  }

  // ── windows ─────────────────────────────────────────────────────────────────────────────────────────────

  /** What was sent before the number changed is still under way, for about one mean latency. */
  #settle(nowMs: number): void {
    this.#phase = 'settling';
    this.#lookMs = nowMs + Math.max(SETTLING_MS_MIN, this.#latencyMs);
  }

  #measure(nowMs: number): void {
    this.#phase = 'measuring';
    this.#sinceMs = nowMs;
    this.#responses = 0;
    this.#inFlightSum = 0;
    this.#lookMs = nowMs + Math.max(WINDOW.ms, this.#latencyMs);
  }

  #lookAtWindow(nowMs: number): void {
    const ms = nowMs - this.#sinceMs;
    if (this.#responses < WINDOW.responses) {
      if (ms < Math.max(WINDOW.msMax, this.#latencyMs)) return;
      if (this.#responses < WINDOW.responsesMin) return this.#onUnclear(nowMs);
    }
    const inFlight = this.#inFlightSum / this.#responses;
    const goodput = this.#responses / ms;
    // Little's law.
    this.#latencyMs = inFlight / goodput;
    if (inFlight >= this.#target * IDLE.each) this.#neededMs = nowMs;
    if (this.#trial === undefined) this.#onSteady(nowMs, inFlight, goodput);
    else this.#onTried(nowMs, this.#trial, inFlight, goodput);
  }

  #onSteady(nowMs: number, inFlight: number, goodput: number): void {
    const alike = areAlike(inFlight, this.#inFlight) && areAlike(goodput, this.#goodput);
    this.#inFlight = inFlight;
    this.#goodput = goodput;
    this.#shrink(nowMs);
    if (alike && this.#mayTry(nowMs)) this.#try(nowMs, goodput);
    else this.#measure(nowMs);
  }

  #onTried(nowMs: number, trial: Trial, inFlight: number, goodput: number): void {
    if (!areAlike(inFlight, this.#inFlight)) return this.#callOff(nowMs);
    trial.add(this.#target, goodput);
    const { verdict } = trial;
    if (verdict === undefined) return this.#turn(nowMs, trial);
    this.#end(nowMs, verdict);
    // Still more, at once: this was a window with what is few now.
    if (verdict > this.#before && this.#mayTry(nowMs)) this.#try(nowMs, goodput);
  }

  /** Too few responses to say anything. */
  #onUnclear(nowMs: number): void {
    if (this.#trial !== undefined) return this.#callOff(nowMs);
    if (this.#inFlightSum >= this.#responses * this.#target * IDLE.each) this.#neededMs = nowMs;
    this.#inFlight = 0;
    this.#shrink(nowMs);
    this.#measure(nowMs);
  }

  #onSilence(nowMs: number): void {
    // Should it be the way of this server to answer all at once and seldom, a window is to see that.
    this.#latencyMs = Math.max(this.#latencyMs, Math.min(WINDOW.msMax, nowMs - this.#silentMs + SILENCE_MS));
    if (this.#trial !== undefined) return this.#callOff(nowMs);
    this.#inFlight = 0;
    this.#shrink(nowMs);
    this.#measure(nowMs);
  }

  // ── trials ──────────────────────────────────────────────────────────────────────────────────────────────

  #mayTry(nowMs: number): boolean {
    return nowMs >= this.#nextTrialMs && this.#inFlight >= this.#target * BUSY;
  }

  /** The window that has just ended is the first one of the trial. */
  #try(nowMs: number, goodput: number): void {
    this.#before = this.#target;
    this.#trial = new Trial(this.#before, this.#other);
    this.#trial.add(this.#before, goodput);
    this.#turn(nowMs, this.#trial);
  }

  /** Twice as many; then more, since two connections may have come to the same worker; and where that was for nothing
   *  often, perhaps fewer will do. */
  get #other(): number {
    const step = this.#foundNothing % 3;
    const full = this.#target >= this.#max;
    if (full || (step === 0 && this.#target > 1 && this.#foundNothing >= FOUND_NOTHING)) {
      return Math.ceil(this.#target / 2);
    }
    return Math.min(this.#max, this.#target * 2 ** (step + 1));
  }

  /** To the other number of connections. */
  #turn(nowMs: number, trial: Trial): void {
    this.#target = this.#target === trial.low ? trial.high : trial.low;
    this.#phase = 'opening';
    this.#lookMs = nowMs;
    this.#openingEndsMs = nowMs + OPENING_MS_MAX;
  }

  #end(nowMs: number, verdict: number): void {
    if (verdict === this.#before) this.#foundNothing++;
    else this.#foundNothing = verdict > this.#before ? 0 : FOUND_NOTHING;
    this.#goOn(nowMs, verdict);
  }

  /** Nothing was found out: what was in flight changed. */
  #callOff(nowMs: number): void {
    this.#inFlight = 0;
    this.#goOn(nowMs, this.#before);
    this.#nextTrialMs = Math.max(this.#nextTrialMs, nowMs + WAIT_MS.first);
  }

  #goOn(nowMs: number, target: number): void {
    this.#trial = undefined;
    this.#target = target;
    this.#neededMs = nowMs;
    this.#nextTrialMs = nowMs + this.#waitMs;
    this.#settle(nowMs);
  }

  get #waitMs(): number {
    if (this.#target >= this.#max) return WAIT_MS.max;
    if (this.#foundNothing === 0) return 0;
    return Math.min(WAIT_MS.max, WAIT_MS.first * 2 ** (this.#foundNothing - 1));
  }

  /** Unused connections can be closed; should they be needed again, a trial finds that. */
  #shrink(nowMs: number): void {
    if (this.#target === 1 || nowMs - this.#neededMs < IDLE.ms) return;
    this.#target = Math.ceil(this.#target / 2);
    this.#neededMs = nowMs;
    this.#foundNothing = 0;
    this.#nextTrialMs = nowMs;
  }
}

function areAlike(one: number, other: number): boolean {
  return one < other * ALIKE && other < one * ALIKE;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
