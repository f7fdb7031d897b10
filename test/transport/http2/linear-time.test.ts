// No peer may make us work, or hold memory, in the square of what it sends. Octets that are copied, allocated and made
// text of are counted. Where only time can tell, four times as much input may take ten times the CPU, where a square
// would take sixteen, and what is over at once needs no comparing.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FieldMemo } from '../../../src/transport/http2/field-memo.ts';
import { FrameReader } from '../../../src/transport/http2/frame-reader.ts';
import { HpackDecoder } from '../../../src/transport/http2/hpack-decoder.ts';
import { ACK, blockOf, frameOf, settingsOf, Type, uint32 } from '../../fake/frame-octets.ts';
import { FakeNetwork } from '../fixture.ts';
import { END_HEADERS, FRAME_LIMITS, OPENING, PADDED, Recorder } from './frames.ts';

const TIMES = 4;
const CPU_TIMES_MAX = 10;
const CPU_MS_IDLE = 150;
const RUNS = 3;
/** What the engine does for itself meanwhile. */
const HELD_BYTES_MAX = 600_000;
const NOTHING = Buffer.alloc(0);
const FRAME_MAX = 16_384;

const work = { copiedBytes: 0, allocatedBytes: 0, textBytes: 0 };
const { copy, toString: textOf } = Buffer.prototype;
const { allocUnsafe, allocUnsafeSlow } = Buffer;

function countWork(): void {
  Object.assign(work, { copiedBytes: 0, allocatedBytes: 0, textBytes: 0 });
  Buffer.prototype.copy = function (this: Buffer, target: Uint8Array, at = 0, start = 0, end = this.length) {
    work.copiedBytes += end - start;
    return copy.call(this, target, at, start, end);
  };
  Buffer.prototype.toString = function (
    this: Buffer,
    encoding?: BufferEncoding,
    start = 0,
    end = this.length,
  ) {
    work.textBytes += end - start;
    return textOf.call(this, encoding, start, end);
  };
  Buffer.allocUnsafe = (size) => {
    work.allocatedBytes += size;
    return allocUnsafe(size);
  };
  Buffer.allocUnsafeSlow = (size) => {
    work.allocatedBytes += size;
    return allocUnsafeSlow(size);
  };
}

beforeEach(countWork);

afterEach(() => {
  Object.assign(Buffer.prototype, { copy, toString: textOf });
  Object.assign(Buffer, { allocUnsafe, allocUnsafeSlow });
});

function cpuMsOf(run: () => unknown): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** `run` gets how many of what it repeats; the shortest of runs that take turns, since others are at work as well. */
function expectLinearTime(count: number, run: (count: number) => unknown): void {
  let [once, more] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 0; i < RUNS; i++) {
    once = Math.min(
      once,
      cpuMsOf(() => run(count)),
    );
    more = Math.min(
      more,
      cpuMsOf(() => run(count * TIMES)),
    );
    if (more < Math.max(CPU_MS_IDLE, CPU_TIMES_MAX * once)) return;
  }
  expect(more).toBeLessThan(Math.max(CPU_MS_IDLE, CPU_TIMES_MAX * once));
}

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

/** On the heap and beside it, once what nobody holds is gone. */
function heldBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function repeated(octets: Uint8Array, times: number): Buffer {
  return Buffer.alloc(octets.length * times, octets);
}

const PING = frameOf(Type.PING, 0, 0, Buffer.alloc(8));
const HEAD = frameOf(Type.HEADERS, END_HEADERS, 1, blockOf([[':status', '200']]));
const ONE_OCTET = frameOf(Type.DATA, 0, 1, Buffer.from('x'));

// ── frames ──────────────────────────────────────────────────────────────────────────────────────────────────

class Deaf extends Recorder {
  told = 0;
  override onData(): void {
    this.told++;
  }
  override onSetting(): void {
    this.told++;
  }
  override onSettings(): void {
    this.told++;
  }
  override onHeaders(): void {
    this.told++;
  }
  override onPing(): void {
    this.told++;
  }
  override onWindowUpdate(): void {
    this.told++;
  }
  override onRstStream(): void {
    this.told++;
  }
  override onGoaway(): void {
    this.told++;
  }
}

/** Tells how much was heard. */
function read(octets: Buffer, pieceBytes: number): number {
  const visitor = new Deaf();
  const reader = new FrameReader(FRAME_LIMITS, visitor);
  reader.execute(OPENING, 0, OPENING.length);
  for (let at = 0; at < octets.length; at += pieceBytes)
    reader.execute(octets, at, Math.min(octets.length, at + pieceBytes));
  expect(reader.fault).toBeUndefined();
  return visitor.told;
}

