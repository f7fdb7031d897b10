// What a client must get right, point by point (RFC 9110, 9112 and 6265bis), and the faults it must bear: where each is
// tested. A test that is renamed or removed is missed here.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const HTTP1 = 'transport/http1';
type Where = readonly [file: string, ...titles: string[]];

/** By number: framing 1 to 7, parsing 8 to 16, chunks 17 to 21, connections 22 to 27, and so on. */
const POINTS: Readonly<Record<string, readonly Where[]>> = {
  '1 no body to HEAD, 1xx, 204, 304': [
    [`${HTTP1}/framing`, '1: no content'],
    ['transport/keep-alive', 'takes HEAD and 204 and 304 as whole at their head'],
  ],
  '2 a 2xx to CONNECT is a tunnel': [
    [`${HTTP1}/framing`, '2: a tunnel'],
    ['transport/tunnel-connect', 'an answer that opens the tunnel'],
  ],
  '3 Transfer-Encoding beats Content-Length': [
    [`${HTTP1}/framing`, '3: Transfer-Encoding beside Content-Length'],
  ],
  '4 the last transfer coding': [[`${HTTP1}/framing`, '4: Transfer-Encoding']],
  '5 an invalid Content-Length': [
    [`${HTTP1}/framing`, '5: an invalid Content-Length', 'never lets the connection be used again'],
  ],
  '6 a valid Content-Length': [[`${HTTP1}/framing`, '6: a valid Content-Length', 'loses nothing up to 2^53']],
  '7 a body up to the end, proven': [
    [`${HTTP1}/framing`, '7: neither'],
    [
      'transport/cut',
      'and never when TCP alone was ended',
      'by reset at any octet is a failure where the body ends with',
    ],
  ],
  '8 octets': [[`${HTTP1}/head-syntax`, '8: octets']],
  '9 CR and LF alone': [[`${HTTP1}/head-syntax`, '9: a CR alone', '9: a LF alone']],
  '10 white space before the first field': [[`${HTTP1}/head-syntax`, '10: white space']],
  '11 the status line': [[`${HTTP1}/head-syntax`, '11: the status line']],
  '12 space before the colon': [[`${HTTP1}/head-syntax`, '12: white space']],
  '13 folded lines': [[`${HTTP1}/head-syntax`, '13: a folded line']],
  '14 CR, LF, NUL in a value': [[`${HTTP1}/head-syntax`, '14: NUL']],
  '15 Set-Cookie is never joined': [[`${HTTP1}/head-syntax`, '15: lines of one name']],
  '16 empty lines before a status line': [[`${HTTP1}/head-syntax`, '16: empty lines']],
  '17 chunk sizes': [[`${HTTP1}/chunked`, '17: the size of a chunk']],
  '18 chunk extensions': [
    [`${HTTP1}/chunked`, '18: chunk extensions'],
    [`${HTTP1}/limits`, 'chunk extensions'],
  ],
  '19 CR LF behind the data': [[`${HTTP1}/chunked`, '19: the CR LF']],
  '20 trailers': [[`${HTTP1}/chunked`, '20: trailers']],
  '21 the end before the zero chunk': [[`${HTTP1}/chunked`, '21: the end before']],
  'limits: header bytes, count, sum over 1xx, number of 1xx, reason, trailers, body': [
    [
      `${HTTP1}/limits`,
      'headerBytesMax',
      'is for the sum over interim responses',
      'headerCountMax',
      'reasonBytesMax',
    ],
    [`${HTTP1}/limits`, 'interimMax', 'trailerBytesMax', 'bodyBytesMax'],
  ],
  'limits: codings, decoded bytes, ratio': [
    [
      'session/decoding-limits',
      'decodedBytesMax',
      'decodedRatioMax',
      'of a thousand codings is not even begun',
    ],
  ],
  'limits: redirects and cookies': [
    ['session/redirects', 'follows as many as are allowed'],
    ['session/cookie-line', 'name and value have 4,096 octets together and no more'],
  ],
  'limits hold where content is streamed, redirected, drained': [
    ['transport/content-taker', 'content that is taken'],
    ['wire/lessons-wire', 'the limits hold on a redirect, too'],
    ['session/decoding-limits', 'holds for a streamed body without a coding'],
  ],
  '22 response N belongs to the oldest request': [
    [`${HTTP1}/messages`, '22 and 23: what belongs to which request'],
    ['transport/pipelining', 'gives each response to the oldest request'],
  ],
  '23 octets that nobody asked for': [['transport/keep-alive', 'octets that answer nothing']],
  '24 when a connection is used again': [
    [`${HTTP1}/messages`, '24 and 26: what the head says'],
    ['transport/keep-alive', 'is used again: %s', 'is closed: %s'],
  ],
  '25 nothing after close': [
    [
      'transport/pipelining',
      'counts what is behind a Connection: close as not processed',
      'puts nothing behind a request that says close',
    ],
  ],
  '26 Connection is a list; Keep-Alive: timeout': [
    [`${HTTP1}/messages`, '24 and 26: what the head says'],
    ['transport/keep-alive', 'closes a second before what the server says in Keep-Alive'],
  ],
  '27 a final response during the upload': [['transport/upload', 'stops at a final response']],
  '28 what may be sent again by itself': [
    ['transport/cut', 'never lets a POST arrive twice'],
    ['transport/stale', 'a reused connection that ends without an octet'],
    ['transport/uploads', 'is never sent twice unless it can be produced twice'],
  ],
  '29 once, on a fresh connection': [
    ['transport/stale', 'is tried again once only', 'is replaced by a connection of its own'],
  ],
  '30 pipelining': [
    ['transport/pipelining', 'is off by default', 'puts nothing behind a request that is not idempotent'],
  ],
  '31 after a pipelined failure': [
    ['transport/pipelining', 'lets all that is unanswered be sent again, once and alone'],
  ],
  '32 1xx and 101': [[`${HTTP1}/head-syntax`, '32: interim responses', 'of 101 are a fault']],
  '33 Expect: 100-continue': [
    ['transport/uploads', 'is not waited for longer than a second', 'refused with 417 is left away, once'],
    ['wire/lessons-wire', 'Go CVE-2024-24791'],
  ],
  '34 one Host, origin-form, no fragment': [
    ['transport/requests', 'has exactly one Host without userinfo, and no fragment'],
  ],
  '35 what cannot be sent': [
    ['transport/requests', 'never splits a request, whatever goes into it'],
    ['wire/lessons-wire', 'requests within requests', 'undici CVE-2026-1525'],
  ],
  'redirects: what is dropped, rewritten, replayed, inherited, refused, counted': [
    [
      'session/redirects',
      'what stays with the origin',
      'method and body',
      'keeps the fragment',
      'refuses %s',
    ],
    ['session/redirects', 'sees at once that a redirect to itself is a loop'],
    ['wire/lessons-credentials', 'credentials and a redirect'],
  ],
  'TLS: names and addresses are verified, common names are not': [
    ['transport/certificate', 'counts for an address too', 'whatever its common name says'],
    ['wire/lessons-credentials', 'what a pool is keyed by'],
  ],
  'cookies: public suffixes, prefixes, sizes, controls, values as received': [
    ['session/cookie-scope', 'public suffixes'],
    ['session/cookie-line', 'prefixes', 'size', 'values come back exactly as received'],
  ],
};

