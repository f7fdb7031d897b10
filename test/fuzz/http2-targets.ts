// What a server sends over HTTP/2: frames, field sections, whole conversations.

import { ErrorCode } from '../../src/transport/http2/errors.ts';
import { Field } from '../../src/transport/http2/field.ts';
import { FrameReader } from '../../src/transport/http2/frame-reader.ts';
import type { FrameLimits } from '../../src/transport/http2/frame-visitor.ts';
import { ResponseHeads } from '../../src/transport/http2/response-heads.ts';
import { Type } from '../fake/frame-octets.ts';
import { latin1 } from '../transport/http1/observe.ts';
import { FRAME_LIMITS, OPENING, Recorder } from '../transport/http2/frames.ts';
import { HPACK_TARGETS } from './hpack-targets.ts';
import { converse } from './http2-conversation.ts';
import {
  CONVERSATIONS,
  ENDS_HEADERS,
  FRAME_WORDS,
  NEXT,
  PADDED,
  PLAIN,
  pairsOf,
  script,
  stepOf,
} from './http2-script.ts';
import { type FuzzTarget, holds, same } from './target.ts';

// ── frames ──────────────────────────────────────────────────────────────────────────────────────────────────

const NARROW: FrameLimits = { headerBlockBytesMax: 40, continuationsMax: 2 };
const PIECES_BYTES = [1, 2, 7, 100];
const FRAME_CODES: readonly number[] = [
  ErrorCode.PROTOCOL_ERROR,
  ErrorCode.FLOW_CONTROL_ERROR,
  ErrorCode.FRAME_SIZE_ERROR,
  ErrorCode.ENHANCE_YOUR_CALM,
];

/** Holds the reader to what it promises while it tells. */
class Witness extends Recorder {
  readonly reader: FrameReader;
  readonly #limits: FrameLimits;
  /** Octets of DATA frames, by stream. */
  readonly flow = new Map<number, number>();

  constructor(limits: FrameLimits) {
    super();
    this.#limits = limits;
    this.reader = new FrameReader(limits, this, 1000);
    this.heard = () => holds(this.reader.fault === undefined, 'nothing is told behind a fault');
  }

  override onData(id: number, b: Buffer, start: number, end: number, flowBytes: number, ends: boolean): void {
    holds(this.reader.fault === undefined, 'no DATA is told behind a fault');
    holds(start >= 0 && end >= start && end <= b.length, 'content is a piece of what came');
    holds(flowBytes >= end - start, 'what it takes of the windows is not less than its content');
    this.flow.set(id, (this.flow.get(id) ?? 0) + flowBytes);
    super.onData(id, b, start, end, flowBytes, ends);
  }