/** A block of the largest size that may be, over as many frames as may be. */
const LONG_BLOCK = Buffer.concat([
  frameOf(Type.HEADERS, 0, 1, Buffer.alloc(4096)),
  ...Array.from({ length: 15 }, () => frameOf(Type.CONTINUATION, 0, 1, Buffer.alloc(4096))),
  frameOf(Type.CONTINUATION, END_HEADERS, 1, NOTHING),
]);
function emptyPieces(streamId: number): Buffer {
  return Buffer.concat([
    frameOf(Type.HEADERS, 0, streamId, NOTHING),
    ...Array.from({ length: 15 }, () => frameOf(Type.CONTINUATION, 0, streamId, NOTHING)),
    frameOf(Type.CONTINUATION, END_HEADERS, streamId, NOTHING),
  ]);
}

const FRAMES: readonly (readonly [name: string, frames: Buffer])[] = [
  ['blocks of the largest size in many frames', LONG_BLOCK],
  ['blocks in a frame each', frameOf(Type.HEADERS, END_HEADERS, 1, Buffer.alloc(FRAME_MAX))],
  ['blocks of empty frames', emptyPieces(1)],
  ['SETTINGS with many entries', frameOf(Type.SETTINGS, 0, 0, Buffer.alloc(16_380))],
  ['SETTINGS with one entry', frameOf(Type.SETTINGS, 0, 0, Buffer.alloc(6))],
  ['PING', PING],
  ['DATA of one octet', ONE_OCTET],
  ['empty DATA', frameOf(Type.DATA, 0, 1, NOTHING)],
  [
    'DATA of padding only',
    frameOf(Type.DATA, PADDED, 1, Buffer.concat([Buffer.from([255]), Buffer.alloc(255)])),
  ],
  ['long DATA', frameOf(Type.DATA, 0, 1, Buffer.alloc(FRAME_MAX))],
  ['WINDOW_UPDATE', frameOf(Type.WINDOW_UPDATE, 0, 1, uint32(1))],
  ['RST_STREAM', frameOf(Type.RST_STREAM, 0, 1, uint32(8))],
  ['GOAWAY with a long text', frameOf(Type.GOAWAY, 0, 0, Buffer.alloc(FRAME_MAX))],
  ['unknown frames', frameOf(0x2a, 0, 0, Buffer.alloc(100))],
];

describe.each([1, 7, 65_536])('frames in pieces of %i octets are read in linear time:', (pieceBytes) => {
  it.each(FRAMES)('%s', (_name, frames) => {
    const count = Math.ceil(70_000 / frames.length);
    const octets = repeated(frames, count * TIMES);
    const told = read(octets, pieceBytes);
    // Each octet once into its payload, once more when that grows, and the same for a block of several frames.
    expect(work.copiedBytes).toBeLessThanOrEqual(5 * octets.length);
    expect(work.allocatedBytes).toBeLessThanOrEqual(5 * octets.length + 1024);
    expect(work.textBytes).toBe(0);
    expect(told).toBeLessThanOrEqual(octets.length);
    expectLinearTime(count, (times) => read(octets.subarray(0, times * frames.length), pieceBytes));
  });
});

// ── field blocks ────────────────────────────────────────────────────────────────────────────────────────────

const LIMITS = { headerBytesMax: 64 * 1024, headerCountMax: 200 };
const LONG_ENTRY = blockOf([['a', 'x'.repeat(3_900)]], true);

/** In front of it, what is repeated, and how much text one of them may make. */
const BLOCKS: readonly (readonly [name: string, before: Buffer, piece: Buffer, textBytes: number])[] = [
  ['references to a large entry (an HPACK bomb)', LONG_ENTRY, Buffer.from([0xbe]), 0],
  [
    'literals with the name of a large entry',
    blockOf([['x'.repeat(3_900), '']], true),
    Buffer.from([0x0f, 0x2f, 0]),
    0,
  ],
  ['references to the static table', NOTHING, Buffer.from([0x88]), 0],
  ['table size updates', NOTHING, Buffer.from([0x20, 0x3f, 0xe1, 0x1f]), 0],
  ['entries that push each other out', NOTHING, blockOf([['a', 'b']], true), 2],
  ['empty entries', NOTHING, Buffer.from([0x40, 0, 0]), 0],
  ['literals that are never indexed', NOTHING, Buffer.from([0x10, 1, 0x61, 1, 0x62]), 2],
  ['entries with a coded value', NOTHING, Buffer.from([0x40, 1, 0x61, 0x84, 0, 0, 0, 0x1f]), 8],
  ['entries that empty the table', Buffer.from([0x3f, 0x01]), blockOf([['a', 'b']], true), 2],
];

