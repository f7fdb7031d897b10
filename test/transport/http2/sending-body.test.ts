// Bodies on their way out in DATA frames: whole, in order, ended once, within both windows, and to each stream its share.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BodyReader, BodyStream } from '../../../src/model/body-stream.ts';
import { resolveOptions } from '../../../src/model/options.ts';
import { REUSED } from '../../../src/model/outcome.ts';
import { FrameWriter } from '../../../src/transport/http2/frame-writer.ts';
import { SendingBodies, SendingBody } from '../../../src/transport/http2/sending-body.ts';
import { Stream } from '../../../src/transport/http2/stream.ts';
import { VirtualClock } from '../../fake/virtual-clock.ts';
import { makeRequest } from '../fixture.ts';

const SETTINGS = resolveOptions({});
const FRAME_MAX = 16_384;
const HEAD_BYTES = 9;
const PLENTY = 1 << 30;
/** Without a period, so that no piece is like another. */
const OCTETS = new Uint8Array(12 * 1024 * 1024);
for (let i = 0, x = 1; i < OCTETS.length; i++) {
  x = (Math.imul(x, 1664525) + 1013904223) | 0;
  OCTETS[i] = x >>> 24;
}

/** Gives its pieces when it is asked, or when the test says so. */
class Producer implements BodyStream {
  readonly length = undefined;
  readonly replayable = true;
  readonly contentType = undefined;
  readonly #pieces: readonly number[];
  readonly #isLate: boolean;
  #at = 0;
  #piece = 0;
  #asked: ((error: Error | undefined, bytes: Uint8Array | undefined) => void) | undefined;

  constructor(pieces: readonly number[], isLate: boolean) {
    this.#pieces = pieces;
    this.#isLate = isLate;
  }

