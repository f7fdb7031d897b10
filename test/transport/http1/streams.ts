// Response streams for property tests: valid ones, together with what must come of them, and damaged ones.

import fc from 'fast-check';
import { latin1 } from './observe.ts';

type Field = readonly [string, string];

/** A valid response, and what a client that asked for it must make of it. */
export interface Sample {
  readonly method: string;
  readonly stream: string;
  readonly statuses: readonly number[];
  readonly headers: readonly Field[];
  readonly body: string;
  readonly trailers: readonly Field[];
  /** False: only the end of the stream ends it. */
  readonly delimited: boolean;
}

interface FieldLine {
  readonly text: string;
  readonly field: Field;
}

const TOKEN = [..."!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"];
/** Octets that mean something to a parser are met more often than chance would have it. */
const VALUE = [...'ab:;,"\\=0\x01\x0b\x7f\x85\xa0\xff'];
const FRAMING = /^(?:content-length|transfer-encoding|connection|keep-alive)$/i;

const lineEnd = fc.constantFrom('\r\n', '\r\n', '\r\n', '\n');
const blanks = fc.string({ unit: fc.constantFrom(' ', '\t'), maxLength: 2 });
const word = fc.string({ unit: fc.constantFrom(...VALUE), minLength: 1, maxLength: 8 });
const name = fc
  .string({ unit: fc.constantFrom(...TOKEN), minLength: 1, maxLength: 18 })
  .filter((text) => !FRAMING.test(text));

/** Words with spaces or folds between them: one SP each, as a recipient reads them (RFC 9112 section 5.2). */
const value = fc
  .tuple(
    fc.array(word, { maxLength: 3 }),
    fc.array(fc.oneof({ weight: 4, arbitrary: fc.constant('') }, fold()), { minLength: 4, maxLength: 4 }),
    blanks,
  )
  .map(([words, folds, end]) => ({
    text: words.map((one, i) => `${folds[i]! === '' && i > 0 ? ' ' : folds[i]}${one}`).join('') + end,
    value: words.join(' '),
  }));

function fold(): fc.Arbitrary<string> {
  return fc.tuple(lineEnd, fc.constantFrom(' ', '\t')).map(([end, blank]) => end + blank);
}

const fieldLine: fc.Arbitrary<FieldLine> = fc
  .tuple(name, blanks, value, lineEnd)
  .map(([key, before, one, end]) => ({
    text: `${key}:${before}${one.text}${end}`,
    field: [key, one.value],
  }));

const reason = fc.string({ unit: fc.constantFrom(...'OK \t-\xe9\0'), maxLength: 12 });

function statusLine(status: number, version: string): fc.Arbitrary<string> {
  const code = String(status).padStart(3, '0');
  return fc
    .tuple(fc.option(reason, { nil: undefined }), lineEnd)
    .map(([text, end]) => `HTTP/1.${version} ${code}${text === undefined ? '' : ` ${text}`}${end}`);
}

const interim = fc
  .tuple(fc.constantFrom(100, 102, 103, 199), fc.array(fieldLine, { maxLength: 2 }), lineEnd)
  .chain(([status, lines, end]) =>
    statusLine(status, '1').map((line) => ({ status, text: `${line}${textOf(lines)}${end}` })),
  );

export const octets: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(0, 10, 13, 48, 58, 59, 72), fc.nat(255)), { maxLength: 40 })
  .map((list) => String.fromCharCode(...list));

const extension = fc.constantFrom('', '', ';a', ';a=b', '; a="b;\\"c"', ';x;y=z');

interface Coded {
  readonly text: string;
  readonly body: string;
  readonly trailers: readonly Field[];
}

const chunk = fc
  .tuple(octets, fc.nat(3), fc.boolean(), extension)
  .filter(([content]) => content.length > 0)
  .map(([content, zeros, upper, more]) => {
    const size = content.length.toString(16);
    return {
      text: `${'0'.repeat(zeros)}${upper ? size.toUpperCase() : size}${more}\r\n${content}\r\n`,
      content,
    };
  });

const chunked: fc.Arbitrary<Coded> = fc
  .tuple(
    fc.array(chunk, { maxLength: 5 }),
    fc.nat(3),
    extension,
    fc.array(fieldLine, { maxLength: 2 }),
    lineEnd,
  )
  .map(([chunks, zeros, more, lines, end]) => ({
    text: `${chunks.map((one) => one.text).join('')}0${'0'.repeat(zeros)}${more}\r\n${textOf(lines)}${end}`,
    body: chunks.map((one) => one.content).join(''),
    trailers: lines.map((line) => line.field),
  }));

