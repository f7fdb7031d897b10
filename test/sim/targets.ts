// Models of servers in virtual time. Each says, when a request starts, when and how it will end, and is told when it did.

import type { Noise } from './noise.ts';

export interface Target {
  /** Of the request that started last: when the client has its response, and its status (0: refused). */
  endAtMs: number;
  status: number;
  retryAfterMs: number;
  start(nowMs: number): void;
  /** A request has ended that was not refused. */
  end(nowMs: number): void;
}

/** There and back; half of it each way. */
export interface Network {
  readonly rttMs: number;
  /** Of a log-normal factor. */
  readonly jitter: number;
}

abstract class Base implements Target {
  endAtMs = 0;
  status = 200;
  retryAfterMs = 0;
  readonly #rttMs: number;
  readonly #factor: () => number;

  constructor(network: Network, noise: Noise) {
    this.#rttMs = network.rttMs;
    this.#factor = noise.logNormal(network.jitter);
  }

  protected rtt(): number {
    return this.#rttMs * this.#factor();
  }

  abstract start(nowMs: number): void;
  end(_nowMs: number): void {}
}

/** Workers, each taken for a while; who finds none waits in line. `steps`: their number changes at these moments. */
export class Workers extends Base {
  readonly #serviceMs: () => number;
  readonly #steps: readonly { readonly atMs: number; readonly workers: number }[];
  #step = 0;
  #workers: number;
  /** When each worker is free, as a heap. */
  readonly #freeAtMs: Float64Array;

  constructor(
    workers: number,
    serviceMs: () => number,
    network: Network,
    noise: Noise,
    steps: readonly { readonly atMs: number; readonly workers: number }[] = [],
  ) {
    super(network, noise);
    this.#serviceMs = serviceMs;
    this.#steps = steps;
    this.#workers = workers;
    this.#freeAtMs = new Float64Array(Math.max(workers, ...steps.map((step) => step.workers)));
  }

  start(nowMs: number): void {
    const rttMs = this.rtt();
    const arrivesMs = nowMs + rttMs / 2;
    while (this.#step < this.#steps.length && this.#steps[this.#step]!.atMs <= arrivesMs) {
      this.#change(this.#steps[this.#step++]!);
    }
    const free = this.#freeAtMs;
    const doneMs = Math.max(arrivesMs, free[0]!) + this.#serviceMs();
    sink(free, this.#workers, doneMs);
    this.endAtMs = doneMs + rttMs / 2;
  }

  #change({ atMs, workers }: { readonly atMs: number; readonly workers: number }): void {
    const free = this.#freeAtMs;
    const kept = Array.from(free.subarray(0, this.#workers)).sort((a, b) => a - b);
    // Those that are free first stay; what the others are at, or has been given to them, they finish.
    for (let i = kept.length; i < workers; i++) kept.push(atMs);
    kept.length = workers;
    kept.sort((a, b) => a - b);
    free.set(kept);
    this.#workers = workers;
  }
}

function sink(heap: Float64Array, size: number, value: number): void {
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= size) break;
    if (child + 1 < size && heap[child + 1]! < heap[child]!) child++;
    if (heap[child]! >= value) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = value;
}

/** Everyone gets in each other's way: how long a request takes depends on how many are there when it comes. */
export class Contended extends Base {
  readonly #latencyMs: (inside: number) => number;
  readonly #factor: () => number;
  #inside = 0;

  /** `latencyMs`: the mean, with so many inside. */
  constructor(latencyMs: (inside: number) => number, sigma: number, network: Network, noise: Noise) {
    super(network, noise);
    this.#latencyMs = latencyMs;
    this.#factor = noise.logNormal(sigma);
  }

  start(nowMs: number): void {
    this.#inside++;
    this.endAtMs = nowMs + this.rtt() + this.#latencyMs(this.#inside) * this.#factor();
  }

  override end(): void {
    this.#inside--;
  }
}

export interface Metering {
  readonly ratePerSecond: number;
  readonly burst: number;
  /** 0: its 429 carries no Retry-After. */
  readonly retryAfterMs: number;
  /** For who comes back before the time that Retry-After named. */
  readonly banMs: number;
}

/** What was under way when a 429 was sent is not held against the client. */
const GRACE_MS = 250;

/** Sells so many requests per second, a burst of them at once, and answers the rest with 429. */
export class Metered extends Base {
  readonly #metering: Metering;
  readonly #serviceMs: () => number;
  #restoredAtMs = 0;
  #refusedAtMs = Number.NEGATIVE_INFINITY;
  #bannedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(metering: Metering, serviceMs: () => number, network: Network, noise: Noise) {
    super(network, noise);
    this.#metering = metering;
    this.#serviceMs = serviceMs;
  }

  start(nowMs: number): void {
    const rttMs = this.rtt();
    const arrivesMs = nowMs + rttMs / 2;
    if (this.#admits(arrivesMs)) {
      this.status = 200;
      this.retryAfterMs = 0;
      this.endAtMs = nowMs + rttMs + this.#serviceMs();
    } else {
      this.status = 429;
      this.endAtMs = nowMs + rttMs;
    }
  }

  #admits(nowMs: number): boolean {
    const { ratePerSecond, burst, retryAfterMs, banMs } = this.#metering;
    if (nowMs < this.#bannedUntilMs) {
      this.retryAfterMs = Math.ceil((this.#bannedUntilMs - nowMs) / 1000) * 1000;
      return false;
    }
    this.retryAfterMs = retryAfterMs;
    const sinceMs = nowMs - this.#refusedAtMs;
    if (banMs > 0 && sinceMs > GRACE_MS && sinceMs < retryAfterMs) {
      this.#bannedUntilMs = nowMs + banMs;
      this.retryAfterMs = banMs;
      return false;
    }
    const intervalMs = 1000 / ratePerSecond;
    const from = Math.max(this.#restoredAtMs, nowMs);
    if (from - nowMs > (burst - 1) * intervalMs) {
      // A row of refusals is one: what was under way comes in one after another.
      if (sinceMs > GRACE_MS) this.#refusedAtMs = nowMs;
      return false;
    }
    this.#restoredAtMs = from + intervalMs;
    return true;
  }
}

/** Takes so many connections and refuses the next one (status 0), or says 429. */
export class Refusing extends Base {
  readonly #connectionsMax: number;
  readonly #refusal: number;
  readonly #serviceMs: () => number;
  #inside = 0;

  constructor(
    connectionsMax: number,
    serviceMs: () => number,
    network: Network,
    noise: Noise,
    refusal: 0 | 429 = 0,
  ) {
    super(network, noise);
    this.#connectionsMax = connectionsMax;
    this.#serviceMs = serviceMs;
    this.#refusal = refusal;
  }

  start(nowMs: number): void {
    const rttMs = this.rtt();
    if (this.#inside < this.#connectionsMax) {
      this.#inside++;
      this.status = 200;
      this.endAtMs = nowMs + rttMs + this.#serviceMs();
    } else {
      this.status = this.#refusal;
      this.endAtMs = nowMs + rttMs;
    }
  }

  override end(): void {
    this.#inside--;
  }
}