  open(): BodyReader {
    return {
      read: (done) => {
        this.#asked = done;
        if (!this.#isLate) this.give();
      },
      close: () => {
        this.#asked = undefined;
      },
    };
  }

  give(): void {
    const done = this.#asked;
    this.#asked = undefined;
    const bytes = this.#pieces[this.#piece++];
    if (done === undefined) return void this.#piece--;
    if (bytes === undefined) return done(undefined, undefined);
    this.#at += bytes;
    done(undefined, OCTETS.subarray(this.#at - bytes, this.#at));
  }
}

interface Sent {
  readonly stream: Stream;
  readonly bytes: number;
  readonly producer: Producer | undefined;
  octets: number;
  ends: number;
  /** As its peer counts it. */
  window: number;
}

/** A connection's bodies, and a peer that counts both windows by itself. */
class Bench {
  readonly clock = new VirtualClock();
  readonly writer = new FrameWriter();
  readonly sent = new Map<number, Sent>();
  window = 65_535;
  /** The kernel takes more. */
  takes = true;
  turnBytesMax = 0;
  #isReady = false;
  readonly #bodies = new SendingBodies(
    this.writer,
    () => {
      this.#isReady = true;
    },
    () => {},
  );

  add(body: number | Producer, bytes: number, window: number): Sent {
    const stream = new Stream({ ...SETTINGS });
    const id = 2 * this.sent.size + 1;
    const request = makeRequest({
      url: 'http://host/',
      method: 'POST',
      ...(body instanceof Producer ? {} : { body: OCTETS.subarray(0, body) }),
    });
    if (body instanceof Producer) request.stream = body;
    stream.begin(id, request, REUSED, undefined);
    stream.sendWindow = window;
    const producer = body instanceof Producer ? body : undefined;
    const sent: Sent = { stream, bytes, producer, octets: 0, ends: 0, window };
    this.sent.set(id, sent);
    const sending = new SendingBody(stream, this.#bodies, SETTINGS, this.clock, (_, error) => {
      if (error !== undefined) throw error;
    });
    stream.sending = sending;
    sending.body.start(true);
    return sent;
  }

  get whole(): boolean {
    return [...this.sent.values()].every(({ octets, bytes, ends }) => octets === bytes && ends === 1);
  }

  /** As SETTINGS and WINDOW_UPDATE do; negative for a window that shrinks. */
  open(id: number, bytes: number): void {
    this.#isReady = true;
    // What was written before it was heard of counts in the window as it was: the acknowledgement follows behind.
    if (bytes < 0) this.#read(this.writer.take());
    if (id === 0) {
      this.window += bytes;
      this.#bodies.window += bytes;
      return;
    }
    const sent = this.sent.get(id)!;
    sent.window += bytes;
    sent.stream.sendWindow += bytes;
    if (sent.stream.sending !== undefined) this.#bodies.queue(sent.stream.sending);
  }

  /** All sockets were read, and what is to leave leaves. False where nothing is. */
  turn(): boolean {
    this.clock.poll();
    if (!this.#isReady) return this.clock.polling > 0;
    this.#isReady = false;
    this.#bodies.pump();
    if (this.writer.length === 0) return true;
    this.#read(this.writer.take());
    this.#bodies.takes = this.takes;
    if (this.#bodies.isReady) this.#isReady = true;
    return true;
  }

  drain(): void {
    this.takes = true;
    this.#bodies.takes = true;
    this.#isReady = true;
  }

  /** Until nothing is to leave any more. */
  turns(max = 10_000): number {
    let turns = 0;
    while (this.turn()) if (++turns > max) throw new Error('it turns for ever');
    return turns;
  }

  #read(octets: Buffer): void {
    this.turnBytesMax = Math.max(this.turnBytesMax, octets.length);
    for (let at = 0; at < octets.length; ) {
      const length = octets.readUIntBE(at, 3);
      const [type, flags, id] = [octets[at + 3], octets[at + 4]!, octets.readUInt32BE(at + 5)];
      at += HEAD_BYTES + length;
      if (type !== 0) throw new Error(`a frame of type ${type}`);
      if (length > FRAME_MAX) throw new Error(`a frame of ${length} octets`);
      this.#onData(this.sent.get(id)!, octets.subarray(at - length, at), (flags & 1) !== 0);
    }
  }

  #onData(sent: Sent, octets: Buffer, ends: boolean): void {
    if (sent.ends > 0) throw new Error('a frame behind the end');
    const expected = OCTETS.subarray(sent.octets, sent.octets + octets.length);
    if (Buffer.compare(octets, expected) !== 0) throw new Error(`other octets behind ${sent.octets}`);
    sent.octets += octets.length;
    sent.window -= octets.length;
    this.window -= octets.length;
    if (octets.length > 0 && (sent.window < 0 || this.window < 0)) throw new Error('beyond a window');
    if (octets.length === 0 && !ends) throw new Error('an empty frame that ends nothing');
    if (ends) sent.ends++;
  }
}

const anyPieces = fc.array(fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 200_000 })), {
  maxLength: 8,
});
const anyWindow = fc.oneof(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 100_000 }));
const anyBody = fc.oneof(
  { weight: 1, arbitrary: fc.record({ bytes: fc.integer({ min: 1, max: 400_000 }), window: anyWindow }) },
  { weight: 2, arbitrary: fc.record({ pieces: anyPieces, late: fc.boolean(), window: anyWindow }) },
);
const anyStep = fc.oneof(
  fc.record({ what: fc.constant('turn' as const) }),
  fc.record({ what: fc.constant('give' as const), nth: fc.nat(5) }),
  fc.record({ what: fc.constant('open' as const), nth: fc.nat(6), bytes: anyWindow }),
  fc.record({ what: fc.constant('shrink' as const), bytes: fc.integer({ min: 1, max: 50_000 }) }),
  fc.record({ what: fc.constant('full' as const) }),
  fc.record({ what: fc.constant('drain' as const) }),
);

