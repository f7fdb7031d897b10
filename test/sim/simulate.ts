// One run in virtual time: a client with endless work (or so many requests) that keeps to what its laws say, against
// modelled hosts. No sockets, no clocks: the same scenario, seed and law give the same run, to the last bit.

import type { ControlLaw, Sample } from '../../src/scheduler/control/law.ts';
import { verdictOfStatus } from '../../src/scheduler/control/verdict.ts';
import { HostPause } from '../../src/scheduler/health/host-pause.ts';
import { Core, type CoreSettings } from './core.ts';
import { EventQueue } from './event-queue.ts';
import type { Target } from './targets.ts';

export interface Client {
  /** In flight, all hosts together. */
  readonly totalMax: number;
  readonly core: CoreSettings;
}

export interface RunPlan {
  readonly client: Client;
  readonly durationMs: number;
  /** So many in all; the run ends with them. Undefined: endless. */
  readonly requests: number | undefined;
}

/** How often the process says how busy it was. */
const SATURATION_EVERY_MS = 250;
/** What a host may ask for with Retry-After. */
const PAUSE_MS_MAX = 60_000;
export const BIN_MS = 100;

/** What a run left, in bins of 100 ms. */
export interface Run {
  readonly successes: Float64Array;
  readonly metered: Float64Array;
  readonly ends: Float64Array;
  /** Most in flight within the bin, all hosts together. */
  readonly inFlightMax: Float64Array;
  /** Milliseconds × requests in flight, all hosts together. */
  readonly inFlightMs: Float64Array;
  /** Per host: milliseconds × requests in flight in the second half. */
  readonly hostInFlight: Float64Array;
  /** When the last request ended. */
  endMs: number;
  requests: number;
}

/** An event is a request's slot, or, from here on, a host whose pace lets it go on. */
const WAKE = 1 << 24;

export type Watch = (nowMs: number, run: Run) => void;

