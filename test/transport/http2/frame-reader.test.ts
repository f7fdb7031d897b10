// Every frame, cut at every octet; and every error of RFC 9113 that shows without knowing the streams, by section.

import { describe, expect, it } from 'vitest';
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
  PADDED,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  RST_STREAM,
  read,
  readBytewise,
  SETTINGS,
  WINDOW_UPDATE,
  WITH_PRIORITY,
} from './frames.ts';

const PROTOCOL_ERROR = 1;
const FLOW_CONTROL_ERROR = 3;
const FRAME_SIZE_ERROR = 6;
const PING_OCTETS = '0102030405060708';

const FRAMES: ReadonlyArray<readonly [name: string, octets: readonly Buffer[], lines: readonly string[]]> = [
  ['DATA', [frame(DATA, 0, 1, '6869')], ['data 1 6869 (2)']],
  ['DATA with END_STREAM', [frame(DATA, END_STREAM, 1, '6869')], ['data 1 6869 (2) end']],
  ['DATA that is empty', [frame(DATA, 0, 1)], ['data 1  (0)']],
  ['DATA that is empty, with END_STREAM', [frame(DATA, END_STREAM, 3)], ['data 3  (0) end']],
  ['DATA with padding', [frame(DATA, PADDED | END_STREAM, 1, '0368690000ff')], ['data 1 6869 (6) end']],
  ['DATA with padding of none', [frame(DATA, PADDED, 1, '006869')], ['data 1 6869 (3)']],
  ['DATA of padding alone', [frame(DATA, PADDED, 1, '020000')], ['data 1  (3)']],
  ['DATA of the padding’s length alone', [frame(DATA, PADDED | END_STREAM, 1, '00')], ['data 1  (1) end']],
  [
    'DATA of several streams',
    [frame(DATA, 0, 1, '61'), frame(DATA, 0, 3, '62'), frame(DATA, END_STREAM, 1, '63')],
    ['data 1 61 (1)', 'data 3 62 (1)', 'data 1 63 (1) end'],
  ],
  ['HEADERS', [frame(HEADERS, END_HEADERS, 1, '8882')], ['headers 1 8882']],
  ['HEADERS with END_STREAM', [frame(HEADERS, END_HEADERS | END_STREAM, 5, '88')], ['headers 5 88 end']],
  ['HEADERS that are empty', [frame(HEADERS, END_HEADERS, 1)], ['headers 1 ']],
  ['HEADERS with padding', [frame(HEADERS, END_HEADERS | PADDED, 1, '02888200ff')], ['headers 1 8882']],
  [
    'HEADERS with a priority, which is passed over',
    [frame(HEADERS, END_HEADERS | WITH_PRIORITY, 1, '80000003ff88')],
    ['headers 1 88'],
  ],
  [
    'HEADERS with both',
    [frame(HEADERS, END_HEADERS | PADDED | WITH_PRIORITY, 1, '0100000003ff8800')],
    ['headers 1 88'],
  ],
  [
    'HEADERS and CONTINUATION',
    [
      frame(HEADERS, END_STREAM | PADDED, 1, '0188ff'),
      frame(CONTINUATION, 0, 1, '8283'),
      frame(CONTINUATION, 0, 1),
      frame(CONTINUATION, END_HEADERS, 1, '84'),
      frame(HEADERS, END_HEADERS, 1, '85'),
    ],
    ['headers 1 88828384 end', 'headers 1 85'],
  ],
  [
    'HEADERS that are empty, and CONTINUATION',
    [frame(HEADERS, 0, 1), frame(CONTINUATION, END_HEADERS, 1, '88')],
    ['headers 1 88'],
  ],
  ['PRIORITY, which is passed over', [frame(PRIORITY, 0, 2, '0000000110')], []],
  ['RST_STREAM', [frame(RST_STREAM, 0, 7, '00000008')], ['reset 7 8']],
  ['RST_STREAM with a code that is not known', [frame(RST_STREAM, 0, 7, 'fffffffe')], ['reset 7 4294967294']],
  [
    'SETTINGS',
    [frame(SETTINGS, 0, 0, '000300000064 00040000ffff')],
    ['setting 3 100', 'setting 4 65535', 'settings'],
  ],
  ['SETTINGS that are empty', [frame(SETTINGS, 0, 0)], ['settings']],
  [
    'SETTINGS with the least and the most that may be',
    [frame(SETTINGS, 0, 0, '000200000000 00047fffffff 000500004000 000500ffffff')],
    ['setting 2 0', 'setting 4 2147483647', 'setting 5 16384', 'setting 5 16777215', 'settings'],
  ],
  [
    'SETTINGS that are not known',
    [frame(SETTINGS, 0, 0, 'ffffffffffff')],
    ['setting 65535 4294967295', 'settings'],
  ],
  ['SETTINGS acknowledged', [frame(SETTINGS, ACK, 0)], ['settings ack']],
  ['PING', [frame(PING, 0, 0, PING_OCTETS)], [`ping ${PING_OCTETS}`]],
  ['PING acknowledged', [frame(PING, ACK, 0, PING_OCTETS)], [`ping ack ${PING_OCTETS}`]],
  ['GOAWAY', [frame(GOAWAY, 0, 0, '7fffffff00000000')], ['goaway 2147483647 0']],
  [
    'GOAWAY that says why',
    [frame(GOAWAY, 0, 0, '000000050000000b6f7665726c6f6164')],
    ['goaway 5 11 overload'],
  ],
  ['WINDOW_UPDATE of the connection', [frame(WINDOW_UPDATE, 0, 0, '00000001')], ['window 0 1']],
  ['WINDOW_UPDATE of a stream', [frame(WINDOW_UPDATE, 0, 9, '7fffffff')], ['window 9 2147483647']],
  ['section 5.5: a frame that is not known', [frame(0x2a, 0xff, 4, '010203'), frame(0xff, 0, 0)], []],
  ['section 4.1: flags that mean nothing', [frame(PING, 0xfe, 0, PING_OCTETS)], [`ping ${PING_OCTETS}`]],
  [
    'section 4.1: the reserved bit of a stream',
    [frame(RST_STREAM, 0, 0x80000003, '00000000'), frame(DATA, 0, 0x80000003, '61')],
    ['reset 3 0', 'data 3 61 (1)'],
  ],
  [
    'section 6.8 and 6.9: reserved bits in payloads',
    [frame(GOAWAY, 0, 0, '8000000100000000'), frame(WINDOW_UPDATE, 0, 0, '80000002')],
    ['goaway 1 0', 'window 0 2'],
  ],
  [
    'section 4.2: a frame of the greatest length',
    [frame(DATA, 0, 1, Buffer.alloc(16_384, 0x61)), frame(PING, 0, 0, PING_OCTETS)],
    [`data 1 ${'61'.repeat(16_384)} (16384)`, `ping ${PING_OCTETS}`],
  ],
];

