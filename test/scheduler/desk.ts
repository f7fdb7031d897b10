// A source and a world for the scheduler that act as a test says, and a model beside them that checks every step.

import { ENDED, type Pulled, type Source, WAITING } from '../../src/model/contracts.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { Failure } from '../../src/model/outcome.ts';
import { type Request, RequestFactory } from '../../src/model/request.ts';
import { Scheduler, type SchedulerEvents, type SchedulerSettings } from '../../src/scheduler/scheduler.ts';
import type { SharedSlots } from '../../src/scheduler/slots.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';

const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });

/** One place in the input. `host`: a request of so many octets to it. `wait`: nothing yet, once. */
export type Item =
  | { readonly type: 'host'; readonly host: number; readonly bytes?: number }
  | { readonly type: 'failure' }
  | { readonly type: 'wait' }
  | { readonly type: 'throw' };

export function requestTo(index: number, host: number, bytes = 0): Request {
  const body = bytes === 0 ? undefined : new Uint8Array(bytes);
  return factory.from(index, { url: `http://host-${host}/${index}`, body });
}

export class ListSource implements Source {
  readonly count = undefined;
  onReady: (() => void) | undefined;
  /** Called before each pull. */
  onPull: () => void = () => {};
  readonly given: Request[] = [];
  readonly failures: Failure[] = [];
  pulls = 0;
  closes = 0;
  waiting = false;
  readonly #items: readonly Item[];
  #at = 0;
  #index = 0;

  constructor(items: readonly Item[]) {
    this.#items = items;
  }

  pull(): Pulled {
    if (this.waiting) throw new Error('pulled before it was ready');
    this.onPull();
    this.pulls++;
    const item = this.closes > 0 ? undefined : this.#items[this.#at];
    if (item === undefined) return ENDED;
    if (item.type === 'throw') throw new Error('the input broke');
    this.#at++;
    if (item.type === 'wait') {
      this.waiting = true;
      return WAITING;
    }
    const index = this.#index++;
    if (item.type === 'host') {
      const request = requestTo(index, item.host, item.bytes);
      this.given.push(request);
      return request;
    }
    const failure = Failure.ofInput(index, 'nonsense', 'no request');
    this.failures.push(failure);
    return failure;
  }

  ready(): void {
    if (!this.waiting) return;
    this.waiting = false;
    this.onReady?.();
  }

  close(): void {
    this.closes++;
  }

  /** Nothing more can be pulled from it at this moment. */
  get dry(): boolean {
    return this.waiting || this.closes > 0 || this.#at === this.#items.length || this.broken;
  }

  get broken(): boolean {
    return this.#items[this.#at]?.type === 'throw';
  }
}

/** Holds what is dispatched until the test settles it, and throws where a promise of the scheduler is not kept. */
export class Desk implements SchedulerEvents {
  readonly clock = new VirtualClock();
  readonly source: ListSource;
  readonly scheduler: Scheduler;
  readonly settings: SchedulerSettings;
  readonly inFlight: Request[] = [];
  readonly perHost = new Map<string, number>();
  /** How often each index was dispatched, and how often it was to be. */
  readonly dispatched = new Map<number, number>();
  readonly due = new Map<number, number>();
  readonly rejected: Failure[] = [];
  readonly errors: unknown[] = [];
  readonly downs: Request[] = [];
  readonly givenUp: Request[] = [];
  drains = 0;
  starves = 0;
  paused = false;
  stopped = false;
  /** Requests that settle before `dispatch` returns. */
  atOnce: (request: Request) => boolean = () => false;
  onDispatch: (request: Request) => void = () => {};
  #waiting = 0;
  #waitingBytes = 0;

  constructor(items: readonly Item[], settings: Partial<SchedulerSettings> = {}, slots?: SharedSlots) {
    this.settings = {
      concurrency: 10,
      perHost: 10,
      lookAhead: 1000,
      lookAheadBytesMax: 1 << 20,
      ...settings,
    };
    this.source = new ListSource(items);
    this.source.onPull = () => this.#checkPull();
    this.scheduler = new Scheduler(this.settings, this.source, this, this.clock, slots);
  }

