// Frames as they are written: octet for octet, and as the reader takes them.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorName } from '../../../src/transport/http2/errors.ts';
import { frameName } from '../../../src/transport/http2/frame-types.ts';
import { FrameWriter } from '../../../src/transport/http2/frame-writer.ts';
import {
  ACK,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  frame,
  GOAWAY,
  HEADERS,
  OPENING,
  PING,
  RST_STREAM,
  read,
  SETTINGS,
  WINDOW_UPDATE,
} from './frames.ts';
import { hex } from './octets.ts';

function headers(writer: FrameWriter, streamId: number, block: Uint8Array, endStream: boolean): void {
  writer.beginHeaders(streamId);
  writer.out.reserve(block.length);
  writer.out.bytes.set(block, writer.out.length);
  writer.out.length += block.length;
  writer.endHeaders(endStream);
}

describe('frames', () => {
  it.each<[string, (writer: FrameWriter) => void, Buffer]>([
    [
      'section 3.4: the preface and SETTINGS',
      (writer) => {
        writer.preface();
        writer.settings([
          [2, 0],
          [4, 0x7fffffff],
        ]);
      },
      Buffer.concat([
        Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
        frame(SETTINGS, 0, 0, '000200000000 00047fffffff'),
      ]),
    ],
    ['6.5: SETTINGS acknowledged', (writer) => writer.settingsAck(), frame(SETTINGS, ACK, 0)],
    [
      '6.7: PING',
      (writer) => writer.ping(hex('ee0102030405060708ee'), 1, false),
      frame(PING, 0, 0, '0102030405060708'),
    ],
    [
      '6.7: PING sent back',
      (writer) => writer.ping(hex('0102030405060708'), 0, true),
      frame(PING, ACK, 0, '0102030405060708'),
    ],
    ['6.8: GOAWAY', (writer) => writer.goaway(0, 11), frame(GOAWAY, 0, 0, '000000000000000b')],
    [
      '6.4: RST_STREAM',
      (writer) => writer.rstStream(0x7fffffff, 8),
      frame(RST_STREAM, 0, 0x7fffffff, '00000008'),
    ],
    [
      '6.9: WINDOW_UPDATE',
      (writer) => writer.windowUpdate(0, 0x7fffffff),
      frame(WINDOW_UPDATE, 0, 0, '7fffffff'),
    ],
    [
      '6.1: DATA',
      (writer) => writer.data(3, hex('aabbccdd'), 1, 3, true),
      frame(DATA, END_STREAM, 3, 'bbcc'),
    ],
    [
      '6.1: DATA that is empty',
      (writer) => writer.data(3, hex('aa'), 1, 1, true),
      frame(DATA, END_STREAM, 3),
    ],
    [
      '6.2: HEADERS',
      (writer) => headers(writer, 0x01020304, hex('8286'), true),
      frame(HEADERS, END_HEADERS | END_STREAM, 0x01020304, '8286'),
    ],
    [
      '6.2: HEADERS of a request with a body',
      (writer) => headers(writer, 1, hex('83'), false),
      frame(HEADERS, END_HEADERS, 1, '83'),
    ],
  ])('section %s', (_name, write, expected) => {
    const writer = new FrameWriter();
    write(writer);
    expect(writer.length).toBe(expected.length);
    expect(writer.take().toString('hex')).toBe(expected.toString('hex'));
    expect(writer.length).toBe(0);
  });

  it('section 4.2: DATA is cut at the peer’s SETTINGS_MAX_FRAME_SIZE', () => {
    const writer = new FrameWriter();
    const body = Buffer.from(Array.from({ length: 40_000 }, (_, i) => i % 251));
    writer.data(1, body, 0, 40_000, true);
    writer.frameBytesMax = 40_000;
    writer.data(3, body, 0, 40_000, false);
    const expected = [
      frame(DATA, 0, 1, body.subarray(0, 16_384)),
      frame(DATA, 0, 1, body.subarray(16_384, 32_768)),
      frame(DATA, END_STREAM, 1, body.subarray(32_768)),
      frame(DATA, 0, 3, body),
    ];
    expect(writer.take().equals(Buffer.concat(expected))).toBe(true);
  });

  it.each([
    [16_384, []],
    [16_385, [1]],
    [32_768, [16_384]],
    [40_000, [16_384, 7232]],
  ])('section 6.10: a field block of %i octets goes on in CONTINUATION', (length, rest) => {
    const block = Buffer.from(Array.from({ length }, (_, i) => i % 251));
    const writer = new FrameWriter();
    writer.settingsAck();
    headers(writer, 5, block, true);
    writer.rstStream(5, 8);
    const expected = [frame(SETTINGS, ACK, 0)];
    expected.push(
      frame(HEADERS, END_STREAM | (rest.length === 0 ? END_HEADERS : 0), 5, block.subarray(0, 16_384)),
    );
    let pos = 16_384;
    for (const [i, bytes] of rest.entries()) {
      const flags = i === rest.length - 1 ? END_HEADERS : 0;
      expected.push(frame(CONTINUATION, flags, 5, block.subarray(pos, pos + bytes)));
      pos += bytes;
    }
    expected.push(frame(RST_STREAM, 0, 5, '00000008'));
    expect(writer.take().equals(Buffer.concat(expected))).toBe(true);
  });
});