const LESSONS: Readonly<Record<string, readonly Where[]>> = {
  'response queue poisoning, and its dear fix': [
    ['wire/lessons-wire', 'Node CVE-2026-48931', 'undici’s fix of it'],
  ],
  'credentials that follow a redirect, or come back': [
    [
      'wire/lessons-credentials',
      'CVE-2018-20060',
      'urllib3 CVE-2023-43804',
      'undici CVE-2023-45143',
      'curl CVE-2022-27774',
    ],
    [
      'wire/lessons-credentials',
      'follow-redirects CVE-2024-28849',
      'requests CVE-2023-32681',
      'Go CVE-2024-45336',
    ],
  ],
  'Proxy-Authorization and redirects': [['engine/proxies', 'follows no redirect to an origin']],
  'a pool that ignores TLS or proxy settings': [
    [
      'wire/lessons-credentials',
      'requests CVE-2024-35195',
      'curl CVE-2022-27782',
      'a connection through a proxy serves',
    ],
  ],
  'CR LF in what is sent, two Content-Lengths': [
    ['wire/lessons-wire', 'undici CVE-2022-31150', 'undici CVE-2026-1525'],
  ],
  'decompression without bounds': [
    [
      'wire/lessons-wire',
      'undici CVE-2026-22036',
      'urllib3 CVE-2025-66471',
      'urllib3 CVE-2026-21441',
      'curl CVE-2022-32206',
    ],
  ],
  'undici CVE-2026-2229: zlib throws while it is made': [
    ['session/decoding-failing-zlib', 'when it makes a decoder becomes a fault'],
  ],
  'headers, trailers, extensions without bounds': [
    [
      'wire/lessons-wire',
      'curl CVE-2023-38039',
      'Go CVE-2023-39326',
      'Node CVE-2024-22019',
      'aiohttp CVE-2026-22815',
    ],
  ],
  'chunks joined in quadratic time': [
    [`${HTTP1}/linear-time`, 'in chunks of one octet, read %i at a time, is copied a fixed number of times'],
  ],
  'lenient chunks': [['wire/lessons-wire', 'h11 CVE-2025-43859', 'Go CVE-2025-22871']],
  '100-continue answered by a final status': [['wire/lessons-wire', 'Go CVE-2024-24791']],
  'netrc by an unparsed host; hosts that are not what they seem': [
    [
      'wire/lessons-credentials',
      'requests CVE-2024-47081',
      'follow-redirects CVE-2023-26159, axios CVE-2025-27152',
    ],
    ['session/netrc', 'lookup by host'],
  ],
};

