// The scenarios: what stands at the other end, for how long, and which fixed values are tried against it.

import type { ControlLaw } from '../../src/scheduler/control/law.ts';
import { NO_COST } from './core.ts';
import { FixedLaw, SteppedLaw } from './laws.ts';
import { Noise } from './noise.ts';
import type { RunPlan } from './simulate.ts';
import { Contended, Metered, Refusing, type Target, Workers } from './targets.ts';

export interface Phase {
  readonly fromMs: number;
  readonly toMs: number;
  /** In flight at which goodput is greatest; undefined: the sum of what the world says of its hosts. */
  readonly knee: number | undefined;
}

export interface World {
  readonly targets: readonly Target[];
  /** Most in flight that helps, of each host. */
  readonly knees: readonly number[];
  /** What the client draws from. */
  readonly random: () => number;
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly optimum: string;
  /** Beyond what is required of the law: shown, and no failure. */
  readonly extra?: true;
  readonly plan: RunPlan;
  /** Where the target stays the same; each is judged by its second half. */
  readonly phases: readonly Phase[];
  readonly world: (seed: number) => World;
  /** The fixed values that are tried, as factors of the knee, or as rates. */
  readonly fixed: readonly FixedValue[];
}

export interface FixedValue {
  readonly name: string;
  readonly laws: (world: World) => readonly ControlLaw[];
}

export const PER_HOST_MAX = 256;
const CLIENT = { totalMax: PER_HOST_MAX, core: NO_COST };
/** As measured for small answers from this machine, in rough numbers and at half the speed. */
const CORE = { ...NO_COST, requestMs: 0.02, turnMs: 0.015, cold: 40 };
const FACTORS = [0.5, 0.7, 0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.2, 1.3, 1.5, 2];

function factors(): FixedValue[] {
  return FACTORS.map((factor) => ({
    name: `${factor} × knee`,
    laws: ({ knees }) => knees.map((knee) => new FixedLaw(Math.min(PER_HOST_MAX, knee * factor))),
  }));
}

function rates(ratePerSecond: number): FixedValue[] {
  return [0.9, 0.95, 0.98, 0.99, 1].map((share) => ({
    name: `${ratePerSecond * share}/s`,
    laws: () => [new FixedLaw(PER_HOST_MAX, ratePerSecond * share)],
  }));
}

function plan(durationMs: number, more: Partial<RunPlan> = {}): RunPlan {
  return { client: CLIENT, durationMs, requests: undefined, ...more };
}

function constant(durationMs: number, knee: number | undefined): readonly Phase[] {
  return [{ fromMs: 0, toMs: durationMs, knee }];
}

function scaled(factor: () => number, meanMs: number): () => number {
  return () => meanMs * factor();
}

/** The seed's curve: proportional up to the knee, then falling as a power, to a third at 4,000. */
function fallingMs(knee: number, meanMs: number): (inside: number) => number {
  const power = Math.log(3) / Math.log(4000 / knee);
  return (inside) => (inside <= knee ? meanMs : meanMs * (inside / knee) ** (1 + power));
}

/** The Universal Scalability Law: contention from the first request on, and the peak at the knee. */
function scalabilityMs(knee: number, sigma: number, aloneMs: number): (inside: number) => number {
  const kappa = (1 - sigma) / (knee * knee);
  return (inside) => aloneMs * (1 + sigma * (inside - 1) + kappa * inside * (inside - 1));
}

const NEAR = { rttMs: 1, jitter: 0.3 };
const SERVICE_SIGMA = 0.1;

const METERING = { ratePerSecond: 300, burst: 30 };

function metered(seed: number, retryAfterMs: number, banMs: number): World {
  const noise = new Noise(seed);
  const service = scaled(noise.logNormal(0.2), 30);
  const target = new Metered(
    { ...METERING, retryAfterMs, banMs },
    service,
    { rttMs: 10, jitter: 0.2 },
    noise,
  );
  return { targets: [target], knees: [12], random: () => noise.next() };
}

/** Where the client's own CPU is the limit: more in flight cost nobody anything, but no host gets so many unasked. */
const BELOW_256 = 255 / 1.5;

