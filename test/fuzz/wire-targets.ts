// What a peer sends first of all: responses, chunks, header sections, lists of content codings.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { REUSED, Response } from '../../src/model/outcome.ts';
import { contentCodings, decode } from '../../src/session/decoding.ts';
import { ChunkedDecoder } from '../../src/transport/http1/chunked.ts';
import { FAULTY, FieldLines, MORE } from '../../src/transport/http1/field-lines.ts';
import { HeadParser } from '../../src/transport/http1/head-parser.ts';
import { makeRequest } from '../transport/fixture.ts';
import {
  expectSame,
  LIMITS,
  latin1,
  observe,
  observeBytewise,
  observeCut,
} from '../transport/http1/observe.ts';
import { type FuzzTarget, holds, same } from './target.ts';

const cases = fileURLToPath(new URL('../../../shared/conformance/llhttp-responses.json', import.meta.url));
const PUBLIC: readonly string[] = existsSync(cases)
  ? JSON.parse(readFileSync(cases, 'utf8')).cases.map(({ bytes }: { bytes: string }) =>
      Buffer.from(bytes, 'base64').toString('latin1'),
    )
  : [];

const NARROW = {
  headerBytesMax: 300,
  headerCountMax: 6,
  reasonBytesMax: 20,
  interimMax: 2,
  bodyBytesMax: 200,
  chunkExtensionBytesMax: 12,
  chunkExtensionTotalBytesMax: 20,
  trailerBytesMax: 40,
};
/** As in linear-time.test.ts: octets that are looked at, for each that came. */
const SCANS_MAX = 4;
let scannedBytes = 0;
const { scan } = FieldLines.prototype;
FieldLines.prototype.scan = function (b, start, end, countMax) {
  scannedBytes += end - start;
  return scan.call(this, b, start, end, countMax);
};

/** Every cut of a longer stream would take too long. */
const CUTS_MAX = 40;

const FIELD_WORDS = [
  ...[
    'Content-Length: ',
    'Transfer-Encoding: ',
    'Connection: ',
    'Keep-Alive: ',
    'chunked',
    'close',
    'gzip',
    'identity',
  ],
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    '\r\n ',
    ': ',
    'HTTP/1.1 ',
    'HTTP/1.0 ',
    '100 ',
    '204',
    '304',
    '0\r\n\r\n',
  ],
];

const responseParser: FuzzTarget = {
  name: 'response-parser',
  corpus: [
    ...PUBLIC,
    'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a="b"\r\nhello\r\n0\r\nX: y\r\n\r\n',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: </x>\r\n\r\nHTTP/1.0 200 OK\nA: b\n c\n\nrest',
    'HTTP/1.1 204 No Content\r\nContent-Length: 9\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
  ],
  words: FIELD_WORDS,
  check(input) {
    const octets = latin1(input);
    for (const method of ['GET', 'HEAD']) {
      const whole = observe(octets, { method });
      scannedBytes = 0;
      expectSame(observeBytewise(octets, { method }), whole, `byte by byte, ${method}`);
      holds(scannedBytes <= SCANS_MAX * octets.length, 'no octet is looked at again and again');
    }
    const limits = NARROW;
    const whole = observe(octets, { limits });
    expectSame(observeBytewise(octets, { limits }), whole, 'byte by byte, narrow');
    const step = Math.max(1, Math.floor(octets.length / CUTS_MAX));
    for (let cut = 1; cut < octets.length; cut += step) {
      expectSame(observeCut(octets, [cut], { limits }), whole, `cut at ${cut}`);
    }
    holds(whole.body.length <= limits.bodyBytesMax, 'no body beyond its limit');
    holds(whole.trailers.length <= limits.trailerBytesMax + 2, 'no trailers beyond their limit');
    holds(whole.headers.length <= limits.headerCountMax, 'no more fields than may be');
    holds(whole.statuses.length <= limits.interimMax + 1, 'no more interim responses than may be');
    if (whole.fault?.kind !== 'too-large')
      expectSame(whole, observe(octets), 'a limit refuses or changes nothing');
  },
  floods: [],
};

const SIZE_LINE = /([0-9a-f]+)[^\r\n]*\r\n/iy;