const FAULTS: Readonly<Record<string, readonly Where[]>> = {
  'reset in header, body, between pipelined responses': [
    [
      'transport/cut',
      'at any octet is a failure, or sent again where nothing had come',
      'between pipelined responses',
    ],
  ],
  silence: [
    ['transport/wire', 'with silence: a timeout, and a reset in its face'],
    ['transport/timeouts', 'of silence is moved by every octet of the body'],
  ],
  'one byte at a time, random splits': [
    ['transport/wire', 'gives the same response as one that sends at once'],
    [`${HTTP1}/response-parser.property`, 'comes out as it was put in, however it is cut'],
  ],
  'slow headers, endless body, endless 1xx': [
    ['wire/faults', 'a header section that drips', 'interim responses that drip', 'a body that drips'],
    ['transport/wire', 'with interim responses without end', 'with a body without end'],
  ],
  'bombs, a thousand codings, also on redirects': [
    ['session/decoding-limits', 'of a gigabyte in gzip ends at the limit, memory flat'],
    ['wire/lessons-wire', 'the body of a redirect is not decoded'],
  ],
  'wrong Content-Length, short and long': [['transport/wire', 'a server that lies about the length']],
  'bad certificate, handshake cut, no close_notify': [
    ['transport/certificate', 'that nobody signed is refused', 'is not reached when the handshake is cut'],
    ['transport/cut', 'and never when TCP alone was ended'],
  ],
  'DNS failing, flapping, slow': [
    [
      'session/dns-cache',
      'after a failed connection',
      'are asked for once for all who wait',
      'a lookup that never ends',
    ],
    ['wire/faults', 'a name that flaps'],
  ],
  'descriptors and ports': [['wire/own-resources', 'descriptors', 'with ten ports']],
  'slow consumer': [
    ['engine/run', 'pauses while the sink is full', 'reads no more of its input than it can hold'],
  ],
  'disk full, fsync fails': [
    ['sinks/output-file', 'ENOSPC'],
    ['engine/recorder-crashes', "['EIO', 'sync'", 'ends the run in one line, and it can be gone on with'],
    ['cli/resume', 'that is full ends the run with 3 and one line', 'that is read-only'],
  ],
  'SIGKILL, resume, kill the resume': [
    ['engine/recorder-crashes', 'at any operation leaves what can be gone on with', 'after several crashes'],
    ['journal/simulation', 'crash'],
  ],
  'clock jumps': [['transport/timer-wheel', 'makes up for a pause of any length at once']],
};

/** The lines of a test file that name something. */
function titles(file: string): string {
  const text = readFileSync(new URL(`../${file}.test.ts`, import.meta.url), 'utf8');
  return text
    .split('\n')
    .filter((line) => /['"`]/.test(line))
    .join('\n');
}

describe.each([
  ['point', POINTS],
  ['lesson', LESSONS],
  ['fault', FAULTS],
])('each %s has its test:', (_kind, table) => {
  it.each(Object.entries(table))('%s', (_what, places) => {
    expect(places.length).toBeGreaterThan(0);
    for (const [file, ...wanted] of places) {
      const text = titles(file);
      for (const title of wanted) expect(text.includes(title), `${title} in test/${file}.test.ts`).toBe(true);
    }
  });
});

it('no point of the list is left out', () => {
  const numbers = Object.keys(POINTS).flatMap((point) => /^\d+/.exec(point)?.[0] ?? []);
  expect(numbers).toEqual(Array.from({ length: 35 }, (_, i) => String(i + 1)));
});
