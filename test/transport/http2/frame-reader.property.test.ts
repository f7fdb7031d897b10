// Frames of any kind in any order, cut anywhere, mended or damaged: the same comes of them, and octets at random never
// throw. And no peer may make us work in the square of what it sends: octets that are copied are counted.

import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { FieldMemo } from '../../../src/transport/http2/field-memo.ts';
import { FrameReader } from '../../../src/transport/http2/frame-reader.ts';
import { HpackDecoder } from '../../../src/transport/http2/hpack-decoder.ts';
import {
  CONTINUATION,
  DATA,
  END_HEADERS,
  FRAME_LIMITS,
  frame,
  GOAWAY,
  HEADERS,
  OPENING,
  PING,
  Recorder,
  RST_STREAM,
  read,
  readBytewise,
  SETTINGS,
  WINDOW_UPDATE,
} from './frames.ts';
import { LIMITS } from './octets.ts';

const NARROW = { headerBlockBytesMax: 40, continuationsMax: 2 };

const streamId = fc.constantFrom(0, 1, 1, 1, 2, 3, 0x7fffffff);
const payload = fc.uint8Array({ maxLength: 24 });
/** Mostly as they should be, so that what is behind them is read as well. */
const anyFrame = fc.oneof(
  fc
    .tuple(fc.constantFrom(DATA, HEADERS), fc.constantFrom(0, 1, 4, 5, 8, 12, 32, 44), payload)
    .map(([type, flags, octets]) => frame(type, type === HEADERS ? flags | END_HEADERS : flags, 1, octets)),
  payload.map((octets) =>
    Buffer.concat([
      frame(HEADERS, 0, 3, octets),
      frame(CONTINUATION, 0, 3, octets),
      frame(CONTINUATION, 4, 3),
    ]),
  ),
  fc.constantFrom(
    ...[frame(SETTINGS, 0, 0, '000400000001'), frame(SETTINGS, 1, 0), frame(PING, 0, 0, '0102030405060708')],
    ...[frame(GOAWAY, 0, 0, '000000000000000061'), frame(WINDOW_UPDATE, 0, 1, '00000001')],
    frame(RST_STREAM, 0, 1, '00000000'),
  ),
  fc
    .tuple(fc.nat(12), fc.nat(255), streamId, payload)
    .map(([type, flags, id, octets]) => frame(type, flags, id, octets)),
);
const stream = fc.array(anyFrame, { maxLength: 12 }).map((frames) => Buffer.concat([OPENING, ...frames]));
const damage = fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 });
const damaged = fc.tuple(stream, damage).map(([octets, places]) => {
  for (const [at, octet] of places) octets[at % octets.length] = octet;
  return octets;
});

describe('any octets', () => {
  it('say the same however they are cut', () => {
    fc.assert(
      fc.property(fc.oneof(stream, damaged), fc.array(fc.nat(400), { maxLength: 6 }), (octets, places) => {
        for (const limits of [FRAME_LIMITS, NARROW]) {
          const whole = read(octets, [], limits);
          const cuts = places.map((place) => place % octets.length).sort((a, b) => a - b);
          expect(read(octets, cuts, limits)).toEqual(whole);
          expect(readBytewise(octets, limits)).toEqual(whole);
          if (whole.fault !== undefined) expect([1, 3, 6, 11]).toContain(whole.code);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('at random never throw, with what they hold decoded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }),
        fc.boolean(),
        (pieces, opened) => {
          const decoder = new HpackDecoder(LIMITS, new FieldMemo());
          const visitor = new Recorder();
          visitor.onHeaders = (_id, b, start, end) => decoder.decode(b, start, end);
          const reader = new FrameReader(NARROW, visitor);
          if (opened) reader.execute(OPENING, 0, OPENING.length);
          for (const piece of pieces) reader.execute(Buffer.from(piece), 0, piece.length);
          const faults = [reader.fault, decoder.fault].filter((fault) => fault !== undefined);
          for (const { code, message } of faults) {
            expect([1, 3, 6, 9, 11]).toContain(code);
            expect(message.length).toBeLessThan(120);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

const { copy } = Buffer.prototype;

describe('what a slow peer costs', () => {
  afterEach(() => {
    Buffer.prototype.copy = copy;
  });

  it.each([
    ['a field block in one frame', [frame(HEADERS, END_HEADERS, 1, Buffer.alloc(16_384))]],
    [
      'a field block in many',
      [
        frame(HEADERS, 0, 1, Buffer.alloc(5000)),
        ...new Array(15).fill(frame(CONTINUATION, 0, 1, Buffer.alloc(3500))),
        frame(CONTINUATION, END_HEADERS, 1),
      ],
    ],
    ['settings', [frame(SETTINGS, 0, 0, Buffer.alloc(16_380))]],
    ['a reason to go away', [frame(GOAWAY, 0, 0, Buffer.alloc(16_384, 'x'))]],
    ['an unknown frame', [frame(0x2a, 0, 0, Buffer.alloc(16_384))]],
    ['data', [frame(DATA, 0, 1, Buffer.alloc(16_384))]],
  ])('for %s, one octet at a time, is linear', (_name, frames) => {
    const octets = Buffer.concat([OPENING, ...frames, frame(PING, 0, 0, '0102030405060708')]);
    let copiedBytes = 0;
    Buffer.prototype.copy = function (
      this: Buffer,
      target: Uint8Array,
      at = 0,
      start = 0,
      end = this.length,
    ) {
      copiedBytes += end - start;
      return copy.call(this, target, at, start, end);
    };
    let pings = 0;
    const visitor = new Recorder();
    visitor.onData = () => {};
    visitor.onSetting = () => {};
    visitor.onPing = () => {
      pings++;
    };
    const reader = new FrameReader(FRAME_LIMITS, visitor);
    for (let pos = 0; pos < octets.length; pos++) reader.execute(octets, pos, pos + 1);
    expect(reader.fault).toBeUndefined();
    expect(pings).toBe(1);
    // Each octet once into its payload, once more when that grows, and the same for a block of several frames.
    expect(copiedBytes).toBeLessThanOrEqual(5 * octets.length);
  });

  it('holds nothing for what was promised and did not come', () => {
    const alloc = Buffer.allocUnsafeSlow;
    let allocatedBytes = 0;
    Buffer.allocUnsafeSlow = (size) => {
      allocatedBytes += size;
      return alloc(size);
    };
    try {
      const octets = Buffer.concat([OPENING, frame(HEADERS, END_HEADERS, 1, Buffer.alloc(16_384))]);
      new FrameReader(FRAME_LIMITS, new Recorder()).execute(octets, 0, 30);
      expect(allocatedBytes).toBeLessThanOrEqual(512);
    } finally {
      Buffer.allocUnsafeSlow = alloc;
    }
  });
});
