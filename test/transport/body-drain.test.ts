// What an upload gives its drain, whatever the drain's pace, the producer's, and the moment of a close.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BodyReader, BodyStream } from '../../src/model/body-stream.ts';
import { type BodyDrain, type Upload, uploadOf } from '../../src/transport/upload.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { makeRequest } from './fixture.ts';

const SLICE_BYTES = 64 * 1024;
/** More than one turn's. */
const BYTES_MAX = 5 * 1024 * 1024;
const STEPS_MAX = 5_000;
/** Without a period, so that no slice is like another. */
const OCTETS = new Uint8Array(BYTES_MAX);
for (let i = 0, x = 1; i < BYTES_MAX; i++) {
  x = (Math.imul(x, 1664525) + 1013904223) | 0;
  OCTETS[i] = x >>> 24;
}

type Step = 'resume' | 'produce' | 'poll' | 'close';

/** Says after each piece, as it is told, whether it takes more; and sees that the upload keeps to its word. */
class Drain implements BodyDrain {
  octets = 0;
  gives = 0;
  lasts = 0;
  ends = 0;
  closed = false;
  takes: boolean;
  /** Its upload is closed from within this give; 0: never. */
  closesAt = 0;
  onClose: () => void = () => {};
  readonly #paces: Iterator<boolean>;

  constructor(takes: boolean, paces: Iterator<boolean>) {
    this.takes = takes;
    this.#paces = paces;
  }

  give(bytes: Uint8Array, last: boolean): boolean {
    if (this.closed || this.lasts + this.ends > 0) throw new Error('octets behind the end');
    if (!this.takes) throw new Error('octets that it does not take');
    if (bytes.length === 0) throw new Error('no octets');
    const expected = OCTETS.subarray(this.octets, this.octets + bytes.length);
    if (Buffer.compare(bytes, expected) !== 0) throw new Error(`other octets behind ${this.octets}`);
    this.octets += bytes.length;
    if (last) this.lasts++;
    this.takes = this.#paces.next().value === true;
    if (++this.gives === this.closesAt) this.onClose();
    return this.takes;
  }

  end(): void {
    if (this.closed || this.lasts + this.ends > 0) throw new Error('a second end');
    if (!this.takes) throw new Error('an end before it took what came before');
    this.ends++;
  }
}

/** Gives pieces of these sizes, at once or when it is told to. */
class Producer implements BodyStream {
  readonly length: number | undefined;
  readonly replayable = false;
  readonly contentType = undefined;
  closes = 0;
  produce: (() => void) | undefined;
  readonly #sizes: readonly number[];
  readonly #prompt: Iterator<boolean>;
  #next = 0;
  #octets = 0;

  constructor(sizes: readonly number[], prompt: Iterator<boolean>, length: number | undefined) {
    this.#sizes = sizes;
    this.#prompt = prompt;
    this.length = length;
  }

  open(): BodyReader {
    return { read: (done) => this.#read(done), close: () => this.closes++ };
  }

  #read(done: Parameters<BodyReader['read']>[0]): void {
    if (this.closes > 0 || this.produce !== undefined) throw new Error('a read out of turn');
    this.produce = () => {
      this.produce = undefined;
      const size = this.#sizes[this.#next++];
      const start = this.#octets;
      this.#octets += size ?? 0;
      done(undefined, size === undefined ? undefined : OCTETS.subarray(start, this.#octets));
    };
    if (this.#prompt.next().value === true) this.produce();
  }
}

class Stage {
  readonly clock = new VirtualClock();
  readonly drain: Drain;
  readonly upload: Upload;
  readonly errors: Error[] = [];
  readonly #body: Uint8Array | Producer;

  constructor(body: Uint8Array | Producer, drain: Drain) {
    this.#body = body;
    this.drain = drain;
    const request = makeRequest({
      url: 'http://host/',
      ...(body instanceof Producer ? { method: 'POST' } : { body }),
    });
    if (body instanceof Producer) request.stream = body;
    this.upload = uploadOf(request, drain, this.clock, (error) => {
      if (drain.closed) throw new Error('told behind a close');
      if (error !== undefined) this.errors.push(error);
    })!;
    drain.onClose = () => this.do('close');
  }

  do(step: Step): void {
    if (step === 'poll') this.clock.poll();
    if (step === 'produce' && this.#body instanceof Producer) this.#body.produce?.();
    if (step === 'resume') {
      this.drain.takes = true;
      this.upload.resume();
    }
    if (step === 'close') {
      this.drain.closed = true;
      this.upload.close();
    }
  }

  /** Everybody does what is theirs for as long as it may take. */
  finish(): void {
    for (let steps = 0; steps < STEPS_MAX && !this.upload.done && this.errors.length === 0; steps++) {
      for (const step of ['resume', 'produce', 'poll'] as const) this.do(step);
    }
  }
}

function* forever(values: readonly boolean[]): Generator<boolean, boolean> {
  for (let i = 0; ; i++) yield values[i % values.length]!;
}

/** Short ones come often: always, never, every other time. */
const pace = fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }).map(forever);
const drains = fc
  .record({ takes: fc.boolean(), paces: pace, closesAt: fc.oneof(fc.constant(0), fc.nat(20)) })
  .map(({ takes, paces, closesAt }) => Object.assign(new Drain(takes, paces), { closesAt }));
const scripts = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom<Step>('resume', 'produce', 'poll') },
    { weight: 1, arbitrary: fc.constant<Step>('close') },
  ),
  { maxLength: 40 },
);

