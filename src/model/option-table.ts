// THE table of options: one row each, and nothing but rows. Everything else about options derives from it (options.ts).

import { isBodyStream } from './body-stream.ts';
import type { HeadersInput } from './header-block.ts';
import {
  bytes,
  bytesOrNone,
  choice,
  custom,
  duration,
  durationOrNone,
  flag,
  integer,
  integerOrNone,
  integerOrWord,
  list,
  OptionError,
  type OptionRow,
  text,
} from './option-kinds.ts';
import type { Outcome, Response } from './outcome.ts';
import type { FormFields, RequestBody } from './request.ts';

const DAY = 86_400_000;

function isText(value: unknown): boolean {
  return value === undefined || typeof value === 'string' || value instanceof Uint8Array;
}

/** What a list of texts says on the command line, and what code may give in its place, checked by the room that uses it. */
function listOr<T>(
  texts: OptionRow<readonly string[]>,
  expects: string,
  accepts: (value: unknown) => boolean,
): OptionRow<readonly string[] | T> {
  return {
    ...texts,
    expects,
    read(name, value) {
      if (accepts(value)) return value as T;
      if (typeof value === 'string') return [value];
      throw new OptionError(name, `${name} takes ${expects}`);
    },
  };
}

type ResponseCheck = (response: Response) => boolean | string;

function isListOf(value: unknown, accepts: (one: unknown) => boolean): boolean {
  return Array.isArray(value) ? value.every(accepts) : typeof value !== 'string' && accepts(value);
}

function isTextOrNumber(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}

/** What rate it is, the scheduler reads. */
function isRate(value: unknown): boolean {
  return value === undefined || isTextOrNumber(value);
}

function isTextOrExpression(value: unknown): boolean {
  return typeof value === 'string' || value instanceof RegExp;
}

function isTexts(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(Symbol.iterator in value && !Array.isArray(value)) &&
    Object.values(value).every((one) => typeof one === 'string')
  );
}

function isTextOrFunction(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'function';
}

/** Whether it can be sent, the room of bodies knows; a plain object is most likely meant as JSON. */
function isBody(value: unknown): boolean {
  if (value === undefined || typeof value === 'string' || isBodyStream(value)) return true;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.getPrototypeOf(value) !== Object.prototype || Symbol.asyncIterator in value;
}

