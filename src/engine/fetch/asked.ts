// What a call of fetch asks for: `input` and `init` brought into one form, by the rules of the Fetch Standard. The usual
// is read here; whatever else there is, wrong values among it, is the platform's own Request class's to judge.

export interface Asked {
  /** Normalised, with its fragment. */
  readonly url: string;
  readonly method: string;
  /** The caller's own. */
  readonly headers: Headers | undefined;
  /** `init.body`, as it was given. */
  readonly body: unknown;
  readonly duplex: unknown;
  readonly signal: AbortSignal | undefined;
  readonly redirect: 'follow' | 'manual' | 'error';
  /** False for `omit`. */
  readonly credentials: boolean;
  /** Hashes that the content has one of; empty where any will do. */
  readonly integrity: string;
  /** Where a Request says it: what it is, and whose body goes out unless `body` does. */
  readonly request: globalThis.Request | undefined;
  /** The Request that the caller gave: its signal follows another only as long as it stays in memory. */
  readonly given: globalThis.Request | undefined;
}

type Init = globalThis.RequestInit;
type Redirect = Asked['redirect'];

/** As Node's class has it: what is written otherwise is left to it. */
const METHODS: ReadonlyMap<string, string> = new Map(
  ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].flatMap((method) => [
    [method, method],
    ...(method === 'PATCH' ? [] : [[method.toLowerCase(), method] as [string, string]]),
  ]) as [string, string][],
);
const REDIRECTS: ReadonlySet<unknown> = new Set<Redirect>(['follow', 'manual', 'error']);
const CREDENTIALS: ReadonlySet<unknown> = new Set(['omit', 'same-origin', 'include']);
/** They have no effect here, but a value that they cannot have is an error. */
const UNUSUAL = ['mode', 'cache', 'referrer', 'referrerPolicy', 'window', 'keepalive', 'priority'] as const;
/** Stands for a body whose source the class would hide. */
const SOME_BODY = new Uint8Array(0);

/** Throws what the class throws. */
export function askedOf(input: unknown, init: Init | undefined): Asked {
  if (input instanceof globalThis.Request) return ofRequest(input, init);
  const url = input instanceof URL ? input.href : String(input);
  return (
    (init === undefined || init === null ? ofUrl(url) : usual(url, init)) ?? constructed(url, init, undefined)
  );
}

function ofUrl(url: string): Asked | undefined {
  const href = webUrl(url);
  return href === undefined ? undefined : { ...PLAIN, url: href };
}

const PLAIN: Omit<Asked, 'url'> = {
  method: 'GET',
  headers: undefined,
  body: undefined,
  duplex: undefined,
  signal: undefined,
  redirect: 'follow',
  credentials: true,
  integrity: '',
  request: undefined,
  given: undefined,
};

/** Undefined for what is no URL, one with userinfo, and any scheme but http and https. */
function webUrl(url: string): string | undefined {
  const parsed = parsedUrl(url);
  if (parsed === undefined) return undefined;
  const { protocol, username, password, href } = parsed;
  if (protocol !== 'http:' && protocol !== 'https:') return undefined;
  return username === '' && password === '' ? href : undefined;
}

/** Undefined where there is anything but the usual. Measured (bench/micro/fetch.mjs): 5 µs where the class takes 20. */
function usual(url: string, init: Init): Asked | undefined {
  if (typeof init !== 'object' || UNUSUAL.some((name) => init[name as keyof Init] !== undefined))
    return undefined;
  const { method = 'GET', headers, signal, redirect = 'follow', credentials, integrity, duplex } = init;
  const body = init.body ?? undefined;
  const name = METHODS.get(method);
  const href = webUrl(url);
  if (href === undefined || name === undefined || !REDIRECTS.has(redirect)) return undefined;
  if (body !== undefined && (name === 'GET' || name === 'HEAD')) return undefined;
  if (credentials !== undefined && !CREDENTIALS.has(credentials)) return undefined;
  if (duplex !== undefined && duplex !== 'half') return undefined;
  if (signal !== undefined && signal !== null && !(signal instanceof AbortSignal)) return undefined;
  return {
    url: href,
    method: name,
    headers: headers === undefined ? undefined : new Headers(headers),
    body,
    duplex,
    signal: signal ?? undefined,
    redirect,
    credentials: credentials !== 'omit',
    integrity: integrity === undefined ? '' : String(integrity),
    request: undefined,
    given: undefined,
  };
}

function ofRequest(given: globalThis.Request, init: Init | undefined): Asked {
  if (init !== undefined && init !== null && !isEmpty(init)) return constructed(given, init, given);
  if (given.bodyUsed || given.body?.locked === true) {
    throw new TypeError('Cannot construct a Request with a Request object that has already been used.');
  }
  return described(given, undefined, given.signal, given);
}

function isEmpty(init: Init): boolean {
  return Object.getPrototypeOf(init) === Object.prototype && Object.keys(init).length === 0;
}

function constructed(
  input: string | globalThis.Request,
  init: Init | undefined,
  given: globalThis.Request | undefined,
): Asked {
  const body = init?.body ?? undefined;
  // A body that is given here keeps what it is, and that of a Request stays untouched behind it.
  const known =
    body === undefined ? init : Object.create(init!, { body: { value: SOME_BODY, enumerable: true } });
  const request = new globalThis.Request(input, known);
  const signal = init?.signal === undefined ? given?.signal : init.signal;
  return described(request, init, signal ?? undefined, given);
}

function described(
  request: globalThis.Request,
  init: Init | undefined,
  signal: AbortSignal | undefined,
  given: globalThis.Request | undefined,
): Asked {
  const { url, method, headers, redirect, credentials, integrity } = request;
  return {
    url,
    method,
    headers,
    body: init?.body ?? undefined,
    duplex: init?.duplex,
    signal,
    redirect: redirect as Redirect,
    credentials: credentials !== 'omit',
    integrity,
    request,
    given,
  };
}

function parsedUrl(url: string): URL | undefined {
  try {
    return new URL(url);
  } catch {
    return undefined;
  }
}