/** The plainest reading of chunked content that a decoder let through: its octets, and where the trailers begin. */
function chunks(text: string): { content: string; end: number } {
  let content = '';
  for (let at = 0; ; ) {
    SIZE_LINE.lastIndex = at;
    const line = SIZE_LINE.exec(text);
    if (line === null) throw new Error(`no size at ${at}`);
    const start = SIZE_LINE.lastIndex;
    const size = Number.parseInt(line[1]!, 16);
    if (size === 0) return { content, end: start };
    content += text.slice(start, start + size);
    at = start + size + 2;
    if (text.slice(start + size, at) !== '\r\n') throw new Error(`no line end at ${start + size}`);
  }
}

function dechunk(octets: Buffer, pieceBytes: number) {
  let content = '';
  const decoder = new ChunkedDecoder({ ...LIMITS, ...NARROW }, (b, start, end) => {
    holds(end > start && end <= b.length, 'content is a piece of what came');
    content += b.toString('latin1', start, end);
    return undefined;
  });
  decoder.begin();
  for (let pos = 0; pos < octets.length; pos += pieceBytes) {
    const piece = Buffer.from(octets.subarray(pos, pos + pieceBytes));
    const after = decoder.execute(piece, 0, piece.length);
    if (after === FAULTY) return { said: 'faulty', fault: decoder.fault, content: '' };
    if (after !== MORE) return { said: 'done', content, trailers: decoder.trailerLines, end: pos + after };
  }
  const fault = decoder.finish();
  return fault === undefined ? { said: 'more', content } : { said: 'faulty', fault, content: '' };
}

const chunked: FuzzTarget = {
  name: 'chunked',
  corpus: [
    '5\r\nhello\r\n0\r\n\r\n',
    'A;x=1;y="q\\"\r\n0123456789\r\n00\r\nT: v\r\nU: w\r\n\r\n',
    '1\r\na\r\n000002 \r\nbc\r\n0;end\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    'fffffffffffff\r\nx',
    '3;a="\r\n"\r\nabc\r\n0\r\n\r\n',
  ],
  words: ['0\r\n', '\r\n', ';', '=', '"', '\\', 'ff', '0x', ' ', '1\r\nx\r\n', 'Content-Length: 3\r\n'],
  check(input) {
    const octets = latin1(input);
    const whole = dechunk(octets, Math.max(1, octets.length));
    for (const pieceBytes of [1, 2, 3, 7])
      same(dechunk(octets, pieceBytes), whole, `in pieces of ${pieceBytes}`);
    if (whole.said !== 'done') return;
    const plain = chunks(input);
    same(plain.content, whole.content, 'the content of the plainest reading');
    holds(input.slice(plain.end, whole.end).endsWith(`${whole.trailers}`), 'the trailers stand at the end');
  },
  floods: [
    ['', '1\r\nx\r\n', '0\r\n\r\n'],
    ['', '0', '1\r\n'],
    ['1;', 'a', '\r\n'],
    ['0\r\n', 'a: b\r\n', '\r\n'],
  ],
  floodBytes: 100_000,
};

/** The header section as a head parser lets it through, or undefined. */
function headOf(fieldLines: string) {
  const heads = new HeadParser(LIMITS);
  const octets = latin1(`HTTP/1.1 200 OK\r\n${fieldLines}\r\n`);
  return heads.parse(octets, 0, octets.length) > 0 ? heads.head : undefined;
}

