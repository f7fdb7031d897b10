// One seeded world of several hosts with limits, outages and tempers of their own, and a session or a run that has to get
// along with it: the real scheduler, retries, rates, circuits, control law, governor and pool in virtual time.

import { createHash } from 'node:crypto';
import { flurry, type Run, type RunOptions, Session } from 'flurry';
import { RunCore } from '../../src/engine/run.ts';
import { SessionCore } from '../../src/engine/session-core.ts';
import { definitionOf, openSource } from '../../src/engine/source-of.ts';
import type { Load } from '../../src/model/clock.ts';
import { resolveOptions, type Settings } from '../../src/model/options.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { RequestInput } from '../../src/model/request.ts';
import { ArraySink, Network } from './fixture.ts';
import { Hosts } from './limits-hosts.ts';
import { drawOptions, sayOf, someRate, termsOf } from './limits-options.ts';
import { LimitsWatch, type Rates } from './limits-watch.ts';
import { Seeded } from './simulation.ts';

const METHODS = ['GET', 'GET', 'GET', 'GET', 'HEAD', 'PUT', 'POST'];
const REASON = new Error('enough');
const TURNS_MAX = 300_000;
/** Whatever the hosts do, and however long they ask to be left alone: all of it is bounded. */
const VIRTUAL_MS_MAX = 24 * 3_600_000;
/** From an abort to the end: what a wire takes to close. */
const ABORT_MS = 5;

/** What one run does besides sending, and what came of it. */
interface Plan {
  readonly name: string;
  readonly input: readonly RequestInput[];
  readonly options: RunOptions;
  readonly ends: 'itself' | 'stop' | 'abort' | 'duration';
  /** From its start. */
  readonly cutMs: number;
  stoppedMs: number;
  graceMs: number;
  failures: number;
}

interface Controls {
  stop(): void;
  abort(): void;
  setRate(rate: string | undefined): void;
  setRatePerHost(rate: string | undefined): void;
}

export class LimitsSimulation {
  readonly network = new Network();
  readonly wrongs: string[] = [];
  readonly hosts: Hosts;
  readonly options: RunOptions;
  readonly watch: LimitsWatch;
  readonly plans: Plan[];
  readonly #random: Seeded;
  readonly #settings: Settings;
  readonly #session: Session | undefined;
  readonly #core: SessionCore;
  readonly #malice: number;
  #singles = 0;