describe('bodies of any kind, through windows of any size', () => {
  it('arrive whole, in order and ended once, and never beyond a window', () => {
    fc.assert(
      fc.property(
        fc.array(anyBody, { minLength: 1, maxLength: 5 }),
        fc.array(anyStep, { maxLength: 40 }),
        (bodies, steps) => {
          const bench = new Bench();
          for (const body of bodies) {
            if ('bytes' in body) bench.add(body.bytes, body.bytes, body.window);
            else {
              const bytes = body.pieces.reduce((sum, one) => sum + one, 0);
              bench.add(new Producer(body.pieces, body.late), bytes, body.window);
            }
          }
          const all = [...bench.sent.values()];
          for (const step of steps) {
            if (step.what === 'turn') bench.turn();
            else if (step.what === 'give') all[step.nth % all.length]!.producer?.give();
            else if (step.what === 'full') bench.takes = false;
            else if (step.what === 'drain') bench.drain();
            else if (step.what === 'shrink') for (const { stream } of all) bench.open(stream.id, -step.bytes);
            else
              bench.open(
                step.nth % (all.length + 1) === 0 ? 0 : all[step.nth % all.length]!.stream.id,
                step.bytes,
              );
          }
          bench.drain();
          bench.open(0, PLENTY);
          for (const { stream } of all) bench.open(stream.id, PLENTY);
          for (let i = 0; i < 20 && !bench.whole; i++) {
            bench.turns();
            for (const { producer } of all) producer?.give();
          }
          bench.turns();
          expect(bench.whole).toBe(true);
          expect(all.every(({ stream }) => stream.sending!.ended)).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('hold a bounded part of them in memory in each turn', () => {
    const bench = new Bench();
    bench.open(0, PLENTY);
    for (let i = 0; i < 4; i++) bench.add(3_000_000, 3_000_000, PLENTY);
    bench.turns();
    expect(bench.whole).toBe(true);
    expect(bench.turnBytesMax).toBeLessThanOrEqual(256 * 1024 + 16 * HEAD_BYTES + FRAME_MAX);
  });
});

describe('the end of a body', () => {
  it('alone needs no window, and gives none back', () => {
    const bench = new Bench();
    const producer = new Producer([1000], true);
    const sent = bench.add(producer, 1000, 1000);
    producer.give();
    bench.turns();
    const before = bench.window;
    bench.open(1, -5000);
    producer.give();
    bench.turns();
    expect([sent.octets, sent.ends]).toEqual([1000, 1]);
    // Another stream may not send more than the connection's window, which its peer counts.
    expect(bench.window).toBe(before);
    bench.add(200_000, 200_000, PLENTY);
    bench.turns();
    expect(bench.window).toBe(0);
  });

  it('of a body without octets is one empty frame', () => {
    const bench = new Bench();
    const sent = bench.add(new Producer([], false), 0, 0);
    bench.turns();
    expect([sent.octets, sent.ends]).toEqual([0, 1]);
  });
});

describe('every stream has its share', () => {
  const large = 10_000_000;
  const small = 200_000;
  const pieces = (bytes: number, piece: number) => Array.from({ length: bytes / piece }, () => piece);

  it.each([
    ['in memory', large],
    ['in large pieces', new Producer(pieces(large, 1_000_000), false)],
    ['in small pieces that come at once', new Producer(pieces(large, 1000), false)],
  ])('also beside a large body %s', (_, body) => {
    const bench = new Bench();
    bench.open(0, PLENTY);
    const first = bench.add(body, large, PLENTY);
    bench.turn();
    const others = Array.from({ length: 4 }, () => bench.add(small, small, PLENTY));
    while (others.some(({ ends }) => ends === 0)) expect(bench.turn()).toBe(true);
    expect(first.octets).toBeLessThan(3_000_000);
    bench.turns();
    expect(bench.whole).toBe(true);
  });

  it('also where the window of the connection opens bit by bit', () => {
    const bench = new Bench();
    const first = bench.add(large, large, PLENTY);
    const other = bench.add(small, small, PLENTY);
    bench.turns();
    for (let i = 0; other.ends === 0; i++) {
      if (i > 1000) throw new Error(`it starves at ${other.octets}, where the other has ${first.octets}`);
      bench.open(0, 20_000);
      bench.turns();
    }
    expect(first.octets).toBeLessThan(3 * small);
  });

  it('also where one of them has no window: it holds up nobody', () => {
    const bench = new Bench();
    bench.open(0, PLENTY);
    const stuck = bench.add(large, large, 0);
    const other = bench.add(small, small, PLENTY);
    bench.turns();
    expect([stuck.octets, other.octets, other.ends]).toEqual([0, small, 1]);
  });
});
