// A server with n workers: each job holds one for a fixed time, the others wait in order, up to a bound.
// Only who works and who waits; it answers nobody. Their number may change while it is in use.

import type { Clock } from '../model/contracts.ts';

/** A place in the queue; the queue is the list that runs through the jobs, so that leaving it costs no search. */
interface Job {
  readonly done: (queueMs: number) => void;
  readonly sinceMs: number;
  queueMs: number;
  before: Job | undefined;
  after: Job | undefined;
  state: 'waiting' | 'working' | 'left';
}

export class WorkerPool {
  #workers: number;
  readonly #holdMs: number;
  readonly #waitingMax: number;
  readonly #clock: Clock;
  #busy = 0;
  #waiting = 0;
  #first: Job | undefined;
  #last: Job | undefined;

  constructor(workers: number, holdMs: number, waitingMax: number, clock: Clock) {
    this.#workers = workers;
    this.#holdMs = holdMs;
    this.#waitingMax = waitingMax;
    this.#clock = clock;
  }

  /**
   * Takes a job: `done` is called when a worker has spent its time on it. Returns undefined when the queue is full, else
   * a function that gives up: a place in the queue is free at once, but a worker that has begun works on.
   */
  enter(done: (queueMs: number) => void): (() => void) | undefined {
    if (this.#busy >= this.#workers && this.#waiting >= this.#waitingMax) return undefined;
    const sinceMs = this.#clock.now();
    const job: Job = { done, sinceMs, queueMs: 0, before: undefined, after: undefined, state: 'waiting' };
    if (this.#busy < this.#workers) this.#work(job);
    else this.#append(job);
    return () => this.#leave(job);
  }

  /** New workers begin at once with who waits; those that are too many finish what they are at. */
  resize(workers: number): void {
    this.#workers = workers;
    this.#workOn();
  }

  toString(): string {
    return `workers ${this.#workers} busy ${this.#busy} waiting ${this.#waiting}`;
  }

  #work(job: Job): void {
    job.state = 'working';
    job.queueMs = this.#clock.now() - job.sinceMs;
    this.#busy++;
    this.#clock.after(this.#holdMs, () => this.#finish(job));
  }

  #finish(job: Job): void {
    this.#busy--;
    this.#workOn();
    if (job.state === 'working') job.done(job.queueMs);
  }

  #workOn(): void {
    while (this.#first !== undefined && this.#busy < this.#workers) {
      const next = this.#first;
      this.#remove(next);
      this.#work(next);
    }
  }

  #leave(job: Job): void {
    if (job.state === 'waiting') this.#remove(job);
    job.state = 'left';
  }

  #append(job: Job): void {
    job.before = this.#last;
    if (this.#last === undefined) this.#first = job;
    else this.#last.after = job;
    this.#last = job;
    this.#waiting++;
  }

  #remove(job: Job): void {
    if (job.before === undefined) this.#first = job.after;
    else job.before.after = job.after;
    if (job.after === undefined) this.#last = job.before;
    else job.after.before = job.before;
    job.before = undefined;
    job.after = undefined;
    this.#waiting--;
  }
}