interface Framed {
  /** Field lines that frame it, to be set among the others. */
  readonly lines: readonly FieldLine[];
  readonly content: Coded;
  readonly delimited: boolean;
}

function own(text: string): FieldLine {
  const [key, content] = text.split(': ') as [string, string];
  return { text: `${text}\r\n`, field: [key, content] };
}

const plain = octets.map((text): Coded => ({ text, body: text, trailers: [] }));

const framed: fc.Arbitrary<Framed> = fc.oneof(
  fc.tuple(plain, fc.boolean()).map(([content, twice]) => {
    const line = own(`Content-Length: ${content.text.length}`);
    return { lines: twice ? [line, line] : [line], content, delimited: true };
  }),
  fc
    .tuple(chunked, fc.constantFrom('chunked', 'gzip, Chunked'), fc.boolean())
    .map(([content, coding, both]) => ({
      lines: [own(`Transfer-Encoding: ${coding}`), ...(both ? [own('Content-Length: 3')] : [])],
      content,
      delimited: true,
    })),
  plain.map((content) => ({ lines: [], content, delimited: false })),
  plain.map((content) => ({ lines: [own('Transfer-Encoding: gzip')], content, delimited: false })),
);

export const sample: fc.Arbitrary<Sample> = fc
  .record({
    emptyLines: fc.array(lineEnd, { maxLength: 4 }),
    interims: fc.array(interim, { maxLength: 3 }),
    method: fc.constantFrom('GET', 'GET', 'GET', 'HEAD'),
    status: fc.constantFrom(200, 200, 200, 404, 503, 204, 304, 0, 99, 600, 999),
    version: fc.constantFrom('1', '1', '0', '7'),
    lines: fc.array(fieldLine, { maxLength: 4 }),
    at: fc.nat(4),
    end: lineEnd,
    framed,
  })
  .chain((parts) => statusLine(parts.status, parts.version).map((line) => assemble(line, parts)));

function assemble(
  line: string,
  parts: {
    emptyLines: string[];
    interims: { status: number; text: string }[];
    method: string;
    status: number;
    lines: FieldLine[];
    at: number;
    end: string;
    framed: Framed;
  },
): Sample {
  const { content, delimited, lines: framing } = parts.framed;
  const lines = [...parts.lines.slice(0, parts.at), ...framing, ...parts.lines.slice(parts.at)];
  const none = parts.method === 'HEAD' || parts.status === 204 || parts.status === 304;
  const heads = `${parts.interims.map((one) => one.text).join('')}${line}${textOf(lines)}${parts.end}`;
  return {
    method: parts.method,
    stream: `${parts.emptyLines.join('')}${heads}${none ? '' : content.text}`,
    statuses: [...parts.interims.map((one) => one.status), parts.status],
    headers: lines.map((one) => one.field),
    body: none ? '' : content.body,
    trailers: none ? [] : content.trailers,
    delimited: none || delimited,
  };
}

function textOf(lines: readonly FieldLine[]): string {
  return lines.map((line) => line.text).join('');
}

/** One stream and where it is cut, as fractions of its length. */
export const fractions = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 6 });

export function cutsOf(length: number, at: readonly number[]): number[] {
  return at.map((fraction) => Math.floor(fraction * length)).sort((a, b) => a - b);
}

const NASTY = [
  '\0',
  '\t',
  '\n',
  '\r',
  ' ',
  '"',
  ',',
  '0',
  '5',
  ':',
  ';',
  'f',
  '\\',
  '\x80',
  '\r\n',
  '\r\n\r\n',
];

interface Damage {
  readonly at: number;
  readonly remove: number;
  readonly insert: string;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.oneof(fc.constant(0), fc.constant(1), fc.nat(20)),
  insert: fc.oneof(
    fc.constantFrom(...NASTY),
    fc.nat(255).map((octet) => String.fromCharCode(octet)),
    fc.constant(''),
    fc.constantFrom(
      'Content-Length: 7\r\n',
      'Transfer-Encoding: chunked\r\n',
      ' folded\r\n',
      'HTTP/1.1 100 C\r\n\r\n',
    ),
  ),
});

/** A valid stream with octets changed, taken out and put in. */
export const damaged: fc.Arbitrary<{ readonly method: string; readonly octets: Buffer }> = fc
  .tuple(sample, octets, fc.array(damage, { minLength: 1, maxLength: 4 }))
  .map(([valid, rest, damages]) => {
    let text = valid.stream + rest;
    for (const { at, remove, insert } of damages) {
      const from = Math.floor(at * text.length);
      text = text.slice(0, from) + insert + text.slice(from + remove);
    }
    return { method: valid.method, octets: latin1(text) };
  });