/** On the same machine. */
function nearby(seed: number): World {
  const noise = new Noise(seed);
  const service = scaled(noise.logNormal(0.3), 0.03);
  const target = new Workers(4, service, { rttMs: 0.05, jitter: 0.3 }, noise);
  return { targets: [target], knees: [BELOW_256], random: () => noise.next() };
}

const HOSTS = 100;

export const SCENARIOS: readonly Scenario[] = [
  {
    id: 'S1',
    title: '200 workers, 50 ms each, then queueing',
    optimum: '200 in flight',
    plan: plan(20_000),
    phases: constant(20_000, 204),
    world: (seed) => {
      const noise = new Noise(seed);
      return {
        targets: [new Workers(200, scaled(noise.logNormal(SERVICE_SIGMA), 50), NEAR, noise)],
        knees: [204],
        random: () => noise.next(),
      };
    },
    fixed: factors(),
  },
  {
    id: 'S2',
    title: 'throughput falls beyond 60 in flight, to a third at 4,000',
    optimum: '60 in flight',
    plan: plan(20_000),
    phases: constant(20_000, 60),
    world: (seed) => {
      const noise = new Noise(seed);
      return {
        targets: [new Contended(fallingMs(60, 23), 0.3, NEAR, noise)],
        knees: [60],
        random: () => noise.next(),
      };
    },
    fixed: factors(),
  },
  {
    id: 'S2u',
    extra: true,
    title: 'the same ends, by the Universal Scalability Law (the curve is flat around its peak)',
    optimum: '60 in flight, 95 % from 19 on',
    plan: plan(30_000),
    phases: constant(30_000, 60),
    world: (seed) => {
      const noise = new Noise(seed);
      return {
        targets: [new Contended(scalabilityMs(60, 0.335, 1), 0.3, NEAR, noise)],
        knees: [60],
        random: () => noise.next(),
      };
    },
    fixed: factors(),
  },
  {
    id: 'S3',
    title: '300 requests/s, 429 with Retry-After above it, a 10 s ban for ignoring that',
    optimum: '300/s',
    plan: plan(120_000),
    phases: [{ fromMs: 0, toMs: 120_000, knee: 12 }],
    world: (seed) => metered(seed, 1000, 10_000),
    fixed: [...factors(), ...rates(300)],
  },
  {
    id: 'S3b',
    title: '300 requests/s, 429 without Retry-After above it',
    optimum: '300/s',
    plan: plan(120_000),
    phases: [{ fromMs: 0, toMs: 120_000, knee: 12 }],
    world: (seed) => metered(seed, 0, 0),
    fixed: [...factors(), ...rates(300)],
  },
  {
    id: 'S4',
    title: 'capacity 200 → 40 → 200 workers, 50 ms each',
    optimum: 'follows',
    plan: plan(45_000),
    phases: [
      { fromMs: 0, toMs: 15_000, knee: 204 },
      { fromMs: 15_000, toMs: 30_000, knee: 41 },
      { fromMs: 30_000, toMs: 45_000, knee: 204 },
    ],
    world: (seed) => {
      const noise = new Noise(seed);
      const steps = [
        { atMs: 15_000, workers: 40 },
        { atMs: 30_000, workers: 200 },
      ];
      const service = scaled(noise.logNormal(SERVICE_SIGMA), 50);
      return {
        targets: [new Workers(200, service, NEAR, noise, steps)],
        knees: [204],
        random: () => noise.next(),
      };
    },
    fixed: FACTORS.map((factor) => ({
      name: `${factor} × knee`,
      laws: () => [
        new SteppedLaw([
          { atMs: 0, limit: Math.min(PER_HOST_MAX, Math.round(204 * factor)) },
          { atMs: 15_000, limit: Math.round(41 * factor) },
          { atMs: 30_000, limit: Math.min(PER_HOST_MAX, Math.round(204 * factor)) },
        ]),
      ],
    })),
  },
  {
    id: 'S5',
    title: '100 workers, log-normal latency around 50 ms, 1 % twenty times slower',
    optimum: 'not fooled',
    plan: plan(30_000),
    phases: constant(30_000, 102),
    world: (seed) => {
      const noise = new Noise(seed);
      const factor = noise.logNormal(0.5);
      const service = () => 50 * factor() * (noise.next() < 0.01 ? 20 : 1);
      return { targets: [new Workers(100, service, NEAR, noise)], knees: [102], random: () => noise.next() };
    },
    fixed: factors(),
  },
  {
    id: 'S6',
    title: 'refuses connections beyond 32',
    optimum: '32 in flight',
    plan: plan(20_000),
    phases: constant(20_000, 32),
    world: (seed) => {
      const noise = new Noise(seed);
      return {
        targets: [new Refusing(32, scaled(noise.logNormal(0.2), 20), { rttMs: 4, jitter: 0.2 }, noise)],
        knees: [32],
        random: () => noise.next(),
      };
    },
    fixed: factors(),
  },
  {
    id: 'S6b',
    extra: true,
    title: 'answers 429 beyond 32 at once',
    optimum: '32 in flight',
    plan: plan(60_000),
    phases: constant(60_000, 32),
    world: (seed) => {
      const noise = new Noise(seed);
      const target = new Refusing(
        32,
        scaled(noise.logNormal(0.2), 20),
        { rttMs: 4, jitter: 0.2 },
        noise,
        429,
      );
      return { targets: [target], knees: [32], random: () => noise.next() };
    },
    fixed: factors(),
  },
  {
    id: 'S7',
    title:
      'faster than this client, which needs 0.02 ms for a request and 0.015 ms for a turn of its event loop',
    optimum: 'this CPU; in flight stays below 256',
    plan: plan(5000, { client: { totalMax: 4096, core: CORE } }),
    phases: constant(5000, BELOW_256),
    world: nearby,
    fixed: factors(),
  },
  {
    id: 'S7b',
    extra: true,
    title: 'the same, and other processes take the core for 3 ms again and again, half of the time',
    optimum: 'what is left of this CPU; in flight stays below 256',
    plan: plan(10_000, { client: { totalMax: 4096, core: { ...CORE, othersMs: 3, betweenMs: 3 } } }),
    phases: constant(10_000, BELOW_256),
    world: nearby,
    fixed: factors(),
  },
  {
    id: 'S7c',
    title: '5 ms away, faster than this client, which needs 0.1 ms for a request',
    optimum: 'this CPU',
    plan: plan(10_000, { client: { totalMax: 4096, core: { ...NO_COST, requestMs: 0.1 } } }),
    phases: constant(10_000, 60),
    world: (seed) => {
      const noise = new Noise(seed);
      const service = scaled(noise.logNormal(0.3), 5);
      return { targets: [new Workers(4000, service, NEAR, noise)], knees: [60], random: () => noise.next() };
    },
    fixed: factors(),
  },
  {
    id: 'S8',
    title:
      '100 hosts, each with its own knee (2 to 24) and its own latency (100 to 400 ms), 1,024 in flight in all',
    optimum: 'each its own',
    plan: plan(60_000, { client: { totalMax: 1024, core: NO_COST } }),
    phases: constant(60_000, undefined),
    world: (seed) => {
      const noise = new Noise(seed);
      const targets: Target[] = [];
      const knees: number[] = [];
      for (let host = 0; host < HOSTS; host++) {
        const knee = Math.round(2 * 12 ** noise.next());
        const meanMs = 100 * 4 ** noise.next();
        knees.push(knee);
        targets.push(new Contended(fallingMs(knee, meanMs), 0.3, { rttMs: 10, jitter: 0.2 }, noise));
      }
      return { targets, knees, random: () => noise.next() };
    },
    fixed: factors(),
  },
  {
    id: 'S9',
    title: '20,000 requests in all, 20 ms away, 16 workers of 2 ms each',
    optimum: 'ramp fast',
    plan: plan(60_000, { requests: 20_000 }),
    phases: constant(60_000, 176),
    world: (seed) => {
      const noise = new Noise(seed);
      const service = scaled(noise.logNormal(SERVICE_SIGMA), 2);
      return {
        targets: [new Workers(16, service, { rttMs: 20, jitter: 0.1 }, noise)],
        knees: [176],
        random: () => noise.next(),
      };
    },
    fixed: factors(),
  },
];