describe('frames', () => {
  it.each(FRAMES)('%s, cut at every octet', (_name, frames, lines) => {
    const octets = Buffer.concat([OPENING, ...frames]);
    const whole = read(octets);
    expect(whole).toMatchObject({ lines: ['settings', ...lines], fault: undefined });
    // All of a long frame at once would take a second.
    const step = octets.length > 1000 ? 97 : 1;
    for (let cut = 1; cut < octets.length; cut += step) expect(read(octets, [cut])).toEqual(whole);
    expect(readBytewise(octets)).toEqual(whole);
  });

  it('come in one run as they come one by one', () => {
    const octets = Buffer.concat([OPENING, ...FRAMES.flatMap(([, frames]) => frames)]);
    const whole = read(octets);
    expect(whole.fault).toBeUndefined();
    for (const size of [2, 3, 7, 9, 10, 64, 4096]) {
      const cuts = Array.from({ length: Math.ceil(octets.length / size) - 1 }, (_, i) => (i + 1) * size);
      expect(read(octets, cuts)).toEqual(whole);
    }
  });

  it('say nothing before they are whole', () => {
    for (const [, frames, lines] of FRAMES) {
      const octets = Buffer.concat([OPENING, frames.at(-1)!]);
      const cut = read(octets.subarray(0, -1)).lines.slice(1);
      if (lines.length > 0) expect(cut.filter((line) => !line.startsWith('data'))).toEqual([]);
      expect(cut.some((line) => line.endsWith(' end'))).toBe(false);
    }
  });
});

