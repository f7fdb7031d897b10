// The list of header fields that a caller sees (ResponseHead, readFieldLines), held against the plainest reading of
// RFC 9112 section 5 that can be written, and against the scanner that took the lines in.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ResponseHead, readFieldLines } from '../../../src/model/response-head.ts';
import { FieldLines, MORE } from '../../../src/transport/http1/field-lines.ts';
import { expectSame, latin1 } from './observe.ts';
import { damaged, sample } from './streams.ts';

/** Line by line, character by character; slow and plain. */
function plainly(lines: string): [string, string][] {
  const fields: [string, string][] = [];
  for (const raw of lines.split('\n')) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const last = fields.at(-1);
    if (/^[ \t]/.test(line) && last !== undefined) {
      last[1] = `${last[1].replace(/[ \t]+$/, '')} ${line.replace(/^[ \t]+/, '')}`;
    } else if (line !== '') {
      const colon = line.indexOf(':');
      fields.push([line.slice(0, colon), line.slice(colon + 1)]);
    }
  }
  return fields.map(([name, value]) => [name, value.replace(/^[ \t]+/, '').replace(/[ \t]+$/, '')]);
}

function scan(text: string) {
  const fields = new FieldLines();
  const octets = latin1(text);
  return { after: fields.scan(octets, 0, octets.length, 1000), fields };
}

describe('the list of header fields', () => {
  it.each([
    ['A: b\r\n\r\n', [['A', 'b']]],
    ['A: b\n\n', [['A', 'b']]],
    [
      'A:b\r\nB:\r\nC: \t \r\n\r\n',
      [
        ['A', 'b'],
        ['B', ''],
        ['C', ''],
      ],
    ],
    ['A: b  c \t d\r\n\r\n', [['A', 'b  c \t d']]],
    ['A: b: c:d\r\n\r\n', [['A', 'b: c:d']]],
    ['A:\t b \t\r\n\r\n', [['A', 'b']]],
    [
      'A: b\r\n c\r\n\td\r\nB: e\r\n\r\n',
      [
        ['A', 'b c d'],
        ['B', 'e'],
      ],
    ],
    ['A: b \t\r\n \t c\n d\n\n', [['A', 'b c d']]],
    ['A:\r\n \r\n\r\n', [['A', '']]],
    ['A: \xa0b\x85\x0b\r\n\r\n', [['A', '\xa0b\x85\x0b']]],
    [
      'A: \x0bb\x0c\r\nB: c\x1f\r\n\r\n',
      [
        ['A', '\x0bb\x0c'],
        ['B', 'c\x1f'],
      ],
    ],
    [
      'a: 1\r\nA: 2\r\na: 3\r\n\r\n',
      [
        ['a', '1'],
        ['A', '2'],
        ['a', '3'],
      ],
    ],
    [
      '__proto__: x\r\nconstructor: y\r\n\r\n',
      [
        ['__proto__', 'x'],
        ['constructor', 'y'],
      ],
    ],
    ['\r\n', []],
    ['\n', []],
    ['', []],
  ])('of %j', (lines, fields) => {
    expect(readFieldLines(lines)).toEqual(fields);
    expect(plainly(lines)).toEqual(fields);
    if (lines !== '') expect(scan(lines).after).toBe(lines.length);
  });

  it('is what the plainest reading gives, for every section that the scanner lets through', () => {
    const section = fc.oneof(
      damaged.map(({ octets }) => octets.toString('latin1')),
      sample.map(({ stream }) => stream),
      fc.string({
        unit: fc.constantFrom('A', 'b', ':', ': ', ' ', '\t', '\r\n', '\n', '\xff', 'Content-Length: 1'),
      }),
    );
    fc.assert(
      fc.property(section, (text) => {
        const from = text.startsWith('HTTP/1.') ? text.indexOf('\n') + 1 : 0;
        const { after } = scan(text.slice(from));
        fc.pre(after > 0);
        const lines = text.slice(from, from + after);
        expectSame(readFieldLines(lines).map(squeezedField), plainly(lines).map(squeezedField), 'the fields');
      }),
      { numRuns: 3000 },
    );
  });

  it('agrees with the scanner on what frames the message', () => {
    const name = fc.constantFrom(
      'Content-Length',
      'content-length',
      'Transfer-Encoding',
      'Connection',
      'Keep-Alive',
      'X',
    );
    const value = fc.string({
      unit: fc.constantFrom(
        '5',
        'chunked',
        'close',
        'timeout=3',
        ',',
        ' ',
        '\t',
        '\xa0',
        '\x0b',
        '\r\n ',
        '\n\t',
      ),
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 5 }), (given) => {
        const lines = `${given.map(([key, text]) => `${key}:${text}\r\n`).join('')}\r\n`;
        const { after, fields } = scan(lines);
        expect(after).toBe(lines.length);
        const told = (key: string) => {
          const values = readFieldLines(lines).filter(([field]) => field.toLowerCase() === key);
          return values.length === 0 ? undefined : squeezed(values.map(([, text]) => text).join(','));
        };
        expect(squeezed(fields.contentLength)).toBe(told('content-length'));
        expect(squeezed(fields.transferEncoding)).toBe(told('transfer-encoding'));
        expect(squeezed(fields.connection)).toBe(told('connection'));
        expect(squeezed(fields.keepAlive)).toBe(told('keep-alive'));
      }),
      { numRuns: 2000 },
    );
  });

  it('is worked out once', () => {
    const framing = {
      contentLength: 0,
      transferEncoding: 'none',
      keepAlive: true,
      keepAliveMs: undefined,
    } as const;
    const head = new ResponseHead(
      200,
      '1.1',
      'OK',
      'Content-Type: Text/HTML; charset="UTF8"\r\nA: b\r\n\r\n',
      framing,
    );
    expect(head.headers).toBe(head.headers);
    expect([head.mediaType, head.charset, head.all('a'), head.all('b')]).toEqual([
      'text/html',
      'utf-8',
      ['b'],
      [],
    ]);
  });
});

describe('the scanner', () => {
  it('asks for more at every octet before the end of a section', () => {
    const lines = 'A: b\r\n c\r\nContent-Length: 5\n\tX\r\nB:\n\r\n';
    for (let length = 0; length < lines.length; length++)
      expect(scan(lines.slice(0, length)).after).toBe(MORE);
    expect(scan(lines).after).toBe(lines.length);
  });

  it('keeps nothing of the section before', () => {
    const fields = new FieldLines();
    const first = latin1(
      'Content-Length: 5\r\nConnection: close\r\nTransfer-Encoding: x\r\nKeep-Alive: y\r\n\r\n',
    );
    fields.scan(first, 0, first.length, 9);
    fields.scan(latin1('\r\n'), 0, 2, 9);
    const { contentLength, connection, transferEncoding, keepAlive } = fields;
    expect([contentLength, connection, transferEncoding, keepAlive]).toEqual(Array(4).fill(undefined));
  });
});

function squeezedField([name, value]: readonly [string, string]) {
  return [name, squeezed(value)];
}

/** A folded line may leave more than one SP (RFC 9112 section 5.2), which means the same. */
function squeezed(value: string | undefined): string | undefined {
  return value?.replace(/[ \t]+/g, ' ');
}