describe('a field block is read in linear time:', () => {
  it.each(BLOCKS)('%s', (_name, before, piece, textBytes) => {
    const count = Math.ceil(100_000 / piece.length);
    const block = Buffer.concat([before, repeated(piece, count * TIMES)]);
    const decode = (times: number) => {
      const decoder = new HpackDecoder(LIMITS, new FieldMemo());
      const fields = decoder.decode(block, 0, before.length + times * piece.length);
      expect(decoder.fault).toBeUndefined();
      expect(fields!.length).toBeLessThanOrEqual(LIMITS.headerCountMax);
    };
    decode(count * TIMES);
    expect(work.textBytes).toBeLessThanOrEqual(before.length + textBytes * count * TIMES);
    expect(work.copiedBytes + work.allocatedBytes).toBeLessThanOrEqual(2 * block.length + 8192);
    expectLinearTime(count, decode);
  });

  it.each(BLOCKS)('and holds no more for more of them: %s', (_name, before, piece) => {
    const decoder = new HpackDecoder(LIMITS, new FieldMemo());
    const block = Buffer.concat([before, repeated(piece, Math.ceil(16_000 / piece.length))]);
    const first = decoder.decode(block, 0, block.length);
    const heldBefore = heldBytes();
    for (let i = 0; i < 50; i++) decoder.decode(block, 0, block.length);
    expect(heldBytes() - heldBefore).toBeLessThan(HELD_BYTES_MAX);
    expect(first).toBeDefined();
  });

  it('coded strings of any length', () => {
    const octets = Buffer.concat([
      Buffer.from([0x00, 1, 0x61, 0xff, 0x81, 0xfe, 0x23]),
      Buffer.alloc(600_000, 0),
    ]);
    const decode = (length: number) => {
      const decoder = new HpackDecoder({ ...LIMITS, headerBytesMax: 1 << 24 }, new FieldMemo());
      // 127 + (length - 127), over three octets.
      const rest = length - 127;
      octets.set([(rest & 0x7f) | 0x80, ((rest >> 7) & 0x7f) | 0x80, rest >> 14], 4);
      expect(decoder.decode(octets, 0, 7 + length)![0]!.value).toHaveLength((length * 8) / 5);
    };
    decode(600_000);
    expect(work.textBytes).toBeLessThanOrEqual(600_000 * 1.6 + 1);
    expectLinearTime(150_000, decode);
  });
});

// ── a connection ────────────────────────────────────────────────────────────────────────────────────────────

/** So few frames between two that bring something that none of them counts as a flood. */
const BATCH = 900;
const READ_BYTES = 65_536;

class Client {
  readonly net: FakeNetwork;
  writtenBytes = 0;

  /** So many streams, of which 1 has had its head and 3 is over; and as many requests that wait for room. */
  constructor(streams: number) {
    this.net = new FakeNetwork({ httpVersion: '2', h2Connections: 1 });
    for (let i = 0; i < streams; i++) this.net.send('http://host/');
    const { wire } = this.net;
    wire.onWritten = () => {
      this.writtenBytes += wire.written.length;
      wire.written = '';
    };
    wire.connect();
    this.receive(frameOf(Type.SETTINGS, 0, 0, settingsOf([[3, streams]])));
    this.receive(Buffer.concat([HEAD, frameOf(Type.HEADERS, END_HEADERS | 1, 3, Buffer.from([0x88]))]));
    for (let i = 0; i < streams; i++) this.net.send('http://host/');
    this.net.clock.advance(0);
  }

  receive(octets: Buffer): void {
    for (let at = 0; at < octets.length; at += READ_BYTES)
      this.net.wire.receive(octets.subarray(at, at + READ_BYTES));
    this.net.clock.advance(0);
  }

  /** With an octet of content now and then. */
  flood(frames: Buffer, times: number): void {
    const batch = Math.max(1, Math.min(times, BATCH, Math.floor(READ_BYTES / frames.length)));
    const octets = Buffer.concat([repeated(frames, batch), ONE_OCTET]);
    for (let done = 0; done < times; done += batch) this.receive(octets);
    expect(this.net.wire.state).toBe('open');
  }
}

