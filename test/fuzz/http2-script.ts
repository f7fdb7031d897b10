// What a server says over HTTP/2 as a text of records, which damage leaves frames for the most part: whole conversations,
// and what they are made of.

import { blockOf, frameOf, type Pair, Type } from '../fake/frame-octets.ts';
import { latin1 } from '../transport/http1/observe.ts';

/** Between two records, blocks or sections. */
export const NEXT = '\xff\xfe';
export const END = '\x01';
export const ENDS_HEADERS = '\x04';
export const ENDS_BOTH = '\x05';
export const PADDED = '\x08';
export const PLAIN = '\0';

/** A record is the type of a frame as a digit, its flags and its stream as an octet each, and its payload, so that damage
 *  leaves most frames whole; where the type is an octet, they may have any length. `h` has lines of fields in place of a
 *  block, `r` octets that need be no frame, and `t` ends a turn: the octet behind it says what happens on our side. */
export function script(...records: readonly string[]): string {
  return records.join(NEXT);
}

export interface Step {
  readonly octets: Buffer;
  /** What our side does then; undefined for a frame. */
  readonly act: string | undefined;
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

const NO_FRAME = { type: -1, flags: 0, streamId: 0, payload: Buffer.alloc(0) };

export function stepOf(record: string): Step {
  const [kind = '', act = ''] = record;
  if (kind === 't') return { ...NO_FRAME, octets: Buffer.alloc(0), act };
  if (kind === 'r') return { ...NO_FRAME, octets: latin1(record.slice(1)), act: undefined };
  const isDigit = /[0-9]/.test(kind);
  const type = kind === 'h' ? Type.HEADERS : isDigit ? Number(kind) : kind.charCodeAt(0) || 0;
  const flags = record.charCodeAt(1) || 0;
  const streamId = record.charCodeAt(2) || 0;
  const content = record.slice(3);
  const octets = kind === 'h' ? blockOf(pairsOf(content)) : latin1(content);
  const payload = isDigit ? fitting(type, flags, octets) : octets;
  return { octets: frameOf(type, flags, streamId, payload), act: undefined, type, flags, streamId, payload };
}

const LENGTHS = new Map<number, number>([
  [Type.PRIORITY, 5],
  [Type.RST_STREAM, 4],
  [Type.PING, 8],
  [Type.WINDOW_UPDATE, 4],
]);

/** As long as such a frame must be: what would only end the connection hides what is behind it. */
function fitting(type: number, flags: number, payload: Buffer): Buffer {
  const ofSettings = flags % 2 === 1 ? 0 : payload.length - (payload.length % 6);
  const length = type === Type.SETTINGS ? ofSettings : (LENGTHS.get(type) ?? payload.length);
  return Buffer.concat([payload, Buffer.alloc(LENGTHS.get(type) ?? 0)]).subarray(0, length);
}

/** Lines of name=value; the first = may not be the first octet. */
export function pairsOf(text: string): Pair[] {
  return text.split('\n').map((line) => {
    const at = line.indexOf('=', 1);
    return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
  });
}

export const CONVERSATIONS = [
  script(
    ...[
      `4${PLAIN}${PLAIN}\0\x03\0\0\0\x64\0\x04\0\0\0\x64\0\x99\0\0\0\x01`,
      't',
      `6${PLAIN}${PLAIN}01234567`,
    ],
    ...[
      `h${ENDS_HEADERS}\x01:status=103\nlink=</a>`,
      `h${ENDS_HEADERS}\x01:status=200\na=b\ncontent-length=11`,
    ],
    ...[`0${PADDED}\x01\x03hello \0\0\0`, `0${PLAIN}\x01world`, `h${ENDS_BOTH}\x01checksum=1`, 't'],
    ...[`h${PLAIN}\x03:status=200`, `9${PLAIN}\x03`, `9${ENDS_HEADERS}\x03\0\x01a\x01b`, `0${END}\x03zzz`],
    ...[`3${PLAIN}\x05\0\0\0\x02`, `0${PLAIN}\x07no head`, 'tu', `8${PLAIN}${PLAIN}\0\0\x03\xe8`, 't'],
    ...[
      `8${PLAIN}\x0d\0\0\0\x64`,
      `h${ENDS_BOTH}\x0b:status=204`,
      `7${PLAIN}${PLAIN}\0\0\0\x0b\0\0\0\0bye`,
      't',
    ],
  ),
  script(
    ...[`4${PLAIN}${PLAIN}\0\x01\0\0\0\0\0\x05\0\0\x40\0\0\x03\0\0\0\x02`, `4${END}${PLAIN}`, 't'],
    ...[`h${ENDS_HEADERS}\x01:status=200`, `3${PLAIN}\x03\0\0\0\x07`, 't', `3${PLAIN}\x05\0\0\0\x07`, 'ts'],
    ...[
      `0${END}\x01body`,
      `8${PLAIN}\x07\0\0\x01\0`,
      `1${ENDS_BOTH}\x09\x88\x40\x01a\x01b`,
      'ts',
      `1${ENDS_BOTH}\x0b\x88\xbe`,
    ],
  ),
  script(
    ...[`4${PLAIN}${PLAIN}`, `h${ENDS_HEADERS}\x09:status=100`, 't', `h${ENDS_HEADERS}\x07:status=200`, 'tc'],
    ...[
      `0${PLAIN}\x07taken`,
      'tr',
      `0${END}\x07 to its end`,
      `0${PLAIN}\x01late`,
      `h${ENDS_BOTH}\x01:status=200`,
    ],
    ...[
      'tw',
      `6${PLAIN}${PLAIN}abcdefgh`,
      'td',
      `2${PLAIN}\x03\0\0\0\0\x0f`,
      `\x2a${PLAIN}\x05unknown`,
      'tm',
    ],
    ...[
      `1\x2c\x05\x02\0\0\0\0\x0f\x88\0\0`,
      `h${ENDS_BOTH}\x03:status=421`,
      `h${ENDS_HEADERS}\x0b:status=417`,
    ],
  ),
  script(
    ...[
      `4${PLAIN}${PLAIN}`,
      `h${ENDS_HEADERS}\x07:status=200`,
      `0${PLAIN}\x07enough!`,
      `0${END}\x07of it`,
      'ts',
    ],
    ...[`h${ENDS_HEADERS}\x01:status=200\nstop=1`, `h${ENDS_BOTH}\x03:status=200`, 't', `0${END}\x01x`],
  ),
  script(
    ...[`4${PLAIN}${PLAIN}`, `h${ENDS_BOTH}\x07:status=200\nstop=1`, `h${ENDS_BOTH}\x03:status=200`, 't'],
    ...[`0${PLAIN}\x07late`, 'ts', `h${ENDS_BOTH}\x0d:status=200`],
  ),
];

export const FRAME_WORDS = [
  ...[
    NEXT,
    `${NEXT}t`,
    `${NEXT}ts`,
    `${NEXT}tc`,
    `${NEXT}tu`,
    'stop=1\n',
    '!',
    `${NEXT}r`,
    '\0\0\0\0',
    '\x7f\xff\xff\xff',
    ':status=',
    'a=b\n',
  ],
  ...[`${NEXT}h${ENDS_HEADERS}\x01:status=200`, `${NEXT}h${ENDS_BOTH}\x03:status=200\ncontent-length=0`],
  ...[`${NEXT}0${PLAIN}\x01x`, `${NEXT}0${END}\x01`, `${NEXT}0${PADDED}\x03\x05`, `${NEXT}1${PLAIN}\x01\x88`],
  ...[
    `${NEXT}3${PLAIN}\x05\0\0\0\x07`,
    `${NEXT}4${PLAIN}${PLAIN}`,
    `${NEXT}4${END}${PLAIN}`,
    `${NEXT}5${ENDS_HEADERS}\x01`,
  ],
  ...[
    `${NEXT}7${PLAIN}${PLAIN}\0\0\0\x03\0\0\0\0`,
    `${NEXT}8${PLAIN}${PLAIN}\x7f\xff\xff\xff`,
    `${NEXT}9${ENDS_HEADERS}\x01`,
  ],
  ...[
    `${NEXT}4${PLAIN}${PLAIN}\0\x04\0\0\0\0`,
    `${NEXT}4${PLAIN}${PLAIN}\0\x03\0\0\0\0`,
    '\0\x04\x7f\xff\xff\xff',
  ],
];