export class Simulation {
  readonly #plan: RunPlan;
  readonly #targets: readonly Target[];
  readonly #laws: readonly ControlLaw[];
  readonly #events = new EventQueue();
  readonly #sample: Sample = {
    nowMs: 0,
    verdict: 'success',
    latencyMs: 0,
    inFlight: 0,
    limited: false,
    status: 0,
  };
  readonly run: Run;
  /** Of each request under way, by slot. */
  readonly #startedMs: Float64Array;
  readonly #host: Int32Array;
  readonly #status: Int32Array;
  readonly #retryAfterMs: Float64Array;
  readonly #inFlightThen: Int32Array;
  readonly #limited: Uint8Array;
  readonly #free: number[] = [];
  /** Of each host. */
  readonly #inFlight: Int32Array;
  readonly #nextStartMs: Float64Array;
  readonly #sleeping: Uint8Array;
  /** It had to wait for a time and has not had every slot since, as the scheduler tells its law. */
  readonly #wasPutOff: Uint8Array;
  readonly #heldSinceMs: Float64Array;
  readonly #pauses: readonly HostPause[];
  #total = 0;
  #left: number;
  readonly #core: Core;
  #busyMs = 0;
  #nextSaturationMs = SATURATION_EVERY_MS;
  #turn = 0;
  #nowMs = 0;

  constructor(plan: RunPlan, targets: readonly Target[], laws: readonly ControlLaw[], random: () => number) {
    this.#plan = plan;
    this.#core = new Core(plan.client.core, random);
    this.#targets = targets;
    this.#laws = laws;
    this.#left = plan.requests ?? Number.POSITIVE_INFINITY;
    const slots = plan.client.totalMax;
    this.#startedMs = new Float64Array(slots);
    this.#host = new Int32Array(slots);
    this.#status = new Int32Array(slots);
    this.#retryAfterMs = new Float64Array(slots);
    this.#inFlightThen = new Int32Array(slots);
    this.#limited = new Uint8Array(slots);
    for (let slot = slots - 1; slot >= 0; slot--) this.#free.push(slot);
    this.#inFlight = new Int32Array(targets.length);
    this.#nextStartMs = new Float64Array(targets.length);
    this.#sleeping = new Uint8Array(targets.length);
    this.#wasPutOff = new Uint8Array(targets.length);
    this.#heldSinceMs = new Float64Array(targets.length);
    this.#pauses = targets.map(() => new HostPause(PAUSE_MS_MAX, random));
    const bins = Math.ceil(plan.durationMs / BIN_MS) + 1;
    this.run = {
      successes: new Float64Array(bins),
      metered: new Float64Array(bins),
      ends: new Float64Array(bins),
      inFlightMax: new Float64Array(bins),
      inFlightMs: new Float64Array(bins),
      hostInFlight: new Float64Array(targets.length),
      endMs: 0,
      requests: 0,
    };
  }

  /** `watch` is called each 100 ms. */
  go(watch?: Watch): Run {
    const { durationMs } = this.#plan;
    let watchedMs = 0;
    for (let host = 0; host < this.#targets.length; host++) this.#pump(host);
    for (;;) {
      const atMs = this.#events.nextAtMs;
      if (atMs > durationMs) break;
      this.#nowMs = atMs;
      const item = this.#events.pop();
      if (item >= WAKE) {
        this.#sleeping[item - WAKE] = 0;
        this.#pump(item - WAKE);
      } else this.#end(item);
      if (atMs >= this.#nextSaturationMs) this.#tellSaturation();
      if (watch !== undefined && atMs >= watchedMs) {
        watchedMs = atMs + BIN_MS;
        watch(atMs, this.run);
      }
    }
    if (this.#plan.requests === undefined) this.run.endMs = durationMs;
    return this.run;
  }

  #tellSaturation(): void {
    const { busyMs } = this.#core;
    const share = Math.min(1, (busyMs - this.#busyMs) / SATURATION_EVERY_MS);
    this.#busyMs = busyMs;
    this.#nextSaturationMs = this.#nowMs + SATURATION_EVERY_MS;
    for (const law of this.#laws) law.saturation(share);
  }

  #end(slot: number): void {
    const nowMs = this.#core.handle(this.#nowMs);
    this.#nowMs = nowMs;
    const host = this.#host[slot]!;
    const status = this.#status[slot]!;
    const refused = status === 0 || status === 429;
    if (!refused) this.#targets[host]!.end(nowMs);
    const run = this.run;
    const bin = Math.min(run.ends.length - 1, Math.floor(nowMs / BIN_MS));
    run.ends[bin]!++;
    run.requests++;
    run.endMs = nowMs;
    if (status === 429) {
      run.metered[bin]!++;
      // As HostGate has it where a law controls: without a time there is no pause.
      const askedMs = this.#retryAfterMs[slot]!;
      if (askedMs > 0) this.#pauses[host]!.refuse(this.#startedMs[slot]!, askedMs, nowMs);
    } else if (!refused) {
      run.successes[bin]!++;
      this.#pauses[host]!.accept(this.#startedMs[slot]!, nowMs);
    }
    this.#weigh(host, nowMs);
    run.inFlightMs[bin]! += nowMs - this.#startedMs[slot]!;
    this.#inFlight[host]!--;
    this.#total--;
    this.#free.push(slot);
    this.#tell(slot, host, status, nowMs);
    this.#pump(host);
    if (this.#total === this.#plan.client.totalMax - 1) this.#pumpOthers();
  }

  #tell(slot: number, host: number, status: number, nowMs: number): void {
    const sample = this.#sample;
    sample.nowMs = nowMs;
    sample.verdict = status === 0 ? 'drop' : verdictOfStatus(status);
    sample.latencyMs = nowMs - this.#startedMs[slot]!;
    sample.inFlight = this.#inFlightThen[slot]!;
    sample.limited = this.#limited[slot]! === 1;
    sample.status = status;
    this.#laws[host]!.record(sample);
  }

  #weigh(host: number, nowMs: number): void {
    const halfMs = this.#plan.durationMs / 2;
    if (nowMs > halfMs) {
      this.run.hostInFlight[host]! +=
        this.#inFlight[host]! * (nowMs - Math.max(halfMs, this.#heldSinceMs[host]!));
    }
    this.#heldSinceMs[host] = nowMs;
  }

  /** All were in use, so others may have been waiting: they take turns. */
  #pumpOthers(): void {
    const hosts = this.#targets.length;
    for (let i = 0; i < hosts && this.#total < this.#plan.client.totalMax; i++) {
      this.#turn = (this.#turn + 1) % hosts;
      this.#pump(this.#turn);
    }
  }

  #pump(host: number): void {
    const law = this.#laws[host]!;
    const pause = this.#pauses[host]!;
    while (this.#left > 0 && this.#total < this.#plan.client.totalMax) {
      if (this.#inFlight[host]! >= law.limit) return;
      const nowMs = this.#nowMs;
      const rate = law.ratePerSecond;
      let mayMs = nowMs + pause.waitMs(nowMs);
      if (rate !== undefined && this.#nextStartMs[host]! > mayMs) mayMs = this.#nextStartMs[host]!;
      if (mayMs > nowMs) {
        this.#wasPutOff[host] = 1;
        if (this.#sleeping[host] === 0) {
          this.#sleeping[host] = 1;
          this.#events.push(mayMs, WAKE + host);
        }
        return;
      }
      if (rate !== undefined)
        this.#nextStartMs[host] = Math.max(this.#nextStartMs[host]!, nowMs - 1) + 1000 / rate;
      this.#start(host, nowMs);
    }
  }

  #start(host: number, nowMs: number): void {
    const target = this.#targets[host]!;
    const slot = this.#free.pop()!;
    this.#left--;
    this.#weigh(host, nowMs);
    const inFlight = ++this.#inFlight[host]!;
    const total = ++this.#total;
    this.#startedMs[slot] = nowMs;
    this.#host[slot] = host;
    this.#inFlightThen[slot] = inFlight;
    this.#limited[slot] = this.#left > 0 && this.#wasPutOff[host] === 0 ? 1 : 0;
    if (inFlight >= this.#laws[host]!.limit) this.#wasPutOff[host] = 0;
    target.start(nowMs);
    this.#status[slot] = target.status;
    this.#retryAfterMs[slot] = target.status === 429 ? target.retryAfterMs : 0;
    this.#events.push(target.endAtMs, slot);
    const bin = Math.min(this.run.ends.length - 1, Math.floor(nowMs / BIN_MS));
    if (total > this.run.inFlightMax[bin]!) this.run.inFlightMax[bin] = total;
  }
}
