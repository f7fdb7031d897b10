// Sends a manifest to one server through the library, in one run, and holds every outcome against it.

import { setTimeout as sleep } from 'node:timers/promises';
import { differences } from './check.mjs';
import { sha256 } from './site.mjs';

const CONCURRENCY = 60;
const RUN_MS_MAX = 180_000;
/** How close to the moment at which a server drops its unused connections the run goes on: before, at and after it. */
const PAUSE_OFFSETS_MS = [-3, 0, 5];
/** Behind a pause comes what may be sent again: a POST must not be (RFC 9110 section 9.2.2). */
const REPEATABLE = new Set(['GET', 'HEAD']);
const REPEATABLE_AFTER_PAUSE = 3 * CONCURRENCY;

/**
 * `cases`: the manifest, with something else for what the server cannot do. `idleMs`: when the server drops unused connections; the run
 * pauses that long, `pauses` times. `interludes`: something to `play`, `count` times, while the run goes on. `judge` looks
 * at every response once more; a failure that `forgives` accepts is none. What it gives back has `differences`, `failures`,
 * what the table shows, the indexes that were `forgiven`, and of every body kind and hash (`answers`).
 */
export async function runManifest(flurry, plan) {
  const { cases, urls, scheme, options, pauses, judge = noMore, forgives = nothing } = plan;
  const order = withPauses(cases, pauses);
  const progress = { received: 0 };
  const signal = AbortSignal.timeout(RUN_MS_MAX);
  const run = flurry(requests(order, urls[scheme], plan, progress), {
    concurrency: CONCURRENCY,
    // What fails is to be seen.
    retry: 0,
    followRedirects: true,
    compressed: true,
    timeoutMs: 60_000,
    signal,
    ...options,
  });
  const result = {
    requests: 0,
    failures: 0,
    connections: 0,
    differences: [],
    forgiven: new Set(),
    answers: [],
  };
  const clientPorts = new Set();
  const seen = new Uint8Array(order.cases.length);
  const startedMs = performance.now();
  for await (const batch of run.batches()) {
    for (const outcome of batch) {
      const { index } = outcome;
      const one = order.cases[index];
      seen[index]++;
      progress.received++;
      result.requests++;
      if (outcome.type === 'failure' && forgives(outcome)) {
        result.forgiven.add(index);
        continue;
      }
      const found = differences(one, outcome, urls, scheme);
      if (outcome.type === 'failure') result.failures++;
      else {
        countConnection(outcome, result, clientPorts);
        found.push(...judge(outcome));
        if (one.expect.body !== 'ranges') result.answers[index] = `${one.kind} ${sha256(outcome.body)}`;
      }
      if (found.length > 0) result.differences.push({ index, url: outcome.url, kind: one.kind, found });
    }
    progress.wake?.();
  }
  result.connections += clientPorts.size;
  result.seconds = (performance.now() - startedMs) / 1000;
  for (const [index, times] of seen.entries()) {
    if (times === 1) continue;
    const { kind, path } = order.cases[index];
    const found = [{ what: 'outcomes', expected: 'exactly one', got: String(times) }];
    result.differences.push({ index, url: urls[scheme] + path, kind, found });
  }
  return result;
}

function noMore() {
  return [];
}

function nothing() {
  return false;
}

/** Of HTTP/2 the server says which connection it was; what waits for one to be made can be many. */
function countConnection(outcome, result, clientPorts) {
  const port = outcome.httpVersion === '2' ? outcome.header('x-client-port') : undefined;
  if (port !== undefined) clientPorts.add(port);
  else if (outcome.timings.connectMs > 0) result.connections++;
}

/** The same cases, with what must not be sent twice moved away from behind each pause. */
function withPauses(cases, pauses) {
  const length = Math.floor(cases.length / (pauses + 1));
  const stretches = Array.from({ length: pauses + 1 }, (_, i) => {
    return cases.slice(i * length, i === pauses ? undefined : (i + 1) * length);
  });
  const at = new Set();
  const ordered = [];
  for (const [i, stretch] of stretches.entries()) {
    if (i === 0) {
      ordered.push(...stretch);
      continue;
    }
    at.add(ordered.length);
    const repeatable = stretch.filter((one) => REPEATABLE.has(one.method)).slice(0, REPEATABLE_AFTER_PAUSE);
    const first = new Set(repeatable);
    ordered.push(...repeatable, ...stretch.filter((one) => !first.has(one)));
  }
  return { cases: ordered, pausesAt: at };
}

/** Waits at each pause until all before it is answered, and then until the server is about to hang up. */
async function* requests({ cases, pausesAt }, base, { idleMs, interludes }, progress) {
  let pause = 0;
  const stage = new Stage(cases.length, interludes, progress);
  for (const [index, { method, path, headers, body }] of cases.entries()) {
    if (pausesAt.has(index)) {
      await answered(progress, index);
      await sleep(idleMs + PAUSE_OFFSETS_MS[pause++ % PAUSE_OFFSETS_MS.length]);
    }
    await stage.reach(index);
    yield { method, url: base + path, headers, body };
  }
}

/** Plays each interlude behind its stretch of the requests, when all but the last of them are answered. */
class Stage {
  #stretch;
  #count;
  #play;
  #progress;
  #playing;

  constructor(length, { count, play } = { count: 0 }, progress) {
    this.#stretch = Math.floor(length / (count + 2));
    this.#count = count;
    this.#play = play;
    this.#progress = progress;
  }

  async reach(index) {
    if (this.#count === 0 || index === 0 || index % this.#stretch !== 0) return;
    // So that what came of the one before is over: the requests of this stretch went by its new connections.
    await this.#playing;
    await answered(this.#progress, index - CONCURRENCY);
    this.#playing = index / this.#stretch <= this.#count ? this.#play() : undefined;
    // It is awaited at the next stretch; until then nobody listens.
    this.#playing?.catch(() => {});
  }
}

async function answered(progress, count) {
  while (progress.received < count) {
    await new Promise((resolve) => {
      progress.wake = resolve;
    });
  }
}
