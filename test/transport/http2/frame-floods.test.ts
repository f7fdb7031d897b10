// What a peer may not make a reader of frames hold or do, what it is told of that, and what it copies.

import { describe, expect, it } from 'vitest';
import { FrameReader } from '../../../src/transport/http2/frame-reader.ts';
import { Gathered } from '../../../src/transport/http2/gathered.ts';
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  FRAME_LIMITS,
  frame,
  GOAWAY,
  HEADERS,
  OPENING,
  PADDED,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  Recorder,
  RST_STREAM,
  read,
  readBytewise,
  SETTINGS,
  WINDOW_UPDATE,
} from './frames.ts';

const ENHANCE_YOUR_CALM = 11;
const PING_OCTETS = '0102030405060708';

describe('floods', () => {
  it('of CONTINUATION frames end (CVE-2024-27983 and others)', () => {
    const run = (count: number) =>
      read(
        Buffer.concat([OPENING, frame(HEADERS, 0, 1), ...new Array(count).fill(frame(CONTINUATION, 0, 1))]),
      );
    expect(run(16).fault).toBeUndefined();
    expect(run(17)).toMatchObject({
      code: ENHANCE_YOUR_CALM,
      fault: 'more than 16 CONTINUATION frames behind one HEADERS frame',
    });
  });

  it('of CONTINUATION frames are counted anew for each block', () => {
    const block = [frame(HEADERS, 0, 1), ...new Array(15).fill(frame(CONTINUATION, 0, 1))];
    const whole = Buffer.concat([...block, frame(CONTINUATION, END_HEADERS, 1, '88')]);
    expect(read(Buffer.concat([OPENING, whole, whole]))).toMatchObject({ fault: undefined });
  });

  it('of octets in a field block end', () => {
    const limits = { headerBlockBytesMax: 10, continuationsMax: 5 };
    const run = (last: number) =>
      read(
        Buffer.concat([
          ...[OPENING, frame(HEADERS, 0, 1, Buffer.alloc(6)), frame(CONTINUATION, 0, 1, Buffer.alloc(3))],
          frame(CONTINUATION, END_HEADERS, 1, Buffer.alloc(last)),
        ]),
        [],
        limits,
      );
    expect(run(1)).toMatchObject({ fault: undefined });
    expect(run(2)).toMatchObject({ code: ENHANCE_YOUR_CALM, fault: 'a field block of more than 10 octets' });
    // Padding and priority are no part of it.
    const padded = frame(
      HEADERS,
      END_HEADERS | PADDED,
      1,
      Buffer.concat([Buffer.from([50]), Buffer.alloc(60)]),
    );
    expect(read(Buffer.concat([OPENING, padded]), [], limits)).toMatchObject({ fault: undefined });
    const long = frame(HEADERS, END_HEADERS, 1, Buffer.alloc(11));
    expect(read(Buffer.concat([OPENING, long]), [], limits)).toMatchObject({ code: ENHANCE_YOUR_CALM });
  });

  it('of frames with nothing in them are counted (CVE-2019-9518)', () => {
    const frames = [
      ...[frame(DATA, 0, 1), frame(DATA, PADDED, 1, '020000'), frame(DATA, PADDED, 1, '00')],
      ...[frame(DATA, END_STREAM, 1), frame(DATA, 0, 1, '61'), frame(DATA, PADDED, 1, '01ff00')],
    ];
    const octets = Buffer.concat([OPENING, ...frames]);
    expect(read(octets)).toMatchObject({ emptyFrames: 3, controlFrames: 1 });
    expect(readBytewise(octets)).toMatchObject({ emptyFrames: 3, controlFrames: 1 });
  });

  it('of frames about nothing are counted (CVE-2019-9512, CVE-2019-9515 and others)', () => {
    const frames = [
      ...[frame(SETTINGS, 0, 0), frame(SETTINGS, ACK, 0), frame(PING, 0, 0, PING_OCTETS)],
      ...[frame(PRIORITY, 0, 1, '0000000110'), frame(RST_STREAM, 0, 1, '00000000'), frame(0x2a, 0, 0)],
      ...[frame(WINDOW_UPDATE, 0, 1, '00000001'), frame(GOAWAY, 0, 0, '0000000000000000')],
      ...[frame(HEADERS, END_HEADERS, 1, '88'), frame(DATA, 0, 1, '61')],
    ];
    expect(read(Buffer.concat([OPENING, ...frames]))).toMatchObject({ controlFrames: 9, emptyFrames: 0 });
  });
});