  constructor(seed: number) {
    const random = new Seeded(seed);
    this.#random = random;
    this.#malice = random.pick([0, 0.2, 0.6, 1]);
    this.hosts = new Hosts(this.network, new Seeded(seed + 0x1000_0000), 1 + random.below(5), this.#malice);
    this.options = drawOptions(random, (outcome, attempt) => this.#shouldRetry(outcome, attempt));
    const chance = new Seeded(seed + 0x2000_0000);
    const world = {
      ...{ clock: this.network.clock, connector: this.network.connector, resolver: this.network.resolver },
      ...{ random: () => chance.next(), env: {} },
      ...(random.chance(0.3) ? { load: this.#load() } : {}),
    };
    const isShared = random.chance(0.6);
    this.#session = isShared ? new Session(this.options, world) : undefined;
    this.#settings = this.#session?.forRun({}).settings ?? resolveOptions(this.options);
    this.#core = this.#session?.forRun({}).core ?? new SessionCore(this.#settings, world);
    const wrong = (what: string): void => void this.wrongs.push(what);
    this.watch = new LimitsWatch(this.#core, this.#settings, this.#rates(), wrong);
    this.watch.isStopped = (id) => this.#isStopped(id);
    const runs = isShared ? random.below(4) : 1;
    this.plans = Array.from({ length: runs }, (_, n) => this.#plan(n, isShared));
    if (isShared) this.#singles = random.below(6);
  }

  /** The same for the same seed, on whatever machine. */
  get digest(): string {
    return createHash('sha256').update(this.watch.log.join('\n')).digest('hex');
  }

  get virtualMs(): number {
    return this.network.clock.now() - 1_000_000;
  }

  // ── what is drawn ───────────────────────────────────────────────────────────────────────────────────────

  #shouldRetry(outcome: Outcome, attempt: number): boolean | undefined {
    const answer = sayOf(outcome, attempt);
    if (answer !== undefined) this.watch.said.set(outcome, answer);
    return answer;
  }

  #rates(): Rates {
    const { rate, ratePerHost, burst } = this.#settings;
    return { all: termsOf(rate, burst), perHost: termsOf(ratePerHost, burst) };
  }

  #load(): () => Load {
    const random = new Seeded(7);
    const { clock } = this.network;
    const total = { activeMs: 0, idleMs: 0, cpuMs: 0 };
    let lastMs = clock.now();
    return () => {
      const share = random.chance(0.2) ? 1 : random.next();
      const ms = clock.now() - lastMs;
      lastMs = clock.now();
      total.activeMs += ms * share;
      total.idleMs += ms * (1 - share);
      total.cpuMs += ms * share;
      return { ...total };
    };
  }

  #plan(n: number, isShared: boolean): Plan {
    const random = this.#random;
    const name = `run${n}`;
    const size = 1 + random.below(random.pick([20, 100, 250]));
    const hosts = random.chance(0.3) ? [random.pick(this.hosts.all)] : this.hosts.all;
    const input = Array.from({ length: size }, (_, i): RequestInput => {
      if (random.chance(0.01)) return 'nonsense';
      const method = random.pick(METHODS);
      const url = `http://${random.pick(hosts).name}/${name}/${i}`;
      return method === 'POST' || method === 'PUT'
        ? { url, method, body: 'x'.repeat(random.below(50)) }
        : { url, method };
    });
    const { concurrency } = this.options;
    const ends = random.chance(0.7) ? 'itself' : random.pick(['stop', 'abort', 'duration'] as const);
    const cutMs = 1 + random.below(random.pick([300, 10_000]));
    const own: RunOptions = {
      lookAhead: random.pick([1, 10, 10_000]),
      graceMs: random.pick([0, 100, 2_000]),
      ...(ends === 'duration' ? { durationMs: cutMs } : {}),
      ...(isShared && typeof concurrency === 'number' ? { concurrency: 1 + random.below(concurrency) } : {}),
      ...(isShared ? { outcomesMax: 1 + random.below(50) } : {}),
    };
    const stoppedMs = Number.POSITIVE_INFINITY;
    return { name, input, options: own, ends, cutMs, stoppedMs, graceMs: Number(own.graceMs), failures: 0 };
  }

  // ── playing ─────────────────────────────────────────────────────────────────────────────────────────────

  async play(): Promise<void> {
    const { network, watch } = this;
    const random = this.#random;
    const actors = this.plans.map((plan) => this.#run(plan));
    for (let n = 0; n < this.#singles; n++) actors.push(this.#single(n, random.below(2_000)));
    let over = false;
    Promise.all(actors).then(
      () => {
        over = true;
      },
      (error: unknown) => this.#wrong(`an actor broke: ${(error as Error).stack}`),
    );
    await this.#until(() => over || this.wrongs.length > 0, 'the actors');
    if (this.wrongs.length > 0) return;
    if (this.#session !== undefined) await this.#closed(this.#session);
    // What the peers still have planned, and the governor's growing.
    const endMs = this.virtualMs;
    network.clock.advance(2_000_000);
    watch.checkLeftovers();
    watch.checkWires(network.sent);
    const left = String(this.#core);
    if (!/^session 0 of .*; 0 origins, 0 idle/.test(left)) this.#wrong(`left behind: ${left}`);
    if (network.connector.held.length > 0) this.#wrong(`left open: ${network.connector.held.join(', ')}`);
    if (network.clock.pending > 0) this.#wrong(`timers left behind: ${network.clock.pending}`);
    watch.log.push(`ended ${endMs}`);
  }

  async #closed(session: Session): Promise<void> {
    let closed = false;
    void session.close().then(() => {
      closed = true;
    });
    await this.#until(() => closed && this.network.connector.held.length === 0, 'the close');
  }

  async #until(condition: () => boolean, what: string): Promise<void> {
    const { clock } = this.network;
    for (let turns = 0; !condition(); turns++) {
      // Promises of this moment come before time moves.
      await new Promise((resolve) => setImmediate(resolve));
      this.watch.checkSlots();
      if (condition()) return;
      const inMs = clock.nextInMs;
      if (
        turns > TURNS_MAX ||
        this.virtualMs > VIRTUAL_MS_MAX ||
        (inMs === undefined && clock.polling === 0)
      ) {
        if (this.wrongs.length === 0) this.#wrong(`${what} never come to an end: ${this.#core}, ${clock}`);
        return;
      }
      clock.advance(inMs ?? 0);
    }
  }

  #wrong(what: string): void {
    this.wrongs.push(what);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.network.clock.after(ms, () => resolve()));
  }

  #isStopped(id: string): boolean {
    const plan = this.plans.find(({ name }) => id.startsWith(`/${name}/`));
    return plan !== undefined && this.network.clock.now() > plan.stoppedMs;
  }

  async #run(plan: Plan): Promise<void> {
    const random = this.#random;
    if (this.#session === undefined) return await this.#ownRun(plan);
    await this.#sleep(random.below(500));
    const abort = new AbortController();
    const run = flurry([...plan.input], { ...plan.options, session: this.#session, signal: abort.signal });
    const ended = this.#consume(run, plan);
    this.#conduct(plan, {
      stop: () => run.stop(),
      abort: () => abort.abort(REASON),
      setRate: (rate) => run.setRate(rate),
      setRatePerHost: (rate) => run.setRatePerHost(rate),
    });
    try {
      await ended;
    } catch (error) {
      if (error !== REASON) throw error;
    }
    this.#finish(plan);
  }

  async #ownRun(plan: Plan): Promise<void> {
    const settings = resolveOptions({ ...this.options, ...plan.options });
    const sink = this.#sink(plan);
    const core = new RunCore(settings, openSource(definitionOf([...plan.input]), settings), sink, this.#core);
    core.done.catch(() => {});
    core.start();
    this.#conduct(plan, {
      stop: () => core.stop('caller'),
      abort: () => core.fail(REASON),
      setRate: (rate) => core.setRate(rate),
      setRatePerHost: (rate) => core.setRatePerHost(rate),
    });
    try {
      await core.done;
    } catch (error) {
      if (error !== REASON) throw error;
    }
    if (sink.closes !== 1) this.#wrong(`a sink was closed ${sink.closes} times`);
    const { requests } = core.summary;
    if (requests !== sink.outcomes.length)
      this.#wrong(`${requests} in the summary, ${sink.outcomes.length} written`);
    this.#finish(plan);
  }

  /** Stops it, changes its rate, and sees that it ends in time. */
  #conduct(plan: Plan, controls: Controls): void {
    const { clock } = this.network;
    const random = this.#random;
    if (plan.ends === 'duration') plan.stoppedMs = clock.now() + plan.cutMs;
    if (plan.ends === 'stop' || plan.ends === 'abort') {
      const by = plan.ends;
      clock.after(plan.cutMs, () => {
        plan.stoppedMs = Math.min(plan.stoppedMs, clock.now());
        if (by === 'abort') plan.graceMs = clock.now() - plan.stoppedMs;
        this.watch.note(`${by} ${plan.name}`);
        controls[by]();
      });
    }
    for (let left = random.chance(0.2) ? 1 + random.below(3) : 0; left > 0; left--) {
      clock.after(random.below(5_000), () => {
        const rate = random.chance(0.2) ? undefined : someRate(random);
        const which = random.pick(['setRate', 'setRatePerHost'] as const);
        this.watch[which](termsOf(rate, this.#settings.burst));
        controls[which](rate);
      });
    }
  }

  #finish(plan: Plan): void {
    const nowMs = this.network.clock.now();
    this.watch.note(`end of ${plan.name}`);
    this.watch.seen.add(`run ended by ${plan.ends}`);
    // A consumer may take its time.
    const isSlow = this.#session !== undefined;
    if (nowMs > plan.stoppedMs + plan.graceMs + ABORT_MS && !isSlow) {
      this.#wrong(`${plan.name} took ${nowMs - plan.stoppedMs} ms to ${plan.ends}`);
    }
    const outcomes = plan.input.filter(
      (_, i) => this.watch.lifeOf(`/${plan.name}/${i}`).outcome !== undefined,
    );
    if (plan.stoppedMs === Number.POSITIVE_INFINITY && outcomes.length !== plan.input.length) {
      this.#wrong(`${outcomes.length} outcomes of ${plan.input.length} in ${plan.name}`);
    }
    plan.input.forEach((_, i) => {
      const life = this.watch.lifeOf(`/${plan.name}/${i}`);
      if (life.outcome === undefined && life.attempts.length > 0)
        this.#wrong(`sent, and no outcome: ${life}`);
    });
  }

  // ── who takes the outcomes ──────────────────────────────────────────────────────────────────────────────

  #take(plan: Plan, outcome: Outcome): void {
    const { index } = outcome;
    this.watch.delivered(`/${plan.name}/${index}`, outcome);
    if (outcome.type === 'response' || outcome.kind === 'aborted') return;
    const { failEarly, maxFailures = Number.POSITIVE_INFINITY } = this.#settings;
    if (++plan.failures < (failEarly ? 1 : maxFailures)) return;
    this.watch.seen.add('stopped by failures');
    plan.stoppedMs = Math.min(plan.stoppedMs, this.network.clock.now());
  }

  /** Full for a while now and then. */
  #sink(plan: Plan): ArraySink {
    const random = this.#random;
    const sink = new ArraySink();
    const slow = random.pick([0, 0, 0.1]);
    sink.onWrite = (outcome) => {
      this.#take(plan, outcome);
      if (sink.full || !random.chance(slow)) return;
      sink.full = true;
      this.network.clock.after(random.below(200), () => {
        sink.full = false;
        sink.onDrain?.();
      });
    };
    return sink;
  }

  async #consume(run: Run, plan: Plan): Promise<void> {
    const random = this.#random;
    const how = random.below(3);
    const slow = random.pick([0, 0, 0.2]);
    if (how === 0) {
      await run.to(this.#sink(plan));
    } else if (how === 1) {
      for await (const batch of run.batches()) {
        for (const outcome of batch) this.#take(plan, outcome);
        if (random.chance(slow)) await this.#sleep(random.below(300));
      }
    } else {
      for await (const outcome of run) {
        this.#take(plan, outcome);
        if (random.chance(slow)) await this.#sleep(random.below(100));
      }
    }
  }

  async #single(n: number, afterMs: number): Promise<void> {
    const random = this.#random;
    await this.#sleep(afterMs);
    const id = `/single/${n}`;
    const abort = new AbortController();
    if (random.chance(0.3)) {
      // It may be cancelled after it was admitted and before it is sent: its host's budget has it all the same.
      this.watch.cancelled++;
      this.network.clock.after(random.below(300), () => abort.abort(REASON));
    }
    try {
      const method = random.pick(METHODS);
      const url = `${this.hosts.someUrl}${id}`;
      const response = await this.#session!.request({ url, method }, { signal: abort.signal });
      this.watch.delivered(id, response);
    } catch (error) {
      this.watch.note(`single ${n} ${(error as Error).name}`);
      this.watch.seen.add(`single ${(error as Error).name}`);
    }
  }
}