  dispatch(request: Request): void {
    const { index, origin } = request;
    if (this.drains > 0) throw new Error(`${index} dispatched after the end`);
    const times = (this.dispatched.get(index) ?? 0) + 1;
    if (times > (this.due.get(index) ?? 1)) throw new Error(`${index} dispatched ${times} times`);
    if (times === 1 && this.stopped) throw new Error(`${index} dispatched after the stop`);
    if (times === 1 && this.paused && !this.stopped) throw new Error(`${index} dispatched in a pause`);
    this.dispatched.set(index, times);
    this.inFlight.push(request);
    const here = (this.perHost.get(origin.key) ?? 0) + 1;
    this.perHost.set(origin.key, here);
    if (here > this.settings.perHost) throw new Error(`${here} in flight to ${origin.key}`);
    if (this.inFlight.length > this.settings.concurrency) {
      throw new Error(`${this.inFlight.length} in flight`);
    }
    this.onDispatch(request);
    if (this.atOnce(request)) this.settle(request, false);
  }

  reject(failure: Failure): void {
    this.rejected.push(failure);
  }

  drained(): void {
    this.drains++;
    if (this.inFlight.length > 0) throw new Error('drained with requests in flight');
  }

  hostDown(request: Request): void {
    this.downs.push(request);
  }

  gaveUp(request: Request): void {
    this.givenUp.push(request);
  }

  starved(): void {
    this.starves++;
    if (this.inFlight.length > 0) throw new Error('starved with requests in flight');
  }

  broken(error: unknown): void {
    this.errors.push(error);
  }

  settle(request: Request, again: boolean): void {
    const { index, origin } = request;
    this.inFlight.splice(this.inFlight.indexOf(request), 1);
    this.perHost.set(origin.key, this.perHost.get(origin.key)! - 1);
    if (again) this.due.set(index, (this.due.get(index) ?? 1) + 1);
    this.scheduler.settle(request, again);
  }

  pause(): void {
    this.paused = true;
    this.scheduler.pause();
  }

  resume(): void {
    this.paused = false;
    this.scheduler.resume();
  }

  stop(): void {
    this.stopped = true;
    this.scheduler.stop();
  }

  /** Requests that were pulled and have not been dispatched yet. */
  get waiting(): Request[] {
    return this.source.given.filter((request) => !this.dispatched.has(request.index));
  }

  /** Indices that are to be dispatched once more. */
  get againDue(): number[] {
    return [...this.due].filter(([index, due]) => (this.dispatched.get(index) ?? 0) < due).map(([i]) => i);
  }

  /** A slot may be idle only where nothing may take it. To be called when the scheduler has come to rest. */
  checkNoIdleSlot(): void {
    const { concurrency, perHost } = this.settings;
    if (this.againDue.length > 0) throw new Error(`${this.againDue} wait to be sent again in their slots`);
    if (this.paused || this.stopped || this.inFlight.length >= concurrency) return;
    const sendable = this.waiting.find((r) => (this.perHost.get(r.origin.key) ?? 0) < perHost);
    if (sendable !== undefined) throw new Error(`${sendable} waits beside an idle slot`);
    this.#count();
    // Time stands still here: an origin that is alone goes through the look-ahead at once, and is left alone.
    if (!this.source.dry && this.#roomAhead && !this.#isAloneAndFull)
      throw new Error('the source is not pulled for an idle slot');
  }

  get #isAloneAndFull(): boolean {
    const [only, ...others] = new Set([...this.inFlight, ...this.waiting].map(({ origin }) => origin.key));
    return only !== undefined && others.length === 0 && this.perHost.get(only) === this.settings.perHost;
  }

  #checkPull(): void {
    if (this.stopped || this.paused) throw new Error('pulled although nothing may be sent');
    if (this.inFlight.length >= this.settings.concurrency) throw new Error('pulled without a free slot');
    this.#count();
    if (!this.#roomAhead)
      throw new Error(`pulled with ${this.#waiting} read ahead, ${this.#waitingBytes} octets`);
  }

  #count(): void {
    const { waiting } = this;
    this.#waiting = waiting.length;
    this.#waitingBytes = waiting.reduce((sum, { body }) => sum + (body?.length ?? 0), 0);
  }

  get #roomAhead(): boolean {
    const { lookAhead, lookAheadBytesMax } = this.settings;
    return this.#waiting < lookAhead && this.#waitingBytes < lookAheadBytesMax;
  }
}

export function hosts(...numbers: number[]): Item[] {
  return numbers.map((host) => ({ type: 'host', host }));
}