const SETTINGS_MANY = 2_730;
const FLOODS: readonly (readonly [name: string, frames: Buffer, count: number])[] = [
  ['PING', PING, 10_000],
  ['SETTINGS', frameOf(Type.SETTINGS, 0, 0, NOTHING), 10_000],
  ['acknowledgements', frameOf(Type.SETTINGS, ACK, 0, NOTHING), 10_000],
  ['WINDOW_UPDATE of the connection', frameOf(Type.WINDOW_UPDATE, 0, 0, uint32(1)), 10_000],
  ['WINDOW_UPDATE of a stream', frameOf(Type.WINDOW_UPDATE, 0, 1, uint32(1)), 10_000],
  ['empty DATA', frameOf(Type.DATA, 0, 1, NOTHING), 10_000],
  ['padding', frameOf(Type.DATA, PADDED, 1, Buffer.from([3, 0, 0, 0])), 10_000],
  ['HEADERS of a stream that is over', frameOf(Type.HEADERS, END_HEADERS, 3, LONG_ENTRY), 500],
  ['empty CONTINUATION of a stream that is over', emptyPieces(3), 1000],
  ['DATA of a stream that is over', frameOf(Type.DATA, 0, 3, Buffer.from('x')), 10_000],
  ['RST_STREAM of a stream that is over', frameOf(Type.RST_STREAM, 0, 3, uint32(8)), 10_000],
  ['PRIORITY', frameOf(Type.PRIORITY, 0, 1, Buffer.alloc(5)), 10_000],
  ['unknown frames', frameOf(0x2a, 0, 0, Buffer.alloc(5)), 10_000],
  [
    'table sizes in turn',
    frameOf(
      Type.SETTINGS,
      0,
      0,
      repeated(
        settingsOf([
          [1, 0],
          [1, 4096],
        ]),
        SETTINGS_MANY / 2,
      ),
    ),
    10,
  ],
  [
    'numbers of streams',
    frameOf(
      Type.SETTINGS,
      0,
      0,
      repeated(
        settingsOf([
          [3, 0],
          [3, 2],
        ]),
        SETTINGS_MANY / 2,
      ),
    ),
    10,
  ],
  [
    'windows',
    frameOf(
      Type.SETTINGS,
      0,
      0,
      repeated(
        settingsOf([
          [4, 0],
          [4, 65_535],
        ]),
        SETTINGS_MANY / 2,
      ),
    ),
    10,
  ],
  ['unknown settings', frameOf(Type.SETTINGS, 0, 0, repeated(settingsOf([[0x99, 1]]), SETTINGS_MANY)), 10],
];

describe('a connection takes no more than linear time, and holds no more, for', () => {
  it.each(FLOODS)('%s', (_name, frames, count) => {
    const client = new Client(100);
    client.flood(frames, count);
    const [writtenBefore, heldBefore] = [client.writtenBytes, heldBytes()];
    const before = { ...work };
    client.flood(frames, count * TIMES);
    const sentBytes = frames.length * count * TIMES;
    expect(client.writtenBytes - writtenBefore).toBeLessThanOrEqual(2 * sentBytes + 100);
    expect(work.copiedBytes - before.copiedBytes).toBeLessThanOrEqual(5 * sentBytes);
    expect(work.allocatedBytes - before.allocatedBytes).toBeLessThanOrEqual(5 * sentBytes);
    expect(heldBytes() - heldBefore).toBeLessThan(HELD_BYTES_MAX);
    expectLinearTime(count, (times) => client.flood(frames, times));
  });

  it('windows that change again and again in one frame, with many streams open', () => {
    const few = 682;
    const clients = new Map([few, few * TIMES].map((count) => [count, new Client(count)]));
    expectLinearTime(few, (count) => {
      const windows = Array.from({ length: count }, (_, i) => [4, 65_535 - (i % 2)] as const);
      clients.get(count)!.flood(frameOf(Type.SETTINGS, 0, 0, settingsOf(windows)), 40);
    });
  });

  it('REFUSED_STREAM on whatever is sent', () => {
    const refuse = (times: number) => {
      const client = new Client(100);
      for (let i = 0; i < times; i++) client.receive(frameOf(Type.RST_STREAM, 0, 5 + 2 * i, uint32(7)));
      expect(client.net.wire.state).toBe('open');
      expect(client.writtenBytes).toBeLessThan(20_000 + 100 * times);
      return client.net.asked.filter(({ done }) => done).length;
    };
    expectLinearTime(1000, refuse);
    // The one of stream 3, and those that were refused too often.
    expect(refuse(4000)).toBeGreaterThan(1);
  });
});
