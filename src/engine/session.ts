// What is remembered between requests, and what follows from a response: cookies, redirects, decoding. It wires those
// pieces around a transport; a target that uses none of them costs one look at a flag per response.

import type { Done, Transport } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { parseUrl } from '../model/origin.ts';
import { Failure, type Outcome, type Response } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { basic } from '../session/auth.ts';
import { CookieStore } from '../session/cookies.ts';
import { contentCodings, type DecodingLimits, decode, SYNC_BYTES_MAX } from '../session/decoding.ts';
import { type Netrc, parseNetrc } from '../session/netrc.ts';
import { type RedirectSettings, redirect } from '../session/redirects.ts';
import { openTransport, type World } from './transport-of.ts';

/** What comes of a response: the outcome to hand out, or the request to send next. Called once, perhaps at once. */
export type Settled = (request: Request, outcome: Outcome | undefined, next: Request | undefined) => void;

const COOKIE_LIMITS = { cookiesPerHostMax: 180, cookieBytesMax: 4096, cookiesMax: 100_000 };

export class SessionCore {
  readonly transport: Transport;
  /** Undefined where cookies are off. */
  readonly cookies: CookieStore | undefined;
  readonly #netrc: Netrc | undefined;
  readonly #follows: boolean;
  readonly #decodes: boolean;
  readonly #redirects: RedirectSettings;
  readonly #decoding: DecodingLimits;

  constructor(settings: Settings, world: World) {
    this.transport = openTransport(settings, world);
    this.cookies = settings.cookies ? new CookieStore(world.clock, COOKIE_LIMITS) : undefined;
    this.#netrc = settings.netrc === undefined ? undefined : parseNetrc(settings.netrc);
    this.#follows = settings.followRedirects;
    this.#decodes = settings.compressed;
    this.#redirects = { redirectsMax: settings.maxRedirects, secretHeaders: new Set() };
    this.#decoding = {
      codingsMax: settings.codingsMax,
      decodedBytesMax: settings.bodyBytesMax,
      decodedRatioMax: settings.decodedRatioMax,
      syncBytesMax: SYNC_BYTES_MAX,
    };
  }

  send(request: Request, done: Done): void {
    if (this.cookies !== undefined || this.#netrc !== undefined)
      request.sessionFields = this.#fields(request);
    this.transport.send(request, done);
  }

  /** What the caller set wins over what the session knows. */
  #fields(request: Request): string | undefined {
    const { headers, origin, target } = request;
    let fields = '';
    const cookie = headers.has('cookie') ? undefined : this.cookies?.header(origin, target);
    if (cookie !== undefined) fields += `Cookie: ${cookie}\r\n`;
    const login =
      headers.has('authorization') || hasLeft(request) ? undefined : this.#netrc?.find(origin.host);
    if (login !== undefined) fields += `Authorization: ${basic(login)}\r\n`;
    return fields === '' ? undefined : fields;
  }

  /** True where a response needs `settle`: most need none. */
  concerns(response: Response): boolean {
    return !response.isPlain && (this.cookies !== undefined || this.#follows || this.#decodes);
  }

  settle(request: Request, response: Response, settled: Settled): void {
    this.cookies?.store(request.origin, request.target, response.headerAll('set-cookie'));
    if (this.#follows) {
      const verdict = redirect(request, response, request.hops, this.#redirects);
      if (verdict.type === 'follow') {
        verdict.request.hops = verdict.hops;
        return settled(request, undefined, verdict.request);
      }
      if (verdict.type === 'fault') {
        const { kind, message } = verdict;
        return settled(request, Failure.of(request, 'headers', kind, message, response.ms), undefined);
      }
    }
    if (this.#decodes) this.#decode(request, response, settled);
    else settled(request, response, undefined);
  }

  #decode(request: Request, response: Response, settled: Settled): void {
    const codings = contentCodings(response.header('content-encoding') ?? '');
    decode(response.body, codings, this.#decoding, (fault, body) => {
      if (fault === undefined) {
        return settled(request, body === response.body ? response : response.withBody(body), undefined);
      }
      const message = `${request.origin.authority} sent ${fault.message}`;
      settled(request, Failure.of(request, 'body', fault.kind, message, response.ms), undefined);
    });
  }
}

/** True once a redirect has led to another origin: credentials do not come back later in the chain, to whichever. */
function hasLeft({ hops, origin }: Request): boolean {
  return hops.some(({ url }) => parseUrl(url).origin.key !== origin.key);
}