export const OPTIONS = {
  // ── requests ──────────────────────────────────────────────────────────────────────────────────────────────
  method: text({
    default: undefined,
    flag: '-X, --request <method>',
    group: 'Requests',
    doc: 'method of every request; GET, or POST where there is a body',
  }),
  headers: custom<HeadersInput>(
    'an object or a list of pairs',
    { default: {}, group: 'Requests', doc: 'header fields of every request', secret: true },
    (value) => typeof value === 'object' && value !== null,
  ),
  header: list({
    default: [],
    flag: '-H, --header <line>',
    scope: 'cli',
    group: 'Requests',
    doc: 'a header field, as "Name: value"; "Name:" removes a default, "Name;" sends it empty; repeatable',
    secret: true,
  }),
  userAgent: text({
    default: 'flurry',
    flag: '-A, --user-agent <text>',
    group: 'Requests',
    doc: 'the User-Agent field',
  }),
  referer: text({
    default: undefined,
    flag: '-e, --referer <url>',
    scope: 'cli',
    group: 'Requests',
    doc: 'the Referer field',
  }),
  head: flag({
    default: false,
    flag: '-I, --head',
    scope: 'cli',
    group: 'Requests',
    doc: 'ask for heads alone: the method is HEAD',
  }),
  data: list({
    default: [],
    flag: '-d, --data <text>',
    scope: 'cli',
    group: 'Requests',
    doc: 'body of every request, sent as application/x-www-form-urlencoded; @file is read without its ends of lines; several are joined by &',
    secret: true,
  }),
  dataRaw: list({
    default: [],
    flag: '--data-raw <text>',
    scope: 'cli',
    group: 'Requests',
    doc: 'the same, with an @ at the start taken as it is',
    secret: true,
  }),
  dataBinary: list({
    default: [],
    flag: '--data-binary <text|@file>',
    scope: 'cli',
    group: 'Requests',
    doc: 'the same, with a file taken as it is',
    secret: true,
  }),
  dataUrlencode: list({
    default: [],
    flag: '--data-urlencode <text>',
    scope: 'cli',
    group: 'Requests',
    doc: 'the same, with content percent-encoded: content, name=content, @file or name@file',
    secret: true,
  }),
  get: flag({
    default: false,
    flag: '-G, --get',
    scope: 'cli',
    group: 'Requests',
    doc: 'put what -d and its like give into the query of every URL',
  }),
  formField: list({
    default: [],
    flag: '-F, --form <name=content>',
    scope: 'cli',
    group: 'Requests',
    doc: 'a field of a form, sent as multipart/form-data: name=text, name=@file, name=<file for its text; ;type= and ;filename= may follow; repeatable',
    secret: true,
  }),
  formString: list({
    default: [],
    flag: '--form-string <name=text>',
    scope: 'cli',
    group: 'Requests',
    doc: 'the same, with all of the text taken as it is; repeatable',
    secret: true,
  }),
  uploadFile: text({
    default: undefined,
    flag: '-T, --upload-file <file>',
    scope: 'cli',
    group: 'Requests',
    doc: 'send a file as it is, with the method PUT; a URL that ends in / gets its name; - is standard input, for one request',
  }),
  body: custom<RequestBody | undefined>(
    'text, bytes, or another body that fetch takes',
    {
      default: undefined,
      group: 'Requests',
      doc: 'body of every request that has none of its own',
      secret: true,
    },
    isBody,
  ),
  form: custom<FormFields | undefined>(
    'an object of names and values',
    {
      default: undefined,
      group: 'Requests',
      doc: 'fields sent by every request that has no body of its own, as application/x-www-form-urlencoded',
      secret: true,
    },
    (value) => value === undefined || (typeof value === 'object' && value !== null && !Array.isArray(value)),
  ),
  json: text({
    default: undefined,
    flag: '--json <text>',
    scope: 'cli',
    group: 'Requests',
    doc: 'body of every request, sent as application/json',
    secret: true,
  }),

  expectContinueBytes: bytesOrNone({
    default: undefined,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    flag: '--expect-continue <size>',
    group: 'Requests',
    doc: 'bodies from this size on are held back until the server says that it wants them (Expect: 100-continue); so is any body where the caller sets that field',
  }),
  user: text({
    default: undefined,
    flag: '-u, --user <user:password>',
    group: 'Session',
    doc: 'user and password of every request (Basic, or Digest with --digest); on the command line also @file, which holds them; no redirect takes them to another origin',
    secret: true,
  }),
  bearer: text({
    default: undefined,
    flag: '--oauth2-bearer <token>',
    group: 'Session',
    doc: 'a Bearer token for every request; on the command line also @file, which holds it; no redirect takes it to another origin',
    secret: true,
  }),
  digest: flag({
    default: false,
    flag: '--digest',
    group: 'Session',
    doc: 'answer Digest challenges with the user and password of -u or of .netrc, in place of Basic',
  }),
  auth: custom<
    readonly {
      readonly origin: string;
      readonly user?: string | undefined;
      readonly password?: string | undefined;
      readonly token?: string | undefined;
      readonly scheme?: 'basic' | 'bearer' | 'digest' | undefined;
    }[]
  >(
    'a list such as [{ origin: "https://host", user, password }]',
    {
      default: [],
      scope: 'code',
      group: 'Session',
      doc: 'credentials by origin (https://host, host:port or *.host): user and password for Basic or Digest, or a Bearer token',
      secret: true,
    },
    (value) => Array.isArray(value) && value.every((one) => typeof one === 'object' && one !== null),
  ),
  netrc: text({
    default: undefined,
    scope: 'code',
    group: 'Session',
    doc: 'the text of a .netrc file: user and password by host',
    secret: true,
  }),
  netrcFile: text({
    default: undefined,
    flag: '--netrc-file <file>',
    scope: 'cli',
    group: 'Session',
    doc: 'take user and password by host from a file in the form of .netrc',
  }),
  followRedirects: flag({
    default: false,
    flag: '-L, --location',
    group: 'Session',
    doc: 'follow redirects (301, 302, 303, 307, 308); each is a request of its own under the same limits',
  }),
  secretHeaders: list({
    default: [],
    flag: '--secret-header <name>',
    group: 'Session',
    doc: 'header fields that no redirect takes to another origin, besides Authorization, Cookie, Proxy-Authorization, X-Api-Key and X-Auth-Token; repeatable',
  }),
  maxRedirects: integer({
    default: 20,
    min: 0,
    max: 1_000,
    flag: '--max-redirs <n>',
    group: 'Session',
    doc: 'redirects followed for one request; one more is a failure',
  }),
  cookies: flag({
    default: false,
    flag: '--cookies',
    group: 'Session',
    doc: 'keep the cookies that come and send them back, as browsers do; on with -b and --cookie-jar',
  }),
  cookie: text({
    default: undefined,
    flag: '-b, --cookie <text|file>',
    scope: 'cli',
    group: 'Session',
    doc: 'cookies to begin with: name=value; name=value, or a file in the Netscape format',
    secret: true,
  }),
  cookieText: text({
    default: undefined,
    scope: 'code',
    group: 'Session',
    doc: 'cookies for every request of the input, as name=value; name=value, besides those that are kept; no redirect takes them to another origin',
    secret: true,
  }),
  cookieJar: text({
    default: undefined,
    flag: '--cookie-jar <file>',
    scope: 'cli',
    group: 'Session',
    doc: 'write all cookies to a file at the end, in the Netscape format',
  }),
  compressed: flag({
    default: false,
    flag: '--compressed',
    group: 'Session',
    doc: 'ask for compressed bodies (gzip, deflate, br, zstd where this Node has it) and decode them',
  }),

  // ── input ─────────────────────────────────────────────────────────────────────────────────────────────────
  input: text({
    default: undefined,
    flag: '-i, --input <file|->',
    scope: 'cli',
    group: 'Input',
    doc: 'read requests from a file, or from standard input with -',
  }),
  inputFormat: choice(['auto', 'lines', 'jsonl', 'csv', 'har'], {
    default: 'auto',
    flag: '--input-format <format>',
    scope: 'cli',
    group: 'Input',
    doc: 'what the input is: one URL a line, JSON Lines of request objects, CSV, or a HAR file; auto goes by the extension, then by the first line',
  }),
  strictInput: flag({
    default: false,
    flag: '--strict-input',
    group: 'Input',
    doc: 'stop at the first line that is no request, instead of recording it as a failure',
  }),
  inputLineBytesMax: bytes({
    default: 16 * 1024 * 1024,
    min: 1024,
    max: 1024 ** 3,
    flag: '--input-line-max <size>',
    scope: 'cli',
    group: 'Input',
    doc: 'longest line of an input; a longer one is a failure of phase input',
  }),
  globoff: flag({
    default: false,
    flag: '-g, --globoff',
    group: 'Input',
    doc: 'take URLs as they are: no {} and [] templates',
  }),
  vars: custom<Readonly<Record<string, string>>>(
    'an object of name: values',
    { default: {}, group: 'Input', doc: 'values of named variables in a template, each as --var takes it' },
    (value) => typeof value === 'object' && value !== null,
  ),
  var: list({
    default: [],
    flag: '--var <name=values>',
    scope: 'cli',
    group: 'Input',
    doc: 'bind {name} in a URL: 1-100, [a-z]{3}, {red,green} or @words.txt; repeatable',
  }),
  zip: flag({
    default: false,
    flag: '--zip',
    group: 'Input',
    doc: 'walk named variables side by side instead of as a product',
  }),
  first: integerOrNone({
    default: undefined,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    flag: '-n, --first <n>',
    group: 'Input',
    doc: 'send the first n requests of the input, or of what --shuffle makes of it',
  }),
  shuffle: flag({
    default: false,
    flag: '--shuffle',
    group: 'Input',
    doc: 'send requests in a random order, which is computed from --seed and takes no memory; for URLs and templates of any size',
  }),
  sample: integerOrNone({
    default: undefined,
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    flag: '--sample <n>',
    group: 'Input',
    doc: 'send n requests at random, each once and in a random order, such as 1e5; a file or a stream is read to its end first, and the n are held in memory',
  }),
  seed: integerOrNone({
    default: undefined,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    flag: '--seed <n>',
    group: 'Input',
    doc: 'the order of --shuffle and what --sample takes follow from it; a random one unless given',
  }),
  shard: text({
    default: undefined,
    flag: '--shard <i/n>',
    group: 'Input',
    doc: 'send part i of n, counted from 1: every n-th request; on the command line also auto/n, or auto alone, where i, or both, come from the variables of a Kubernetes indexed job, a Slurm array or an AWS Batch array job',
  }),
  dedupe: flag({
    default: false,
    flag: '--dedupe',
    group: 'Input',
    doc: 'send equal requests (method, URL, header fields, body) once, for GET, HEAD, OPTIONS and TRACE; each of the others has a record that names the one that was sent',
  }),
  dedupeMax: integer({
    default: 10_000_000,
    min: 1,
    max: 100_000_000,
    flag: '--dedupe-max <n>',
    group: 'Input',
    doc: 'different requests that are remembered for it, each in 41 bytes at most; those beyond are all sent',
  }),
  earlier: list({
    default: [],
    flag: '--earlier <file>',
    scope: 'cli',
    group: 'Input',
    doc: 'records of an earlier run (JSON Lines or CSV, also packed), for --skip-existing or --if-changed; repeatable, the oldest first',
  }),
  skipExisting: flag({
    default: false,
    flag: '--skip-existing',
    scope: 'cli',
    group: 'Input',
    doc: 'leave out requests that --earlier has a successful record of (2xx or 304, by method and URL; none with a body, and only GET, HEAD, OPTIONS and TRACE)',
  }),
  ifChanged: flag({
    default: false,
    flag: '--if-changed',
    scope: 'cli',
    group: 'Input',
    doc: 'ask for what has changed since --earlier, whose records have header fields (--include): by ETag or Last-Modified; what has not is a record of status 304',
  }),
  earlierMax: integer({
    default: 10_000_000,
    min: 1,
    max: 100_000_000,
    flag: '--earlier-max <n>',
    scope: 'cli',
    group: 'Input',
    doc: 'different URLs taken from --earlier, each in 30 bytes of memory, with --if-changed in about 170; more are an error',
  }),

  // ── speed ─────────────────────────────────────────────────────────────────────────────────────────────────
  concurrency: integerOrWord('auto', {
    default: 'auto',
    min: 1,
    max: 65_535,
    flag: '-c, --concurrency <n|auto>',
    group: 'Speed',
    doc: 'requests in flight at once, all hosts together; auto finds out what gives each host the most successful responses per second, up to --per-host or 256',
  }),
  perHost: integerOrNone({
    default: undefined,
    min: 1,
    max: 65_535,
    flag: '--per-host <n>',
    group: 'Speed',
    doc: 'requests in flight at once to one origin (scheme, host and port); as many as --concurrency unless given',
  }),
  rate: custom<string | number | undefined>(
    'a rate such as 500/s, 30/m, 100/h or 5/10s; a number is per second',
    {
      default: undefined,
      flag: '--rate <n/unit>',
      group: 'Speed',
      doc: 'requests that start in a second, minute, hour or day, all hosts together and evenly spread; redirects and retries count',
    },
    isRate,
  ),
  ratePerHost: custom<string | number | undefined>(
    'a rate such as 500/s, 30/m, 100/h or 5/10s; a number is per second',
    {
      default: undefined,
      flag: '--rate-per-host <n/unit>',
      group: 'Speed',
      doc: 'the same, for each origin (scheme, host and port)',
    },
    isRate,
  ),
  burst: integerOrNone({
    default: undefined,
    min: 1,
    max: 1_000_000,
    flag: '--burst <n>',
    group: 'Speed',
    doc: 'requests that may start at once under --rate and --rate-per-host; unless given as many as fall into 50 ms, at least one',
  }),
  ignoreRateLimits: flag({
    default: false,
    flag: '--ignore-rate-limits',
    group: 'Speed',
    doc: 'do not slow down for what RateLimit and X-RateLimit fields say; without it the last fifth of a limit is spread over the time until there is more',
  }),
  pipeline: integer({
    default: 1,
    min: 1,
    max: 1024,
    flag: '--pipeline <n>',
    group: 'Speed',
    doc: 'requests sent ahead on one connection of HTTP/1.1 without waiting (RFC 9112 section 9.3.2); 1 is off',
  }),
  lookAhead: integer({
    default: 10_000,
    min: 1,
    max: 10_000_000,
    flag: '--look-ahead <n>',
    group: 'Speed',
    doc: 'requests read ahead of the input to find work for hosts that are free',
  }),
  lookAheadBytesMax: bytes({
    default: 64 * 1024 * 1024,
    min: 1024,
    max: 64 * 1024 ** 3,
    flag: '--look-ahead-bytes <size>',
    group: 'Speed',
    doc: 'bodies of requests read ahead, all together',
  }),
  idleConnections: integer({
    default: 256,
    min: 0,
    max: 65_535,
    flag: '--idle-connections <n>',
    group: 'Speed',
    doc: 'unused connections kept open for reuse, all hosts together; the longest unused closes first',
  }),
  keepAliveMs: duration({
    default: 4_000,
    min: 0,
    max: DAY,
    flag: '--keepalive-time <duration>',
    group: 'Speed',
    doc: 'how long an unused connection is kept; a server that says less in Keep-Alive is believed, less one second',
  }),

  // ── version of HTTP ───────────────────────────────────────────────────────────────────────────────────────
  httpVersion: choice(['auto', '1.1', '2'], {
    default: 'auto',
    flag: '--http-version <version>',
    forms: { '--http1.1': '1.1', '--http2': '2', '--http2-prior-knowledge': '2' },
    group: 'Version of HTTP',
    doc: 'auto is what the server chooses on https (by ALPN, h2 before http/1.1) and 1.1 on http; 1.1 is that alone; 2 is with prior knowledge on http, and on https a failure where the server does not speak it (RFC 9113 section 3)',
  }),
  h2Connections: integerOrNone({
    default: undefined,
    min: 1,
    max: 1_000,
    flag: '--h2-connections <n>',
    group: 'Version of HTTP',
    doc: 'connections of HTTP/2 to one origin; as many as give the most successful responses per second unless given',
  }),
  h2Coalesce: flag({
    default: false,
    flag: '--h2-coalesce',
    group: 'Version of HTTP',
    doc: 'origins whose certificate and address are shared use one connection of HTTP/2 (RFC 9113 section 9.1.1)',
  }),

  // ── retries ───────────────────────────────────────────────────────────────────────────────────────────────
  retry: integer({
    default: 2,
    min: 0,
    max: 1_000,
    flag: '--retry <n>',
    group: 'Retries',
    doc: 'how often a request is sent again when that may help and repeats nothing; 0 is never',
  }),
  retryStatuses: listOr<number | readonly (string | number)[]>(
    list({
      default: ['408', '429', '500', '502', '503', '504'],
      flag: '--retry-status <statuses>',
      group: 'Retries',
      doc: 'statuses after which a request is sent again, such as 429,5xx, in place of 408, 429, 500, 502, 503 and 504; repeatable',
    }),
    'statuses such as 429, 5xx or 502-504, or a list of them',
    (value) => isListOf(value, isTextOrNumber),
  ),
  retryKinds: list({
    default: ['timeout', 'refused', 'reset', 'closed', 'unreachable', 'resources'],
    flag: '--retry-kind <kinds>',
    group: 'Retries',
    doc: 'kinds of failure after which a request is sent again, each also with its phase, as in connect/timeout, in place of timeout, refused, reset, closed, unreachable and resources; repeatable',
  }),
  retryMethods: list({
    default: ['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE'],
    flag: '--retry-method <methods>',
    group: 'Retries',
    doc: 'methods of which more than what was provably not sent may be sent again, in place of the idempotent ones (RFC 9110 section 9.2.2); repeatable',
  }),
  retryUnsafe: flag({
    default: false,
    flag: '--retry-unsafe',
    group: 'Retries',
    doc: 'send requests of any method again, also a POST that may have had its effect',
  }),
  shouldRetry: custom<((outcome: Outcome, attempt: number) => boolean | undefined) | undefined>(
    'a function of an outcome and the number of the attempt',
    {
      default: undefined,
      scope: 'code',
      group: 'Retries',
      doc: 'says of any outcome whether its request is sent again; undefined leaves it to the other options',
    },
    (value) => value === undefined || typeof value === 'function',
  ),
  retryDelayMs: duration({
    default: 250,
    min: 0,
    max: DAY,
    flag: '--retry-delay <duration>',
    group: 'Retries',
    doc: 'a first retry goes out at some moment within it; the second within twice as long, and so on',
  }),
  retryDelayMaxMs: duration({
    default: 30_000,
    min: 0,
    max: DAY,
    flag: '--retry-delay-max <duration>',
    group: 'Retries',
    doc: 'longest that a retry is put off, unless the server asks for more in Retry-After',
  }),
  retryAfterMaxMs: duration({
    default: 300_000,
    min: 0,
    max: DAY,
    flag: '--retry-after-max <duration>',
    group: 'Retries',
    doc: 'longest Retry-After that is waited for; a response that asks for more stands as it is',
  }),
  retryBudgetPercent: integer({
    default: 20,
    min: 0,
    max: 100_000,
    flag: '--retry-budget <percent>',
    group: 'Retries',
    doc: 'retries to one host, in percent of the requests to it; ten more are free',
  }),

  // ── timeouts ──────────────────────────────────────────────────────────────────────────────────────────────
  dnsTimeoutMs: duration({
    default: 5_000,
    min: 1,
    max: DAY,
    flag: '--dns-timeout <duration>',
    group: 'Timeouts',
    doc: 'for the lookup of a name',
  }),
  connectTimeoutMs: duration({
    default: 10_000,
    min: 1,
    max: DAY,
    flag: '--connect-timeout <duration>',
    group: 'Timeouts',
    doc: 'for the TCP handshake',
  }),
  tlsTimeoutMs: duration({
    default: 10_000,
    min: 1,
    max: DAY,
    flag: '--tls-timeout <duration>',
    group: 'Timeouts',
    doc: 'for the TLS handshake',
  }),
  firstByteTimeoutMs: duration({
    default: 30_000,
    min: 1,
    max: DAY,
    flag: '--first-byte-timeout <duration>',
    group: 'Timeouts',
    doc: 'from the request sent until the header section of its response is whole',
  }),
  expectTimeoutMs: duration({
    default: 1_000,
    min: 0,
    max: DAY,
    flag: '--expect100-timeout <duration>',
    group: 'Timeouts',
    doc: 'how long a body is held back for a 100 Continue; then it is sent all the same (RFC 9110 section 10.1.1)',
  }),
  idleTimeoutMs: duration({
    default: 30_000,
    min: 1,
    max: DAY,
    flag: '--idle-timeout <duration>',
    group: 'Timeouts',
    doc: 'longest silence while a body is under way, in either direction',
  }),
  timeoutMs: duration({
    default: 300_000,
    min: 1,
    max: 7 * DAY,
    flag: '-m, --max-time <duration>',
    group: 'Timeouts',
    doc: 'for a whole attempt, from its start to the last byte; waiting for a free slot is not counted',
  }),

  // ── TLS and addresses ─────────────────────────────────────────────────────────────────────────────────────
  insecure: flag({
    default: false,
    flag: '-k, --insecure',
    group: 'TLS and addresses',
    doc: 'accept any certificate',
  }),
  ca: custom<string | Uint8Array | undefined>(
    'a PEM text or its bytes',
    {
      default: undefined,
      group: 'TLS and addresses',
      doc: 'certificates to trust in place of the system’s own (PEM)',
    },
    (value) => value === undefined || typeof value === 'string' || value instanceof Uint8Array,
  ),
  cert: custom<string | Uint8Array | undefined>(
    'a PEM text or its bytes',
    {
      default: undefined,
      scope: 'code',
      group: 'TLS and addresses',
      doc: 'a certificate of your own, for servers that ask for one (PEM)',
    },
    isText,
  ),
  key: custom<string | Uint8Array | undefined>(
    'a PEM text or its bytes',
    {
      default: undefined,
      scope: 'code',
      group: 'TLS and addresses',
      doc: 'the private key of that certificate (PEM)',
      secret: true,
    },
    isText,
  ),
  certFile: text({
    default: undefined,
    flag: '-E, --cert <file>',
    scope: 'cli',
    group: 'TLS and addresses',
    doc: 'a file with a certificate of your own, for servers that ask for one; it may hold the key too (PEM)',
  }),
  keyFile: text({
    default: undefined,
    flag: '--key <file>',
    scope: 'cli',
    group: 'TLS and addresses',
    doc: 'a file with the private key of --cert, where that does not hold it (PEM)',
  }),
  tlsMin: choice(['1.0', '1.1', '1.2', '1.3'], {
    default: '1.2',
    flag: '--tls-min <version>',
    group: 'TLS and addresses',
    doc: 'oldest version of TLS to accept',
  }),
  ciphers: text({
    default: undefined,
    flag: '--ciphers <list>',
    group: 'TLS and addresses',
    doc: 'ciphers to offer, as OpenSSL lists them',
  }),
  cacert: text({
    default: undefined,
    flag: '--cacert <file>',
    scope: 'cli',
    group: 'TLS and addresses',
    doc: 'a file of certificates to trust in place of the system’s own (PEM)',
  }),
  servername: text({
    default: undefined,
    flag: '--sni <name>',
    group: 'TLS and addresses',
    doc: 'name to ask for in TLS and to expect in the certificate, in place of the URL’s host; with --connect-to the URL’s host stays both',
  }),
  pinnedPubkey: text({
    default: undefined,
    flag: '--pinnedpubkey <pins>',
    group: 'TLS and addresses',
    doc: 'the only keys or certificates to accept, also with -k: sha256//<base64 of the key’s SHA-256> as in curl, or sha256:<fingerprint of the certificate>; several with ; between',
  }),
  happyEyeballsMs: duration({
    default: 250,
    min: 10,
    max: DAY,
    flag: '--happy-eyeballs-timeout <duration>',
    group: 'TLS and addresses',
    doc: 'how long one address of a name is tried alone before the next one is tried beside it (RFC 8305)',
  }),
  localAddresses: list({
    default: [],
    flag: '--interface <address,…>',
    group: 'TLS and addresses',
    doc: 'IP addresses of this machine to connect from, in turn; each brings its own local ports; repeatable',
  }),
  unixSocket: text({
    default: undefined,
    flag: '--unix-socket <path>',
    group: 'TLS and addresses',
    doc: 'connect to a Unix socket, whatever the URL’s host; no name is looked up and no proxy used',
  }),
  dnsTtlMs: duration({
    default: 300_000,
    min: 0,
    max: DAY,
    flag: '--dns-ttl <duration>',
    group: 'TLS and addresses',
    doc: 'how long an address is used before its name is looked up again; at once after a failed connection',
  }),
  dnsNegativeTtlMs: duration({
    default: 1_000,
    min: 0,
    max: DAY,
    flag: '--dns-negative-ttl <duration>',
    group: 'TLS and addresses',
    doc: 'how long a name that has no address is not looked up again; a name server that failed is asked again at once',
  }),
  dnsServers: list({
    default: [],
    flag: '--dns-servers <address,...>',
    group: 'TLS and addresses',
    doc: 'name servers to ask in place of the system’s, as address or address:port; the hosts file is not read then',
  }),
  resolve: list({
    default: [],
    flag: '--resolve <host:port:address>',
    group: 'TLS and addresses',
    doc: 'use these addresses (several parted by commas) for host and port, in place of a lookup; * is every host; repeatable',
  }),
  connectTo: list({
    default: [],
    flag: '--connect-to <h1:p1:h2:p2>',
    group: 'TLS and addresses',
    doc: 'connect to host h2 and port p2 for requests to h1 and p1; either pair may be empty: any, or the request’s own; repeatable',
  }),
  family: choice(['any', '4', '6'], {
    default: 'any',
    flag: '--ip <family>',
    group: 'TLS and addresses',
    doc: 'IP version to connect over',
  }),

  // ── expectations ──────────────────────────────────────────────────────────────────────────────────────────
  failOn: listOr<ResponseCheck | readonly (string | ResponseCheck)[]>(
    list({
      default: [],
      flag: '--fail-on <condition>',
      group: 'Expectations',
      doc: "a response that meets it is a failure: '5xx,429', 'status!=200', 'body~error', 'header:ETag', '!header:ETag', 'size<100', 'type!=text/html'; repeatable",
    }),
    'a condition such as 5xx, a function of a response, or a list of them',
    (value) => isListOf(value, isTextOrFunction),
  ),
  matchStatus: listOr<number | readonly (string | number)[]>(
    list({
      default: [],
      flag: '--match-status <statuses>',
      group: 'Expectations',
      doc: 'keep responses of these statuses only, such as 200,3xx,500-599; the others are counted and leave no record',
    }),
    'statuses such as 200, 3xx or 500-599, or a list of them',
    (value) => isListOf(value, isTextOrNumber),
  ),
  filterStatus: listOr<number | readonly (string | number)[]>(
    list({
      default: [],
      flag: '--filter-status <statuses>',
      group: 'Expectations',
      doc: 'drop responses of these statuses',
    }),
    'statuses such as 200, 3xx or 500-599, or a list of them',
    (value) => isListOf(value, isTextOrNumber),
  ),
  match: listOr<RegExp | readonly (string | RegExp)[]>(
    list({
      default: [],
      flag: '--match <regex>',
      group: 'Expectations',
      doc: 'keep responses whose body matches, (?i) in front for any case; repeatable, one of them is enough',
    }),
    'a regular expression, or a list of them',
    (value) => isListOf(value, isTextOrExpression),
  ),
  filter: listOr<RegExp | readonly (string | RegExp)[]>(
    list({
      default: [],
      flag: '--filter <regex>',
      group: 'Expectations',
      doc: 'drop responses whose body matches; repeatable',
    }),
    'a regular expression, or a list of them',
    (value) => isListOf(value, isTextOrExpression),
  ),
  matchSize: listOr<number | readonly (string | number)[]>(
    list({
      default: [],
      flag: '--match-size <sizes>',
      group: 'Expectations',
      doc: 'keep responses whose body has one of these sizes, such as 0,1234,100-200',
    }),
    'sizes in bytes such as 1234 or 100-200, or a list of them',
    (value) => isListOf(value, isTextOrNumber),
  ),
  filterSize: listOr<number | readonly (string | number)[]>(
    list({
      default: [],
      flag: '--filter-size <sizes>',
      group: 'Expectations',
      doc: 'drop responses whose body has one of these sizes',
    }),
    'sizes in bytes such as 1234 or 100-200, or a list of them',
    (value) => isListOf(value, isTextOrNumber),
  ),
  extract: listOr<Readonly<Record<string, string>>>(
    list({
      default: [],
      flag: '--extract <name=what>',
      group: 'Expectations',
      doc: 'a field of the record out of the response: id=/data/id, ids=$.items[*].id, title=regex:<title>(.*?)<, all=regex*:\\d+, etag=header:ETag; repeatable',
    }),
    'name=expression, a list of them, or an object of name: expression',
    isTexts,
  ),

  // ── proxies ───────────────────────────────────────────────────────────────────────────────────────────────
  proxy: list({
    default: [],
    flag: '-x, --proxy <url>',
    group: 'Proxies',
    doc: 'go through a proxy: host:port for one that speaks HTTP, else with its scheme, as in socks5://user:password@host:1080 (http, https, socks5, socks5h); several take turns; env is those of HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, which the command line takes without -x; an empty text is none; repeatable',
    secret: true,
  }),
  proxyUser: text({
    default: undefined,
    flag: '-U, --proxy-user <user:password>',
    group: 'Proxies',
    doc: 'user and password for every proxy whose URL has none',
    secret: true,
  }),
  noProxy: text({
    default: undefined,
    flag: '--noproxy <list>',
    group: 'Proxies',
    doc: 'hosts to reach without a proxy, in place of NO_PROXY: names with all below them, addresses, blocks such as 10.0.0.0/8, each with :port or not; * is all',
  }),

  // ── limits ────────────────────────────────────────────────────────────────────────────────────────────────
  headerBytesMax: bytes({
    default: 64 * 1024,
    min: 64,
    max: 16 * 1024 * 1024,
    flag: '--header-bytes-max <size>',
    group: 'Limits on responses',
    doc: 'status line and header section of one response, interim responses (1xx) included',
  }),
  headerBytesTotalMax: bytes({
    default: 256 * 1024,
    min: 64,
    max: 1024 * 1024 * 1024,
    flag: '--header-bytes-total-max <size>',
    group: 'Limits on responses',
    doc: 'header sections of all responses that a chain of redirects leads through',
  }),
  headerCountMax: integer({
    default: 200,
    min: 1,
    max: 100_000,
    flag: '--header-count-max <n>',
    group: 'Limits on responses',
    doc: 'header fields of one response',
  }),
  reasonBytesMax: bytes({
    default: 1024,
    min: 0,
    max: 64 * 1024,
    flag: '--reason-bytes-max <size>',
    group: 'Limits on responses',
    doc: 'reason phrase of one response',
  }),
  interimMax: integer({
    default: 20,
    min: 0,
    max: 10_000,
    flag: '--interim-max <n>',
    group: 'Limits on responses',
    doc: 'interim responses (1xx) before a final one',
  }),
  bodyBytesMax: bytes({
    default: 64 * 1024 * 1024,
    min: 0,
    max: 2 * 1024 ** 3 - 1,
    flag: '--max-filesize <size>',
    group: 'Limits on responses',
    doc: 'body of one response; it is held in memory, unless --body is none or files',
  }),
  downloadBytesMax: bytes({
    default: 64 * 1024 ** 3,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    flag: '--max-download <size>',
    group: 'Limits on responses',
    doc: 'body of one response that goes to a file (--body files); one that is longer is a failure and leaves no file',
  }),
  downloadResumes: integer({
    default: 5,
    min: 0,
    max: 1_000,
    flag: '--download-resumes <n>',
    group: 'Limits on responses',
    doc: 'with --body files, how often a GET whose transfer breaks is sent again for the rest of its body, where the server says which version that belongs to; 0 is never',
  }),
  chunkExtensionBytesMax: bytes({
    default: 4 * 1024,
    min: 0,
    max: 1024 * 1024,
    flag: '--chunk-extension-bytes-max <size>',
    group: 'Limits on responses',
    doc: 'extensions of one chunk',
  }),
  chunkExtensionTotalBytesMax: bytes({
    default: 16 * 1024,
    min: 0,
    max: 16 * 1024 * 1024,
    flag: '--chunk-extension-total-max <size>',
    group: 'Limits on responses',
    doc: 'extensions of all chunks of one response',
  }),
  decodedRatioMax: integer({
    default: 200,
    min: 1,
    max: 1_000_000,
    flag: '--decoded-ratio-max <n>',
    group: 'Limits on responses',
    doc: 'how many times larger than it came a body may become by decoding, above 1 MiB',
  }),
  codingsMax: integer({
    default: 5,
    min: 0,
    max: 100,
    flag: '--codings-max <n>',
    group: 'Limits on responses',
    doc: 'content codings of one response, one around the other',
  }),
  trailerBytesMax: bytes({
    default: 16 * 1024,
    min: 0,
    max: 1024 * 1024,
    flag: '--trailer-bytes-max <size>',
    group: 'Limits on responses',
    doc: 'trailer section of one response',
  }),
  outcomesMax: integer({
    default: 1_000,
    min: 1,
    max: 10_000_000,
    scope: 'code',
    group: 'Limits on responses',
    doc: 'outcomes that wait for a slow consumer before sending pauses',
  }),
  addedMax: integer({
    default: 1_000_000,
    min: 1,
    max: 1_000_000_000,
    scope: 'code',
    group: 'Limits on the run',
    doc: 'different URLs that may be added to a run while it goes on; each takes about 100 bytes',
  }),
  durationMs: durationOrNone({
    default: undefined,
    min: 1,
    max: 365 * DAY,
    flag: '--duration <duration>',
    group: 'Limits on the run',
    doc: 'stop sending after this long; requests in flight still finish, the exit code is 7',
  }),
  maxHostErrors: integerOrNone({
    default: 30,
    min: 1,
    max: 1_000_000,
    flag: '--max-host-errors <n>',
    group: 'Limits on the run',
    doc: 'failures in a row (no connection, no answer) after which a host counts as down: it gets one request from time to time until it answers',
  }),
  hostDown: choice(['wait', 'fail'], {
    default: 'wait',
    flag: '--host-down <what>',
    group: 'Limits on the run',
    doc: 'what requests to a host that is down do: wait, if it has answered before, or fail at once with kind host-down',
  }),
  hostDownMaxMs: duration({
    default: 300_000,
    min: 0,
    max: 365 * DAY,
    flag: '--host-down-max <duration>',
    group: 'Limits on the run',
    doc: 'longest that requests wait for a host that is down; then they fail at once',
  }),
  failEarly: flag({
    default: false,
    flag: '--fail-early',
    group: 'Limits on the run',
    doc: 'stop sending at the first failure, which one is when its retries are used up; requests in flight still finish, the exit code is 7',
  }),
  maxFailures: integerOrNone({
    default: undefined,
    min: 1,
    max: Number.MAX_SAFE_INTEGER,
    flag: '--max-failures <n>',
    group: 'Limits on the run',
    doc: 'stop sending after so many failures; requests in flight still finish, the exit code is 7',
  }),
  graceMs: duration({
    default: 5_000,
    min: 0,
    max: DAY,
    flag: '--grace <duration>',
    group: 'Limits on the run',
    doc: 'after Ctrl-C, how long requests in flight may take to finish',
  }),

  // ── output ────────────────────────────────────────────────────────────────────────────────────────────────
  output: list({
    default: [],
    flag: '-o, --output <file>',
    scope: 'cli',
    group: 'Output',
    doc: 'write records to a file of the form that its name ends with (.jsonl, .csv, each also .gz or .zst; .parquet, .sqlite, .warc.gz), to a table (postgres://…), or to standard output with - or without it; auto stands for a folder of its own, as in auto/out.parquet; repeatable',
  }),
  ordered: flag({
    default: false,
    flag: '--ordered',
    group: 'Output',
    doc: 'write records in the order of the input; those that are early wait, large bodies in a temporary file',
  }),
  durability: choice(['none', 'process', 'power'], {
    default: 'process',
    flag: '--durability <level>',
    scope: 'cli',
    group: 'Output',
    doc: 'what records in files outlive: process: the end of this process, whatever ends it; power: a loss of power; none: neither, and the run is not resumable',
  }),
  resume: flag({
    default: false,
    flag: '--resume',
    scope: 'cli',
    group: 'Output',
    doc: 'go on with what is there, and do nothing where it is complete; without it an incomplete output is gone on with, and a complete one begun anew',
  }),
  restart: flag({
    default: false,
    flag: '--restart',
    scope: 'cli',
    group: 'Output',
    doc: 'begin anew, also where an earlier run is not finished',
  }),
  outputFormat: choice(['auto', 'jsonl', 'csv'], {
    default: 'auto',
    flag: '--output-format <format>',
    scope: 'cli',
    group: 'Output',
    doc: 'form of the records; auto goes by the extension, else JSON Lines',
  }),
  recordBody: choice(['auto', 'text', 'json', 'base64', 'none', 'files'], {
    default: 'auto',
    flag: '--body <form>',
    scope: 'cli',
    group: 'Output',
    doc: 'bodies in records: auto is JSON where it is JSON, text where it is text, else base64; files writes each to a file beside the output',
  }),
  bodyNames: choice(['index', 'hash'], {
    default: 'index',
    flag: '--body-names <what>',
    scope: 'cli',
    group: 'Output',
    doc: 'what --body files calls them by: index, or hash, their SHA-256, so that the same content is stored once',
  }),
  recordHeaders: flag({
    default: false,
    flag: '--include',
    scope: 'cli',
    group: 'Output',
    doc: 'response header fields in records',
  }),
  recordTimings: flag({
    default: false,
    flag: '--timings',
    scope: 'cli',
    group: 'Output',
    doc: 'time spent by phase in records',
  }),
  summary: text({
    default: undefined,
    flag: '--summary <file>',
    scope: 'cli',
    group: 'Output',
    doc: 'write one JSON object about the whole run to a file at the end',
  }),
  failIf: list({
    default: [],
    flag: '--fail-if <condition>',
    scope: 'cli',
    group: 'Output',
    doc: "exit with 99 if it holds at the end, such as 'p95>500ms', 'failures>0' or 'rps<1000'; repeatable",
  }),
  checkStatus: flag({
    default: false,
    flag: '--check-status',
    scope: 'cli',
    group: 'Output',
    doc: 'exit with 4 if a request failed or was answered with a status of 400 or more',
  }),
  quiet: flag({
    default: false,
    flag: '-q, --quiet',
    scope: 'cli',
    group: 'Output',
    doc: 'no progress and no summary',
  }),
  verbose: flag({
    default: false,
    flag: '-v, --verbose',
    scope: 'cli',
    group: 'Output',
    doc: 'a line on standard error for each failure',
  }),
  curl: flag({
    default: false,
    flag: '--curl',
    scope: 'cli',
    group: 'Output',
    doc: 'print the equal curl command of each request, secrets included, and send nothing',
  }),
  dryRun: flag({
    default: false,
    flag: '--dry-run',
    scope: 'cli',
    group: 'Output',
    doc: 'show the plan and send nothing',
  }),
  config: text({
    default: undefined,
    flag: '--config <file>',
    scope: 'cli',
    group: 'Output',
    doc: 'a JSON file of options, in place of flurry.config.json in this folder',
  }),
  printConfig: flag({
    default: false,
    flag: '--print-config',
    scope: 'cli',
    group: 'Output',
    doc: 'print every option with its value and where it came from, and send nothing',
  }),
} as const;