const responseHead: FuzzTarget = {
  name: 'response-head',
  corpus: [
    'Content-Type: text/html; charset="utf-8"\r\n',
    'content-type:TEXT/HTML;charset=ISO-8859-1\r\nSet-Cookie: a=b\r\n',
    'Content-Type: text/plain;\r\n charset=utf-16le\r\n',
    'X: y\r\nCONTENT-TYPE:\r\n\ttext/xml ; a="b;charset=x" ; charset = koi8-r\r\n',
    'Content-Encoding: gzip\r\nContent-Type: a\r\nContent-Type: b; charset=x\r\n',
    'Content-Type: application/json; charset=utf8\nA: \xa0b\xa0\n',
  ],
  words: [
    'Content-Type: ',
    'charset=',
    ';',
    '"',
    '\r\n ',
    '\n\t',
    '\xa0',
    'Set-Cookie: ',
    'WWW-Authenticate: ',
    'content-encoding:',
    '\\',
  ],
  check(input) {
    const head = headOf(input);
    if (head === undefined) return;
    const [type = ''] = head.all('content-type');
    const concerning = ['set-cookie', 'content-encoding', 'www-authenticate'];
    const plain = concerning.every((name) => head.all(name).length === 0);
    same(head.isPlain, plain, 'isPlain says what the fields say');
    const alone = headOf(`Content-Type: ${type}\r\n`);
    if (alone !== undefined) {
      same(
        [head.mediaType, head.charset],
        [alone.mediaType, alone.charset],
        'the type of the first Content-Type',
      );
    }
    holds(!/[;\s]$|^\s|[A-Z]/.test(head.mediaType), 'a media type is bare and in lower case');
    holds(head.charset !== '' && !/[";\s]/.test(head.charset), 'a charset is one word');
    for (const [name, value] of head.headers) {
      holds(/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name), 'a name is a token');
      holds(!/[\r\n]|^[ \t]|[ \t]$/.test(value), 'a value is one line without blanks around it');
    }
    const body = latin1('\xff\xfe\x00a\xc3\xa9\x80');
    const response = new Response(makeRequest('http://h/'), head, body, '', 1, 1, REUSED, '');
    same(typeof response.text(), 'string', 'text() in whatever charset');
  },
  floods: [
    ['Content-Type: a;', ' ', 'charset=x\r\n'],
    ['Content-Type: a', ';charset=', '\r\n'],
    ['Content-Type: a', '\r\n ', 'b\r\n'],
    ['Content-Type: a;charset="', 'x', '\r\n'],
    ['A: b', ' \t', '\x0bc\r\n'],
    ['', '\r\n ', '\r\n'],
  ],
  floodBytes: 60_000,
};

const NEVER_MORE = { codingsMax: 5, decodedBytesMax: 10_000, decodedRatioMax: 100, syncBytesMax: 1000 };

const contentCoding: FuzzTarget = {
  name: 'content-coding',
  corpus: [
    'gzip',
    'gzip, br',
    ' identity,, X-GZIP ,deflate',
    'zstd',
    'gzip,gzip,gzip,gzip,gzip,gzip',
    'a/b;q=1',
  ],
  words: ['gzip', 'br', 'deflate', 'zstd', 'identity', ',', ' ', 'x-compress', '__proto__', 'constructor'],
  async check(input) {
    const codings = contentCodings(input);
    for (const coding of codings) {
      holds(coding !== '' && coding !== 'identity' && !coding.includes(','), 'a coding is one name');
      same(coding, coding.toLowerCase().trim(), 'a name in lower case');
    }
    const body = Buffer.from('1f8b08000000000000034bcc2fca4f0700a865327205000000', 'hex');
    let calls = 0;
    await new Promise<void>((resolve) => {
      decode(body, codings, NEVER_MORE, (fault, content) => {
        calls++;
        holds(fault === undefined || content.length === 0, 'a fault, or content');
        holds(content.length <= NEVER_MORE.decodedBytesMax, 'no more than may be');
        if (fault !== undefined) holds(!/[\r\n\0]/.test(fault.message), 'a message of one line');
        resolve();
      });
    });
    same(calls, 1, 'calls of done');
  },
  floods: [
    ['', 'gzip,', ''],
    ['', ' ', ','],
    ['', ',', 'x'],
  ],
};

/** The scanner's own promise, octet for octet: what it lets through is what the plainest reading gives. */
const fieldLines: FuzzTarget = {
  name: 'field-lines',
  corpus: [
    'A: b\r\nC:d\r\n e\r\n\r\n',
    'A:\n\n',
    'Content-Length: 1\r\ncontent-length: 2\r\n\r\n',
    ': x\r\n\r\n',
    'A : b\r\n\r\n',
  ],
  words: FIELD_WORDS,
  check(input) {
    const scan = (text: string) => {
      const fields = new FieldLines();
      const octets = latin1(text);
      return { after: fields.scan(octets, 0, octets.length, 100), length: fields.contentLength };
    };
    const whole = scan(input);
    if (whole.after <= 0) return;
    same(scan(input.slice(0, whole.after)), whole, 'the section alone');
    for (let cut = 0; cut < whole.after; cut++) {
      same(scan(input.slice(0, cut)).after === MORE, true, `more is asked for at ${cut}`);
    }
  },
  floods: [],
};

export const WIRE_TARGETS: readonly FuzzTarget[] = [
  responseParser,
  chunked,
  fieldLines,
  responseHead,
  contentCoding,
];