describe('errors of the connection', () => {
  const cases: ReadonlyArray<readonly [string, readonly Buffer[], number, string]> = [
    [
      '4.2: a frame that is too large',
      [frame(DATA, 0, 1, Buffer.alloc(16_385))],
      FRAME_SIZE_ERROR,
      'a DATA frame of 16385 octets',
    ],
    [
      '4.2: one that is not known and too large',
      [frame(0x2a, 0, 1, Buffer.alloc(16_385))],
      FRAME_SIZE_ERROR,
      'a type 0x2a frame',
    ],
    [
      '5.1.1: DATA on a stream of the server',
      [frame(DATA, 0, 2, '61')],
      PROTOCOL_ERROR,
      'DATA frame on stream 2',
    ],
    [
      '5.1.1: HEADERS on a stream of the server',
      [frame(HEADERS, END_HEADERS, 2, '88')],
      PROTOCOL_ERROR,
      'HEADERS frame on stream 2',
    ],
    [
      '5.1.1: RST_STREAM on a stream of the server',
      [frame(RST_STREAM, 0, 4, '00000000')],
      PROTOCOL_ERROR,
      'RST_STREAM frame on stream 4',
    ],
    [
      '5.1.1: WINDOW_UPDATE on a stream of the server',
      [frame(WINDOW_UPDATE, 0, 4, '00000001')],
      PROTOCOL_ERROR,
      'WINDOW_UPDATE frame on stream 4',
    ],
    ['6.1: DATA on stream 0', [frame(DATA, 0, 0, '61')], PROTOCOL_ERROR, 'DATA frame on stream 0'],
    [
      '6.1: DATA with more padding',
      [frame(DATA, PADDED, 1, '036161')],
      PROTOCOL_ERROR,
      'more padding than octets',
    ],
    [
      '6.1: DATA too short for its padding’s length',
      [frame(DATA, PADDED, 1)],
      FRAME_SIZE_ERROR,
      'a DATA frame of 0 octets',
    ],
    [
      '6.2: HEADERS on stream 0',
      [frame(HEADERS, END_HEADERS, 0, '88')],
      PROTOCOL_ERROR,
      'HEADERS frame on stream 0',
    ],
    [
      '6.2: HEADERS with too much padding',
      [frame(HEADERS, END_HEADERS | PADDED, 1, '0288')],
      PROTOCOL_ERROR,
      'more padding than octets',
    ],
    [
      '6.2: HEADERS with padding in their priority',
      [frame(HEADERS, END_HEADERS | PADDED | WITH_PRIORITY, 1, '010000000110')],
      PROTOCOL_ERROR,
      'more padding',
    ],
    [
      '6.2: HEADERS too short for their padding’s length',
      [frame(HEADERS, END_HEADERS | PADDED, 1)],
      FRAME_SIZE_ERROR,
      'a HEADERS frame of 0',
    ],
    [
      '6.2: HEADERS too short for their priority',
      [frame(HEADERS, END_HEADERS | WITH_PRIORITY, 1, '00000001')],
      FRAME_SIZE_ERROR,
      'a HEADERS frame of 4',
    ],
    [
      '6.2: another frame inside of a field block',
      [frame(HEADERS, 0, 1, '88'), frame(DATA, 0, 1, '61')],
      PROTOCOL_ERROR,
      'DATA frame on stream 1 inside of the field block of stream 1',
    ],
    [
      '6.2: HEADERS inside of a field block',
      [frame(HEADERS, 0, 1, '88'), frame(HEADERS, END_HEADERS, 1, '88')],
      PROTOCOL_ERROR,
      'inside of the field block',
    ],
    [
      '5.5: one that is not known inside of a field block',
      [frame(HEADERS, 0, 1, '88'), frame(0x2a, 0, 1)],
      PROTOCOL_ERROR,
      'type 0x2a frame',
    ],
    [
      '6.3: PRIORITY on stream 0',
      [frame(PRIORITY, 0, 0, '0000000110')],
      PROTOCOL_ERROR,
      'PRIORITY frame on stream 0',
    ],
    [
      '6.4: RST_STREAM on stream 0',
      [frame(RST_STREAM, 0, 0, '00000000')],
      PROTOCOL_ERROR,
      'RST_STREAM frame on stream 0',
    ],
    [
      '6.4: RST_STREAM too short',
      [frame(RST_STREAM, 0, 1, '000000')],
      FRAME_SIZE_ERROR,
      'a RST_STREAM frame of 3',
    ],
    [
      '6.4: RST_STREAM too long',
      [frame(RST_STREAM, 0, 1, '0000000000')],
      FRAME_SIZE_ERROR,
      'a RST_STREAM frame of 5',
    ],
    ['6.4: RST_STREAM that is empty', [frame(RST_STREAM, 0, 1)], FRAME_SIZE_ERROR, 'a RST_STREAM frame of 0'],
    ['6.5: SETTINGS on a stream', [frame(SETTINGS, 0, 1)], PROTOCOL_ERROR, 'SETTINGS frame on stream 1'],
    [
      '6.5: SETTINGS of half a setting',
      [frame(SETTINGS, 0, 0, '0003000000')],
      FRAME_SIZE_ERROR,
      'a SETTINGS frame of 5',
    ],
    [
      '6.5: SETTINGS acknowledged with settings',
      [frame(SETTINGS, ACK, 0, '000300000001')],
      FRAME_SIZE_ERROR,
      'a SETTINGS frame of 6',
    ],
    [
      '6.5.2: ENABLE_PUSH of 1 from a server',
      [frame(SETTINGS, 0, 0, '000200000001')],
      PROTOCOL_ERROR,
      'ENABLE_PUSH of 1',
    ],
    ['6.5.2: ENABLE_PUSH of 2', [frame(SETTINGS, 0, 0, '000200000002')], PROTOCOL_ERROR, 'ENABLE_PUSH of 2'],
    [
      '6.5.2: INITIAL_WINDOW_SIZE of 2^31',
      [frame(SETTINGS, 0, 0, '000480000000')],
      FLOW_CONTROL_ERROR,
      'INITIAL_WINDOW_SIZE of 2147483648',
    ],
    [
      '6.5.2: MAX_FRAME_SIZE of 16383',
      [frame(SETTINGS, 0, 0, '000500003fff')],
      PROTOCOL_ERROR,
      'MAX_FRAME_SIZE of 16383',
    ],
    [
      '6.5.2: MAX_FRAME_SIZE of 2^24',
      [frame(SETTINGS, 0, 0, '000501000000')],
      PROTOCOL_ERROR,
      'MAX_FRAME_SIZE of 16777216',
    ],
    [
      '6.6: PUSH_PROMISE, which is off',
      [frame(PUSH_PROMISE, END_HEADERS, 1, '0000000288')],
      PROTOCOL_ERROR,
      'a PUSH_PROMISE',
    ],
    ['6.7: PING on a stream', [frame(PING, 0, 1, PING_OCTETS)], PROTOCOL_ERROR, 'PING frame on stream 1'],
    [
      '6.7: PING of seven octets',
      [frame(PING, 0, 0, '01020304050607')],
      FRAME_SIZE_ERROR,
      'a PING frame of 7',
    ],
    [
      '6.7: PING acknowledged with nine octets',
      [frame(PING, ACK, 0, '010203040506070809')],
      FRAME_SIZE_ERROR,
      'a PING frame of 9',
    ],
    [
      '6.8: GOAWAY on a stream',
      [frame(GOAWAY, 0, 1, '0000000100000000')],
      PROTOCOL_ERROR,
      'GOAWAY frame on stream 1',
    ],
    [
      '6.8: GOAWAY too short',
      [frame(GOAWAY, 0, 0, '00000001000000')],
      FRAME_SIZE_ERROR,
      'a GOAWAY frame of 7',
    ],
    [
      '6.9: WINDOW_UPDATE too long',
      [frame(WINDOW_UPDATE, 0, 0, '0000000100')],
      FRAME_SIZE_ERROR,
      'a WINDOW_UPDATE frame of 5',
    ],
    [
      '6.9: WINDOW_UPDATE of 0 for the connection',
      [frame(WINDOW_UPDATE, 0, 0, '00000000')],
      PROTOCOL_ERROR,
      'a WINDOW_UPDATE of 0',
    ],
    [
      '6.9: the same under its reserved bit',
      [frame(WINDOW_UPDATE, 0, 0, '80000000')],
      PROTOCOL_ERROR,
      'a WINDOW_UPDATE of 0',
    ],
    [
      '6.10: CONTINUATION without HEADERS',
      [frame(CONTINUATION, END_HEADERS, 1, '88')],
      PROTOCOL_ERROR,
      'without HEADERS',
    ],
    [
      '6.10: CONTINUATION behind a whole block',
      [frame(HEADERS, END_HEADERS, 1, '88'), frame(CONTINUATION, END_HEADERS, 1)],
      PROTOCOL_ERROR,
      'without HEADERS',
    ],
    [
      '6.10: CONTINUATION of another stream',
      [frame(HEADERS, 0, 1, '88'), frame(CONTINUATION, END_HEADERS, 3)],
      PROTOCOL_ERROR,
      'CONTINUATION frame on stream 3',
    ],
    [
      '6.10: CONTINUATION on stream 0',
      [frame(CONTINUATION, END_HEADERS, 0)],
      PROTOCOL_ERROR,
      'a CONTINUATION frame',
    ],
  ];

  it.each(cases)('section %s', (_name, frames, code, message) => {
    const octets = Buffer.concat([OPENING, ...frames, frame(PING, 0, 0, PING_OCTETS)]);
    const whole = read(octets);
    expect(whole).toMatchObject({ code, fault: expect.stringContaining(message) });
    // Nothing behind it is read, and it says the same however the octets come.
    expect(whole.lines.some((line) => line.startsWith('ping'))).toBe(false);
    expect(readBytewise(octets)).toEqual(whole);
  });

  it.each([
    [
      'a frame of another kind',
      frame(PING, 0, 0, PING_OCTETS),
      'a PING frame on stream 0 before any SETTINGS',
    ],
    ['an acknowledgement', frame(SETTINGS, ACK, 0), 'a SETTINGS frame on stream 0 before any SETTINGS'],
    ['HTTP/1.1', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'), '"HTTP/1.1" in place of HTTP/2'],
    ['something else', Buffer.from('220 mail.example ESMTP\r\n'), 'before any SETTINGS'],
  ])('section 3.4: %s in place of the server’s preface', (_name, octets, message) => {
    expect(read(octets)).toMatchObject({
      lines: [],
      code: PROTOCOL_ERROR,
      fault: expect.stringContaining(message),
    });
    expect(readBytewise(octets)).toEqual(read(octets));
  });

  it('section 4.2: before SETTINGS a frame may not be too large either', () => {
    expect(read(frame(SETTINGS, 0, 0, Buffer.alloc(16_386)))).toMatchObject({ code: FRAME_SIZE_ERROR });
  });
});

describe('errors of one stream', () => {
  it.each([
    [
      '6.3: PRIORITY of another length',
      frame(PRIORITY, 0, 3, '00000001'),
      'stream fault 3 6 a PRIORITY frame of 4 octets',
    ],
    ['6.3: PRIORITY of none', frame(PRIORITY, 0, 3), 'stream fault 3 6 a PRIORITY frame of 0 octets'],
    [
      '6.9: WINDOW_UPDATE of 0',
      frame(WINDOW_UPDATE, 0, 3, '00000000'),
      'stream fault 3 1 a WINDOW_UPDATE of 0',
    ],
  ])('section %s leaves the connection as it is', (_name, octets, line) => {
    const all = Buffer.concat([OPENING, octets, frame(PING, 0, 0, PING_OCTETS)]);
    expect(read(all)).toMatchObject({ lines: ['settings', line, `ping ${PING_OCTETS}`], fault: undefined });
    expect(readBytewise(all)).toEqual(read(all));
  });
});