describe('a turn', () => {
  it('leaves in one piece, whose octets stay as they are when the next is written', () => {
    const writer = new FrameWriter();
    writer.windowUpdate(1, 1);
    writer.windowUpdate(3, 2);
    const first = writer.take();
    const before = first.toString('hex');
    expect(before).toBe(
      Buffer.concat([
        frame(WINDOW_UPDATE, 0, 1, '00000001'),
        frame(WINDOW_UPDATE, 0, 3, '00000002'),
      ]).toString('hex'),
    );
    for (let turn = 0; turn < 50; turn++) {
      for (let i = 0; i < 100; i++) writer.rstStream(2 * i + 1, turn);
      expect(writer.take().length).toBe(1300);
    }
    expect(first.toString('hex')).toBe(before);
    expect(writer.take().length).toBe(0);
  });

  it('is read back by the reader, whatever was written in which order', () => {
    const streamId = fc.integer({ min: 0, max: 0x3fffffff }).map((n) => 2 * n + 1);
    const octets = fc.uint8Array({ maxLength: 100 });
    type Step = readonly [write: (writer: FrameWriter) => void, lines: readonly string[]];
    const text = (b: Uint8Array) => Buffer.from(b).toString('hex');
    const step: fc.Arbitrary<Step> = fc.oneof(
      fc
        .tuple(streamId, octets)
        .map(
          ([id, b]): Step => [
            (writer) => writer.data(id, b, 0, b.length, true),
            [`data ${id} ${text(b)} (${b.length}) end`],
          ],
        ),
      fc
        .tuple(streamId, octets, fc.boolean())
        .map(
          ([id, b, end]): Step => [
            (writer) => headers(writer, id, b, end),
            [`headers ${id} ${text(b)}${end ? ' end' : ''}`],
          ],
        ),
      fc
        .tuple(streamId, fc.nat(0xffffffff))
        .map(([id, code]): Step => [(writer) => writer.rstStream(id, code), [`reset ${id} ${code}`]]),
      fc
        .integer({ min: 1, max: 0x7fffffff })
        .map((n): Step => [(writer) => writer.windowUpdate(0, n), [`window 0 ${n}`]]),
      fc
        .uint8Array({ minLength: 8, maxLength: 8 })
        .map((b): Step => [(writer) => writer.ping(b, 0, true), [`ping ack ${text(b)}`]]),
      fc.nat(0x7fffffff).map((id): Step => [(writer) => writer.goaway(id, 2), [`goaway ${id} 2`]]),
    );
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 30 }),
        fc.integer({ min: 7, max: 20 }),
        (steps, frameBytesMax) => {
          const writer = new FrameWriter();
          writer.frameBytesMax = frameBytesMax;
          for (const [write] of steps) write(writer);
          const { lines, fault } = read(Buffer.concat([OPENING, writer.take()]));
          expect(fault).toBeUndefined();
          expect(lines).toEqual(['settings', ...steps.flatMap(([, expected]) => expected)]);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('names', () => {
  it('section 7: of error codes', () => {
    expect([0, 1, 7, 9, 13].map(errorName)).toEqual([
      ...['NO_ERROR', 'PROTOCOL_ERROR', 'REFUSED_STREAM', 'COMPRESSION_ERROR', 'HTTP_1_1_REQUIRED'],
    ]);
    expect(errorName(14)).toBe('0xe');
    expect(errorName(0xffffffff)).toBe('0xffffffff');
  });

  it('section 6: of frames', () => {
    expect([0, 5, 9, 16].map(frameName)).toEqual(['DATA', 'PUSH_PROMISE', 'CONTINUATION', 'type 0x10']);
  });
});
