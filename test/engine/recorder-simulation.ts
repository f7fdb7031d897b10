// A run over simulated files with the real Recorder, journal and sinks: what one life of the process does from its start
// until it ends or is ended. The target only counts; every third request must not be sent twice.

import { openRecords, type RecordKind } from '../../src/engine/record-sinks.ts';
import { Recorder, type RecordingPlan } from '../../src/engine/recorder.ts';
import type { Pulled, Source } from '../../src/model/contracts.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { Failure, type Outcome } from '../../src/model/outcome.ts';
import { Request } from '../../src/model/request.ts';
import type { FakeFiles } from '../fake/fake-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { response } from '../sinks/outcomes.ts';

export const REQUESTS = 14;
const UNDER_WAY = 4;

export interface Simulated {
  readonly sinks: RecordingPlan['sinks'];
  readonly durability: 'process' | 'power';
  readonly random: () => number;
  /** How often each request has arrived at the target, in all lives. */
  readonly arrived: number[];
}

export function simulated(parts: Pick<Simulated, 'sinks' | 'durability'>, seed: number): Simulated {
  return { ...parts, random: randomOf(seed), arrived: Array(REQUESTS).fill(0) };
}

export function isPost(index: number): boolean {
  return index % 3 === 0;
}

export function planOf(
  world: Pick<Simulated, 'sinks' | 'durability'>,
  files: FakeFiles,
  clock: VirtualClock,
): RecordingPlan {
  return {
    sinks: world.sinks,
    identity: { input: { urls: 'http://localhost/' }, options: {} },
    command: [],
    durability: world.durability,
    // The very same line would begin a complete run anew.
    again: 'resume',
    storesBodies: false,
    ordered: false,
    strictInput: false,
    mayRepeat: (method) => method !== 'POST',
    positionOf: (index) => index,
    openSink: ({ kind, path }, position) =>
      openRecords(path, kind as RecordKind, { body: 'text' }, { clock, files, position }),
  };
}

/** One life, from the files as they are found to the end of the run, or to `stopAt` outcomes. Rejects where files end it. */
export async function live(
  files: FakeFiles,
  world: Simulated,
  stopAt = Number.POSITIVE_INFINITY,
): Promise<void> {
  const clock = new VirtualClock();
  const tools = { files, appenders: files.appenders, clock };
  const recorder = await Recorder.open(planOf(world, files, clock), tools);
  // Nothing was left to do.
  if (recorder === undefined) return;
  const run = new SimulatedRun(recorder, world, clock);
  let whole = false;
  try {
    whole = await run.toItsEnd(stopAt);
    await recorder.sink.close();
  } catch (error) {
    await recorder.end(false).catch(() => {});
    throw error;
  }
  await recorder.end(whole);
}

/** What a dead process has left is taken over by the next one, but in here both are one. */
export function unlocked(files: FakeFiles, { sinks }: Simulated): FakeFiles {
  files.appenders.remove(`${sinks[0]!.path}.lock`);
  return files;
}

class SimulatedRun {
  readonly #recorder: Recorder;
  readonly #world: Simulated;
  readonly #clock: VirtualClock;
  readonly #source: Source;
  readonly #underWay: Request[] = [];
  #ended = 0;
  #error: Error | undefined;

  constructor(recorder: Recorder, world: Simulated, clock: VirtualClock) {
    this.#recorder = recorder;
    this.#world = world;
    this.#clock = clock;
    this.#source = recorder.remaining(requests());
    recorder.sink.onError = (error) => {
      this.#error ??= error;
    };
  }

  /** Whether everything has its outcome. */
  async toItsEnd(stopAt: number): Promise<boolean> {
    const { random } = this.#world;
    for (let more = true; more || this.#underWay.length > 0; ) {
      if (this.#ended >= stopAt) return false;
      if (more && this.#underWay.length < UNDER_WAY) more = this.#begin();
      else this.#end();
      this.#clock.advance(random() * 40);
      // The disk works meanwhile, for longer or shorter.
      for (let turns = random() * 12; turns > 0; turns--) await undefined;
      if (this.#error !== undefined) throw this.#error;
    }
    return true;
  }

  /** False where nothing is left. */
  #begin(): boolean {
    const pulled = this.#source.pull();
    if (pulled.type === 'failure') this.#record(pulled);
    if (pulled.type !== 'request') return pulled.type !== 'ended';
    this.#recorder.beforeSend(pulled);
    this.#world.arrived[pulled.index]!++;
    this.#underWay.push(pulled);
    return true;
  }

  /** Any of those under way is answered. */
  #end(): void {
    const at = Math.floor(this.#world.random() * this.#underWay.length);
    const { index, method } = this.#underWay.splice(at, 1)[0]!;
    this.#record(response({ index, method, body: `body of ${index}`, type: 'text/plain' }));
  }

  #record(outcome: Outcome): void {
    this.#ended++;
    this.#recorder.sink.write(outcome);
  }
}

export function requests(count = REQUESTS): Source {
  let next = 0;
  return {
    count,
    onReady: undefined,
    pull: (): Pulled => (next < count ? request(next++) : { type: 'ended' }),
    close() {},
  };
}

export function request(index: number, method = isPost(index) ? 'POST' : 'GET'): Request {
  const { origin, target } = parseUrl(`http://localhost/${index}`);
  return new Request(index, method, origin, target, EMPTY_HEADERS, undefined, undefined);
}

/** A stop has ended it before its answer. */
export function aborted(one: Request, sent: 'none' | 'whole'): Failure {
  one.sent = sent;
  return Failure.of(one, 'queue', 'aborted', 'stopped', 0);
}

/** mulberry32. */
export function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