  override onHeaders(id: number, b: Buffer, start: number, end: number, ends: boolean): void {
    holds(start >= 0 && end >= start && end <= b.length, 'a block is a piece of what came');
    holds(end - start <= this.#limits.headerBlockBytesMax, 'a block within its limit');
    super.onHeaders(id, b, start, end, ends);
  }
}

function observe(octets: Buffer, pieceBytes: number, limits: FrameLimits) {
  const witness = new Witness(limits);
  const { reader } = witness;
  for (let at = 0; at < octets.length; at += pieceBytes) {
    const before = reader.fault;
    const piece = Buffer.from(octets.subarray(at, at + pieceBytes));
    same(reader.execute(piece, 0, piece.length), reader.fault === undefined, 'it goes on without a fault');
    holds(before === undefined || reader.fault === before, 'a fault stays as it is');
    piece.fill(0xdd);
  }
  const { fault, emptyFrames, dataFrames, controlFrames } = reader;
  if (fault !== undefined) {
    holds(FRAME_CODES.includes(fault.code), 'a code for what is wrong');
    holds(/^[ -~]{1,200}$/.test(fault.message), 'a message of one short line');
  }
  const flow = [...witness.flow].filter(([, bytes]) => bytes > 0).sort(([one], [other]) => one - other);
  return { lines: witness.all(), fault, emptyFrames, dataFrames, controlFrames, flow };
}

/** The plainest reading of frames without a fault: what they take of the windows. */
function flowOf(octets: Buffer): [number, number][] {
  const flow = new Map<number, number>();
  for (let at = 0; at + 9 <= octets.length; ) {
    const length = octets.readUIntBE(at, 3);
    const streamId = octets.readUInt32BE(at + 5) & 0x7fffffff;
    const isPadded = (octets[at + 4]! & 8) !== 0;
    const came = Math.min(length, octets.length - at - 9);
    // What says how long the padding is counts with what is behind it.
    const counts = isPadded && came === 1 && length > 1 ? 0 : came;
    if (octets[at + 3] === Type.DATA && counts > 0) flow.set(streamId, (flow.get(streamId) ?? 0) + counts);
    at += 9 + length;
  }
  return [...flow].sort(([one], [other]) => one - other);
}

const frameReader: FuzzTarget = {
  name: 'http2-frames',
  corpus: CONVERSATIONS,
  words: FRAME_WORDS,
  check(input) {
    const octets = Buffer.concat([OPENING, ...input.split(NEXT).map((record) => stepOf(record).octets)]);
    for (const [stream, limits] of [
      [octets, FRAME_LIMITS],
      [octets, NARROW],
      [Buffer.concat([OPENING, latin1(input)]), FRAME_LIMITS],
      [latin1(input), FRAME_LIMITS],
    ] as const) {
      const whole = observe(stream, Math.max(1, stream.length), limits);
      for (const bytes of PIECES_BYTES) same(observe(stream, bytes, limits), whole, `in pieces of ${bytes}`);
      if (whole.fault === undefined) same(whole.flow, flowOf(stream), 'what DATA takes of the windows');
    }
  },
  floods: [
    ['', `0${PLAIN}\x01${NEXT}`, ''],
    ['', `0${PADDED}\x01\x03\0\0\0${NEXT}`, ''],
    ['', `4${PLAIN}${PLAIN}\0\x01\0\0\0\0${NEXT}`, ''],
    [`4${PLAIN}${PLAIN}`, '\0\x04\0\0\0\x01', ''],
    ['', `6${PLAIN}${PLAIN}01234567${NEXT}`, ''],
    ['', `1${PLAIN}\x01${NEXT}9${ENDS_HEADERS}\x01${NEXT}`, ''],
    ['', `2${PLAIN}\x01${NEXT}`, ''],
    ['', '\0\0\0\0\0\0\0\0\x01', ''],
  ],
  floodBytes: 60_000,
};

// ── field sections ──────────────────────────────────────────────────────────────────────────────────────────

const responseHeads: FuzzTarget = {
  name: 'http2-heads',
  corpus: [
    script(
      ':status=200\nserver=x\nset-cookie=a=b\nset-cookie=c',
      ':status=200\nserver=x',
      'checksum=1\nx=',
      ':status=304\ncontent-length=5',
    ),
    script(
      ':status=200\ncontent-length=1, 1\ncontent-length=1',
      ':status=200\ncontent-length=01\ncontent-length=1',
      ':status=101',
    ),
    script(
      ':status=103\nlink=</a>',
      ':status=200\n:path=/',
      'connection=close',
      ':status=200\nte=\xff\x0b\x85\xa0',
      ':status=0200\nA=b',
      '',
    ),
  ],
  words: [
    ...[
      NEXT,
      '\n',
      '=',
      ':',
      ':status=',
      ':status=200\n',
      '200',
      'content-length=',
      'transfer-encoding=chunked',
      ' ',
      '\t',
      ', ',
    ],
    ...[
      '\r',
      '\0',
      '\x0b',
      '\x0c',
      '\x85',
      '\xa0',
      'a=b',
      'content-type=text/html;charset=utf-8',
      '9'.repeat(15),
      '9'.repeat(16),
    ],
  ],
  check(input) {
    const known = new Map<string, Field>();
    const field = (name: string, value: string): Field => {
      const key = `${name}=${value}`;
      if (!known.has(key)) known.set(key, new Field(name, value));
      return known.get(key)!;
    };
    const heads = new ResponseHeads();
    for (const section of input.split(NEXT)) {
      const fields = section === '' ? [] : pairsOf(section);
      const shared = fields.map(([name, value]) => field(name, value));
      const fresh = fields.map(([name, value]) => new Field(name, value));
      const alone = new ResponseHeads();
      const head = heads.head(shared);
      const headFault = head === undefined ? heads.fault : undefined;
      same(
        [head, head?.headers],
        [alone.head(fresh), alone.head(fresh)?.headers],
        'the head, whatever came before',
      );
      same(headFault, alone.fault, 'the fault, whatever came before');
      same(head === undefined, headFault !== undefined, 'a head, or a fault');
      // Octets above ASCII are shown as they are.
      holds(
        !/[\0-\x1f]/.test(headFault?.message ?? '') && (headFault?.message.length ?? 0) < 300,
        'a message of one short line',
      );
      if (head !== undefined) {
        holds(/^[1-9]\d\d$/.test(String(head.status)) && head.status !== 101, 'a status');
        same(head.headers, fields.slice(1), 'the fields as they came');
        const lengths = fields.filter(([name]) => name === 'content-length').map(([, value]) => value);
        const { contentLength } = head.framing;
        same(lengths.length === 0, contentLength === undefined, 'a length where there is a field of it');
        if (Number.isInteger(contentLength)) {
          const items = lengths.flatMap((value) => value.split(',')).map((item) => item.trim());
          holds(
            items.every((item) => /^\d+$/.test(item) && Number(item) === contentLength),
            'a length that all fields say',
          );
        } else holds(contentLength === undefined || Number.isNaN(contentLength), 'a length, or none');
      }
      const trailers = heads.trailers(shared);
      same(trailers === undefined, heads.fault !== undefined, 'trailers, or a fault');
      same(trailers, alone.trailers(fresh), 'the trailers, whatever came before');
      if (trailers !== undefined) {
        same(
          trailers,
          fields.map(([name, value]) => `${name}: ${value}\r\n`).join(''),
          'the lines of trailers',
        );
        holds(!trailers.replaceAll('\r\n', '').match(/[\r\n\0]/), 'no line that was not there');
      }
    }
  },
  floods: [
    [':status=200\n', 'a=b\n', 'a='],
    [':status=200\na=x', ' \t', 'x'],
    [':status=200\ncontent-length=', '1, ', '1'],
    [':status=200\n', 'content-length=1\n', 'content-length=1'],
    [':status=200\n', 'content-length=1\n', 'content-length=2'],
    [':status=200\n', 'a', '\0=b'],
    [':status=200\na=', 'b', '\0'],
    [':status=200\ncontent-length=', ' ', '1'],
    [':status=200\ncontent-length=1', ' ', 'x'],
    ['', `:status=200${NEXT}`, ''],
  ],
  floodBytes: 60_000,
};

// ── conversations ───────────────────────────────────────────────────────────────────────────────────────────

const connection: FuzzTarget = {
  name: 'http2-connection',
  corpus: CONVERSATIONS,
  words: FRAME_WORDS,
  check(input) {
    const steps = input.split(NEXT).map(stepOf);
    const whole = converse(steps, 1 << 20);
    for (const readBytes of [1, 5, 64]) same(converse(steps, readBytes), whole, `in reads of ${readBytes}`);
  },
  floods: [
    ['', `${NEXT}6${PLAIN}${PLAIN}01234567`, ''],
    ['', `${NEXT}4${PLAIN}${PLAIN}`, ''],
    [`4${PLAIN}${PLAIN}${NEXT}h${ENDS_HEADERS}\x01:status=200`, `${NEXT}0${PLAIN}\x01x`, ''],
    [`4${PLAIN}${PLAIN}`, `${NEXT}1${ENDS_HEADERS}\x03\x88`, ''],
    [`4${PLAIN}${PLAIN}`, `${NEXT}3${PLAIN}\x03\0\0\0\x07`, ''],
    [`4${PLAIN}${PLAIN}`, `${NEXT}ts`, ''],
  ],
  floodBytes: 4000,
};

export const HTTP2_TARGETS: readonly FuzzTarget[] = [
  frameReader,
  ...HPACK_TARGETS,
  responseHeads,
  connection,
];