function play(stage: Stage, script: readonly Step[]): void {
  const { drain, upload } = stage;
  upload.start(drain.takes);
  for (const step of script) stage.do(step);
  if (!drain.closed) stage.finish();
  // Whatever comes behind its end or its close, the drain sees nothing of it: it would throw.
  for (const step of ['resume', 'produce', 'poll', 'close', 'resume', 'produce', 'poll'] as const) {
    stage.do(step);
  }
}

describe('a body in memory', () => {
  it('comes out whole and in order, its last slice said to be the last, and stops at a close', () => {
    const lengths = fc.oneof(
      fc.integer({ min: 1, max: BYTES_MAX }),
      fc.integer({ min: 1, max: 4 }).map((slices) => slices * SLICE_BYTES),
    );
    fc.assert(
      fc.property(lengths, drains, scripts, (length, drain, script) => {
        const stage = new Stage(OCTETS.subarray(0, length), drain);
        play(stage, script);
        const whole = drain.octets === length;
        expect([drain.lasts, drain.ends, stage.upload.done]).toEqual([whole ? 1 : 0, 0, whole]);
        if (!script.includes('close') && drain.closesAt === 0) expect(whole).toBe(true);
        expect([stage.upload.spent, stage.upload.starved, stage.errors]).toEqual([false, false, []]);
      }),
    );
  });
});

/** `off`: by how much the promised length is wrong; undefined where none is promised. */
const streams = fc.record({
  sizes: fc.array(fc.nat(9), { maxLength: 600, size: 'max' }),
  prompt: pace,
  off: fc.constantFrom(undefined, undefined, 0, 0, 1, -1),
});

describe('a body that is produced', () => {
  it('comes out whole and in order with one end behind it, and stops at a close or a broken promise', () => {
    fc.assert(
      fc.property(streams, drains, scripts, ({ sizes, prompt, off }, drain, script) => {
        const octets = sizes.reduce((sum, size) => sum + size, 0);
        const length = off === undefined ? undefined : Math.max(0, octets + off);
        const producer = new Producer(sizes, prompt, length);
        const stage = new Stage(producer, drain);
        play(stage, script);
        const kept = length === undefined || length === octets;
        const { done } = stage.upload;
        expect([drain.lasts, drain.ends, producer.closes]).toEqual([0, done ? 1 : 0, 1]);
        expect(drain.octets).toBeLessThanOrEqual(length ?? octets);
        if (done) expect([kept, drain.octets]).toEqual([true, octets]);
        if (!script.includes('close') && drain.closesAt === 0) {
          expect([done, stage.errors.length]).toEqual(kept ? [true, 0] : [false, 1]);
        }
        expect(stage.upload.spent).toBe(true);
      }),
    );
  });

  it('is not asked before its drain takes something', () => {
    const producer = new Producer([3], forever([false]), undefined);
    const stage = new Stage(producer, new Drain(false, forever([true])));
    stage.upload.start(false);
    expect([producer.produce, stage.upload.starved]).toEqual([undefined, false]);
    stage.do('resume');
    expect([producer.produce === undefined, stage.upload.starved]).toEqual([false, true]);
  });
});

describe('an upload', () => {
  it('says nothing behind its close, when its next turn comes or its producer throws', () => {
    const large = new Stage(OCTETS, new Drain(true, forever([true])));
    large.upload.start(true);
    expect([large.clock.polling, large.upload.done]).toEqual([1, false]);
    const given = large.drain.octets;
    for (const step of ['close', 'poll'] as const) large.do(step);
    expect(large.drain.octets).toBe(given);

    const producer = new Producer([1], forever([false]), undefined);
    const stage = new Stage(producer, new Drain(true, forever([true])));
    producer.open = () => ({
      read: () => {
        stage.do('close');
        throw new Error('closed while it was read');
      },
      close: () => producer.closes++,
    });
    stage.upload.start(true);
    expect([stage.errors, producer.closes, stage.upload.starved]).toEqual([[], 1, false]);
  });

  it('is none where there are no octets', () => {
    const { clock, drain } = new Stage(OCTETS.subarray(0, 1), new Drain(true, forever([true])));
    for (const content of [{}, { body: new Uint8Array(0) }]) {
      const request = makeRequest({ url: 'http://host/', method: 'POST', ...content });
      expect(uploadOf(request, drain, clock, () => {})).toBeUndefined();
    }
  });
});
