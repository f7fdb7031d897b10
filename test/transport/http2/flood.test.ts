// When frames that bring nothing are too many, and what makes them count from the start again.

import { describe, expect, it } from 'vitest';
import { ErrorCode } from '../../../src/transport/http2/errors.ts';
import { Flood } from '../../../src/transport/http2/flood.ts';
import { FrameReader } from '../../../src/transport/http2/frame-reader.ts';
import { DATA, FRAME_LIMITS, frame, OPENING, PING, Recorder } from './frames.ts';

const READER = () => new FrameReader(FRAME_LIMITS, new Recorder());

/** What is counted, how many may be, and how one more comes. */
const COUNTED: readonly (readonly [string, number, (flood: Flood, reader: FrameReader) => void])[] = [
  ['control frames', 10_000, (_, reader) => void reader.controlFrames++],
  ['empty DATA frames', 1_000, (_, reader) => void reader.emptyFrames++],
  ['HEADERS on closed streams', 10_000, (flood) => void flood.strayBlocks++],
  ['DATA frames on closed streams', 20_000, (_, reader) => void reader.dataFrames++],
];

describe('a flood', () => {
  it.each(COUNTED)('of %s is one above %d, and says so', (what, max, count) => {
    const [flood, reader] = [new Flood(), READER()];
    for (let i = 0; i < max; i++) count(flood, reader);
    expect(flood.fault(reader)).toBeUndefined();
    count(flood, reader);
    const fault = flood.fault(reader)!;
    expect(fault.code).toBe(ErrorCode.ENHANCE_YOUR_CALM);
    expect(fault.message).toBe(`more than ${max} ${what} that bring nothing`);
  });

  it.each(COUNTED)('of %s is none where something comes in between', (_, max, count) => {
    const [flood, reader] = [new Flood(), READER()];
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < max; i++) count(flood, reader);
      expect(flood.fault(reader)).toBeUndefined();
      flood.progress(reader);
    }
  });

  it('is each for itself: many of all kinds, none of them too many', () => {
    const [flood, reader] = [new Flood(), READER()];
    for (const [, max, count] of COUNTED) for (let i = 0; i < max; i++) count(flood, reader);
    expect(flood.fault(reader)).toBeUndefined();
  });

  it('is counted by the reader as frames come, however many come in one read', () => {
    const [flood, reader] = [new Flood(), READER()];
    const pings = Buffer.concat(Array.from({ length: 10_001 }, () => frame(PING, 0, 0, new Uint8Array(8))));
    reader.execute(Buffer.concat([OPENING, pings]), 0, OPENING.length + pings.length);
    expect(flood.fault(reader)?.message).toContain('control frames');
    flood.progress(reader);
    const empty = Buffer.concat(Array.from({ length: 1_001 }, () => frame(DATA, 0, 1)));
    reader.execute(empty, 0, empty.length);
    expect(flood.fault(reader)?.message).toContain('empty DATA');
  });
});