describe('a visitor that has had enough', () => {
  it('hears of nothing more', () => {
    for (const [after, expected] of [
      ['settings', ['settings']],
      ['setting 3 1', ['settings', 'setting 3 1']],
      ['headers 1 88', ['settings', 'setting 3 1', 'setting 4 2', 'settings', 'headers 1 88']],
    ] as const) {
      const recorder = new Recorder();
      const reader = new FrameReader(FRAME_LIMITS, recorder);
      recorder.heard = (line) => {
        if (line === after) reader.stop();
      };
      const octets = Buffer.concat([
        ...[
          OPENING,
          frame(SETTINGS, 0, 0, '000300000001 000400000002'),
          frame(HEADERS, END_HEADERS, 1, '88'),
        ],
        ...[frame(PING, 0, 0, PING_OCTETS), frame(PUSH_PROMISE, 0, 1)],
      ]);
      expect(reader.execute(octets, 0, octets.length)).toBe(false);
      expect(reader.execute(octets, 0, octets.length)).toBe(false);
      expect(recorder.all()).toEqual(expected);
      expect(reader.fault).toBeUndefined();
    }
  });
});

describe('octets that were gathered', () => {
  it('are not held on to when they were many', () => {
    const gathered = new Gathered();
    for (const bytes of [4096, 4097]) {
      gathered.add(Buffer.alloc(bytes), 0, bytes);
      expect(gathered.length).toBe(bytes);
      gathered.clear();
      expect([gathered.length, gathered.bytes.length]).toEqual([0, bytes === 4096 ? 4096 : 0]);
    }
  });
});

describe('octets that lie in one piece', () => {
  it('are not copied', () => {
    const seen: boolean[] = [];
    const octets = Buffer.concat([
      ...[OPENING, frame(DATA, 0, 1, '6162'), frame(HEADERS, END_HEADERS, 1, '88')],
      ...[frame(GOAWAY, 0, 0, '00000000000000006162'), frame(PING, 0, 0, PING_OCTETS)],
    ]);
    const visitor = new Recorder();
    visitor.onData = (_id, b) => seen.push(b === octets);
    visitor.onHeaders = (_id, b) => seen.push(b === octets);
    visitor.onGoaway = (_id, _code, b) => seen.push(b === octets);
    visitor.onPing = (b) => seen.push(b === octets);
    new FrameReader(FRAME_LIMITS, visitor).execute(octets, 0, octets.length);
    expect(seen).toEqual([true, true, true, true]);
  });

  it('of DATA are told as they come', () => {
    const pieces: string[] = [];
    const visitor = new Recorder();
    visitor.onData = (id, b, start, end, flowBytes, endStream) => {
      pieces.push(`${id} ${b.toString('latin1', start, end)} ${flowBytes} ${endStream}`);
    };
    const reader = new FrameReader(FRAME_LIMITS, visitor);
    const octets = Buffer.concat([OPENING, frame(DATA, PADDED | END_STREAM, 1, '0361626364000000')]);
    let pos = 0;
    for (const cut of [19, 21, 24, octets.length]) {
      reader.execute(octets, pos, cut);
      pos = cut;
    }
    expect(pieces).toEqual(['1 ab 3 false', '1 cd 3 false', '1  2 true']);
  });
});
