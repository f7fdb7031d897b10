// What docs/limits.md promises of one host, in the fewest words: a rate with its burst, a circuit, a pause with its
// resumption, a retry budget. Each says what was broken, as text, or nothing. Written without a look at the code under test.

/** No more than burst + rate × t start in any t. */
export class RateModel {
  #perSecond: number;
  #burst: number;
  #level = 0;
  #atMs = Number.NEGATIVE_INFINITY;

  constructor(perSecond: number, burst: number) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  change(perSecond: number, burst: number, nowMs: number): void {
    this.#leak(nowMs);
    this.#level = Math.min(this.#level, burst);
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  start(nowMs: number): string | undefined {
    this.#leak(nowMs);
    this.#level++;
    if (this.#level <= this.#burst + 1e-3) return undefined;
    return `${this.#level.toFixed(3)} starts where ${this.#burst} may, at ${this.#perSecond} per second`;
  }

  #leak(nowMs: number): void {
    const leaked = ((nowMs - this.#atMs) * this.#perSecond) / 1000;
    this.#level = Math.max(0, this.#level - leaked);
    this.#atMs = nowMs;
  }
}

export type Health = 'up' | 'down' | 'neither';

/** Down after so many failures in a row; then one request after 1 s, 2 s … 30 s, until it answers. */
export class CircuitModel {
  readonly #failuresMax: number;
  #failures = 0;
  #isOpen = false;
  #everyMs = 1_000;
  #nextMs = 0;
  #probe: object | undefined;
  #probeMs = 0;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(failuresMax: number) {
    this.#failuresMax = failuresMax;
  }

  /** Nobody has tried it for longer than it is ever left alone, and nobody is trying; a consumer may be some seconds late. */
  isForgotten(nowMs: number): boolean {
    return this.#probe === undefined && nowMs > this.#lastMs + 40_000;
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  start(attempt: object, nowMs: number): string | undefined {
    if (!this.#isOpen) return undefined;
    if (this.#probe !== undefined) return 'a second probe while the first is under way';
    this.#probe = attempt;
    this.#probeMs = nowMs;
    return nowMs >= this.#nextMs - 1e-3
      ? undefined
      : `sent ${this.#nextMs - nowMs} ms before its circuit may be tried`;
  }

  /** What a connection gave back may have been sent once more beside the probe, and is as good as that. */
  end(attempt: object, health: Health, sentMs: number, nowMs: number): void {
    const isProbe = this.#probe !== undefined && (this.#probe === attempt || sentMs >= this.#probeMs);
    if (isProbe) this.#probe = undefined;
    this.#lastMs = nowMs;
    if (health === 'up') {
      this.#failures = 0;
      this.#isOpen = false;
      this.#everyMs = 1_000;
      this.#probe = undefined;
    } else if (health === 'down' && this.#isOpen) {
      if (!isProbe) return;
      this.#everyMs = Math.min(this.#everyMs * 2, 30_000);
      this.#nextMs = nowMs + this.#everyMs;
    } else if (health === 'down' && ++this.#failures >= this.#failuresMax) {
      this.#isOpen = true;
      this.#nextMs = nowMs + this.#everyMs;
    }
  }
}

/** After a refusal nothing, for as long as was asked for or half a second; then 2 at once, one more for each answer. */
export class PauseModel {
  readonly #askedMsMax: number;
  /** Where a control law has the number in flight, only pauses that are asked for are kept. */
  readonly #onlyAsked: boolean;
  #untilMs = Number.NEGATIVE_INFINITY;
  #beganMs = Number.NEGATIVE_INFINITY;
  #window = Number.POSITIVE_INFINITY;
  /** How many pauses there were; who was sent before the last one is refused for the same reason, not for a new one. */
  #pauses = 0;
  /** Some more may be added to what is asked for. */
  #untilMsMax = Number.NEGATIVE_INFINITY;

  constructor(askedMsMax: number, onlyAsked: boolean) {
    this.#askedMsMax = askedMsMax;
    this.#onlyAsked = onlyAsked;
  }

  start(inFlight: number, nowMs: number): string | undefined {
    if (nowMs < this.#untilMs - 1e-3) return `sent ${this.#untilMs - nowMs} ms before its pause is over`;
    if (this.#onlyAsked || inFlight <= this.#window) return undefined;
    return `${inFlight} at once while it resumes with ${this.#window}`;
  }

  get pauses(): number {
    return this.#pauses;
  }

  /** `askedMs`: 0 where it says nothing that can be understood. `pauses`: before it was sent. */
  answer(status: number, askedMs: number, pauses: number, sentMs: number, nowMs: number): void {
    if (status === 429 || (status === 503 && askedMs > 0)) {
      if (askedMs === 0 && this.#onlyAsked) return;
      const isNew = pauses === this.#pauses && nowMs >= this.#untilMsMax;
      if (isNew) {
        this.#pauses++;
        this.#beganMs = nowMs;
        this.#window = 2;
      } else if (askedMs === 0) return;
      const ms = Math.min(askedMs === 0 ? 500 : askedMs, this.#askedMsMax * (askedMs === 0 ? 0.5 : 1));
      this.#untilMs = Math.max(this.#untilMs, nowMs + ms);
      if (askedMs > 0) this.#untilMsMax = Math.max(this.#untilMsMax, nowMs + ms + Math.min(ms * 0.1, 5_000));
    } else if (nowMs >= this.#untilMs && sentMs >= this.#beganMs && ++this.#window > 64) {
      this.#window = Number.POSITIVE_INFINITY;
    }
  }
}

/** A host that says that nothing is left is left alone until there is more, or as long as any host is left alone. */
export class QuotaModel {
  readonly #askedMsMax: number;
  #firstMs: number | undefined;
  #untilMs = Number.NEGATIVE_INFINITY;

  constructor(askedMsMax: number) {
    this.#askedMsMax = askedMsMax;
  }

  /** What it has told last holds. Later on more may be known of it than it says: how much comes back all the time. */
  told(remaining: number, resetMs: number, nowMs: number): void {
    this.#firstMs ??= nowMs;
    const isUsedUp = remaining === 0 && nowMs < this.#firstMs + 1_000;
    this.#untilMs = isUsedUp ? nowMs + Math.min(resetMs, this.#askedMsMax) : Number.NEGATIVE_INFINITY;
  }

  get isUsedUp(): boolean {
    return this.#untilMs !== Number.NEGATIVE_INFINITY;
  }

  start(nowMs: number): string | undefined {
    return nowMs < this.#untilMs - 1e-3 ? `sent ${this.#untilMs - nowMs} ms before there is more` : undefined;
  }
}

/** Retries to one host: a share of the requests to it, and some more. */
export class BudgetModel {
  readonly #share: number;
  readonly #reserve: number;
  #requests = 0;
  #retries = 0;

  constructor(percent: number, reserve: number) {
    this.#share = percent / 100;
    this.#reserve = reserve;
  }

  request(): void {
    this.#requests++;
  }

  /** It was decided at the end of the attempt before: what was sent since pays for it too, at most. `more`: that were not. */
  retry(more: number): string | undefined {
    this.#retries++;
    const allowed = (this.#requests + more) * this.#share + this.#reserve;
    return this.#retries <= allowed + 1e-6
      ? undefined
      : `${this.#retries} retries of ${this.#requests} requests`;
  }
}
