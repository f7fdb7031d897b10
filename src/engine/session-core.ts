// What is remembered between requests, and what follows from a response: cookies, redirects, credentials, decoding. It
// wires those pieces around a transport, for one run or for several; a target that uses none of them costs one look at
// a flag per response.

import { type Load, systemClock, systemLoad, systemRandom } from '../model/clock.ts';
import type { Clock, Done, Transport } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { Failure, type Outcome, type Response } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { count } from '../model/text.ts';
import { GoodputLaw } from '../scheduler/control/goodput-law.ts';
import { TotalLaw } from '../scheduler/control/total-law.ts';
import { HostGate } from '../scheduler/health/host-gate.ts';
import { Rate } from '../scheduler/rate/rate.ts';
import { parseRate } from '../scheduler/rate/rate-text.ts';
import { Retries } from '../scheduler/retry/retries.ts';
import { type GateTerms, SharedSlots } from '../scheduler/slots.ts';
import { Authenticator, hasLeft } from '../session/authenticator.ts';
import { parseCookieText } from '../session/cookie-file.ts';
import { CookieStore } from '../session/cookies.ts';
import { contentCodings, type DecodingLimits, decode, SYNC_BYTES_MAX } from '../session/decoding.ts';
import { Proxies } from '../session/proxies.ts';
import { type RedirectSettings, redirect } from '../session/redirects.ts';
import { Governor } from './governor.ts';
import { secretHeaders } from './secret-headers.ts';
import { AUTO_TOTAL, type EngineLimits, slotLimits } from './slot-limits.ts';
import { openTransport, type World } from './transport-of.ts';

/** What comes of a response: the outcome to hand out, or the request to send next. Called once, perhaps at once. */
export type Settled = (request: Request, outcome: Outcome | undefined, next: Request | undefined) => void;

/** A number is per second; undefined is no limit. */
export type GivenRate = string | number | undefined;

const LOAD_EVERY_MS = 250;
/** In flight to a host that nobody knows yet. */
const AUTO_INITIAL = 8;
const COOKIE_LIMITS = { cookiesPerHostMax: 180, cookieBytesMax: 4096, cookiesMax: 100_000 };

export class SessionCore {
  readonly settings: Settings;
  readonly clock: Clock;
  /** True where it outlives its runs: they leave it open, and stop their own requests alone. */
  readonly shared: boolean;
  readonly limits: EngineLimits;
  readonly slots: SharedSlots;
  readonly governor: Governor;
  /** As they are now, and as they were written. */
  rates: { readonly rate: GivenRate; readonly ratePerHost: GivenRate };
  /** From 0 to below 1. */
  readonly random: () => number;
  /** Undefined where time is not real, and how busy the process is says nothing. */
  readonly load: (() => Load) | undefined;
  readonly transport: Transport;
  /** Undefined where cookies are off. */
  readonly cookies: CookieStore | undefined;
  readonly decoding: DecodingLimits;
  /** As the caller wrote them: sent with every request of the input. */
  readonly #ownCookies: string | undefined;
  readonly #authenticator: Authenticator | undefined;
  readonly #proxies: Proxies | undefined;
  readonly #follows: boolean;
  readonly #decodes: boolean;
  readonly #adds: boolean;
  readonly #redirects: RedirectSettings;
  #resting = false;
  #watchesLoad = false;

  constructor(settings: Settings, world: World, shared = false) {
    this.settings = settings;
    this.clock = world.clock;
    this.shared = shared;
    this.limits = slotLimits(settings);
    this.rates = { rate: settings.rate, ratePerHost: settings.ratePerHost };
    this.random = world.random ?? systemRandom;
    this.slots = new SharedSlots(this.limits, gateTerms(settings, this.limits, world, this.random));
    this.governor = new Governor(this.slots.total, this.limits.concurrency, this.clock);
    this.load = world.load ?? (world.clock === systemClock ? systemLoad : undefined);
    this.transport = openTransport(settings, world);
    this.cookies = settings.cookies ? new CookieStore(world.clock, COOKIE_LIMITS) : undefined;
    this.#ownCookies = settings.cookieText === undefined ? undefined : parseCookieText(settings.cookieText);
    this.#authenticator = Authenticator.of(settings, clientNonce);
    const { proxyUser, noProxy } = settings;
    // A Unix socket goes before a proxy, which is a way over the network.
    const proxies = settings.unixSocket === undefined ? settings.proxy : [];
    this.#proxies = Proxies.of({ proxies, proxyUser, noProxy, env: world.env ?? process.env });
    this.#follows = settings.followRedirects;
    this.#decodes = settings.compressed;
    this.#adds =
      this.#ownCookies !== undefined || this.cookies !== undefined || this.#authenticator !== undefined;
    this.#redirects = {
      redirectsMax: settings.maxRedirects,
      secretHeaders: new Set(secretHeaders(settings)),
    };
    this.decoding = {
      codingsMax: settings.codingsMax,
      decodedBytesMax: settings.bodyBytesMax,
      decodedRatioMax: settings.decodedRatioMax,
      syncBytesMax: SYNC_BYTES_MAX,
    };
  }

  send(request: Request, done: Done): void {
    if (this.limits.auto && !this.#watchesLoad) this.#watchLoad();
    const adds = this.#adds && request.terms?.credentials !== false;
    if (adds) request.sessionFields = this.#fields(request);
    const { taker, condition } = request;
    if (taker?.fieldsFor !== undefined || condition !== undefined) {
      const fields = taker?.fieldsFor?.(request) ?? '';
      // The rest of a body is asked for with a condition of its own (If-Range).
      const asked = fields === '' ? (condition ?? '') : fields;
      request.sessionFields = (adds ? (request.sessionFields ?? '') : '') + asked;
    }
    if (this.#proxies !== undefined) request.proxy = this.#proxies.find(request.origin);
    this.transport.send(request, done);
  }

  /** What the caller set wins over what the session knows. */
  #fields(request: Request): string | undefined {
    const { headers } = request;
    let fields = '';
    const cookie = headers.has('cookie') ? undefined : this.#cookieOf(request);
    if (cookie !== undefined) fields += `Cookie: ${cookie}\r\n`;
    const authorization = this.#authenticator?.authorization(request);
    if (authorization !== undefined) fields += `Authorization: ${authorization}\r\n`;
    return fields === '' ? undefined : fields;
  }

  /** One field (RFC 6265 section 5.4): those of the jar, and the caller's own as long as no redirect has led elsewhere. */
  #cookieOf(request: Request): string | undefined {
    const kept = this.cookies?.header(request.origin, request.target);
    const own = this.#ownCookies === undefined || hasLeft(request) ? undefined : this.#ownCookies;
    if (kept === undefined || own === undefined) return kept ?? own;
    return `${kept}; ${own}`;
  }

  /** True where a response needs `settle`: most need none. */
  concerns(response: Response): boolean {
    if (response.isPlain) return false;
    return (
      this.#authenticator !== undefined ||
      this.cookies !== undefined ||
      this.#follows ||
      this.#decodes ||
      response.request.terms !== undefined
    );
  }

  /** `keepsEncoded`: a body that is decoded is kept as it came, too. */
  settle(request: Request, response: Response, settled: Settled, keepsEncoded = false): void {
    const { terms } = request;
    if (terms?.credentials !== false) {
      this.cookies?.store(request.origin, request.target, response.headerAll('set-cookie'));
    }
    if (terms?.credentials !== false && this.#authenticator?.challenged(request, response) === true) {
      return settled(request, undefined, request);
    }
    const redirects = terms?.redirect ?? (this.#follows ? 'follow' : 'manual');
    if (redirects !== 'manual') {
      const verdict = redirect(request, response, request.hops, this.#redirects);
      if (verdict.type === 'fault' || (verdict.type === 'follow' && redirects === 'error')) {
        const { kind, message } = verdict.type === 'fault' ? verdict : REFUSED_REDIRECT;
        return settled(request, Failure.of(request, 'headers', kind, message, response.ms), undefined);
      }
      if (verdict.type === 'follow') {
        const headBytes = request.headBytes + response.headBytes;
        const { headerBytesTotalMax } = this.settings;
        if (headBytes > headerBytesTotalMax) {
          const message = `${count(headBytes)} bytes of header sections in a chain of redirects (headerBytesTotalMax)`;
          return settled(
            request,
            Failure.of(request, 'headers', 'too-large', message, response.ms),
            undefined,
          );
        }
        verdict.request.headBytes = headBytes;
        verdict.request.hops = verdict.hops;
        request.replaceBy(verdict.request);
        return settled(request, undefined, verdict.request);
      }
    }
    if (this.#decodes || terms?.decode === true) this.#decode(request, response, settled, keepsEncoded);
    else settled(request, response, undefined);
  }

  #decode(request: Request, response: Response, settled: Settled, keepsEncoded: boolean): void {
    const codings = contentCodings(response.header('content-encoding') ?? '');
    decode(response.body, codings, this.decoding, (fault, body) => {
      if (fault === undefined) {
        const encoded = keepsEncoded ? response.body : undefined;
        const decoded = body === response.body ? response : response.withBody(body, encoded);
        return settled(request, decoded, undefined);
      }
      const message = `${request.origin.authority} sent ${fault.message}`;
      settled(request, Failure.of(request, 'body', fault.kind, message, response.ms), undefined);
    });
  }

  /** From now on, for all that shares the session; undefined: no limit. Throws OptionError. */
  setRate(rate: GivenRate): void {
    this.slots.setRate(parseRate('rate', rate, this.settings.burst), this.clock.now());
    this.rates = { ...this.rates, rate };
  }

  /** The same, of each origin. */
  setRatePerHost(ratePerHost: GivenRate): void {
    this.slots.setRatePerHost(parseRate('ratePerHost', ratePerHost, this.settings.burst), this.clock.now());
    this.rates = { ...this.rates, ratePerHost };
  }

  /** A run has nothing under way. Where no other has either, connections do not keep the process alive. */
  rest(): void {
    if (this.#resting) return;
    this.#resting = true;
    // The connection of the last response is not idle yet: it is being handed out.
    this.clock.afterPoll(() => {
      this.#resting = false;
      if (this.slots.total.used === 0) this.transport.rest();
    });
  }

  /** As long as anything is under way the laws are told how busy this process is. */
  #watchLoad(): void {
    const { load } = this;
    if (load === undefined) return;
    this.#watchesLoad = true;
    let last = load();
    const look = (): void => {
      const now = load();
      const [activeMs, idleMs] = [now.activeMs - last.activeMs, now.idleMs - last.idleMs];
      if (activeMs + idleMs > 0) this.#look(activeMs / (activeMs + idleMs));
      last = now;
      this.#watchesLoad = this.slots.total.used > 0;
      if (this.#watchesLoad) this.clock.after(LOAD_EVERY_MS, look);
    };
    this.clock.after(LOAD_EVERY_MS, look);
  }

  #look(busy: number): void {
    const { slots, governor, clock } = this;
    slots.look({ nowMs: clock.now(), busy, inFlight: slots.total.used });
    if (slots.totalLaw !== undefined) governor.want(slots.totalLaw.limit);
  }

  close(): void {
    this.transport.close();
  }

  toString(): string {
    return `session ${this.slots}; ${this.transport}`;
  }
}

const REFUSED_REDIRECT = { kind: 'unexpected', message: 'a redirect, which this request refuses' } as const;

function gateTerms(
  settings: Settings,
  limits: EngineLimits,
  { startOf }: World,
  random: () => number,
): GateTerms {
  const { burst, hostDown, hostDownMaxMs, ignoreRateLimits, maxHostErrors, retryAfterMaxMs } = settings;
  const all = parseRate('rate', settings.rate, burst);
  const ratePerHost = parseRate('ratePerHost', settings.ratePerHost, burst);
  const breaker =
    maxHostErrors === undefined
      ? undefined
      : { maxHostErrors, hostDownMaxMs: hostDown === 'wait' ? hostDownMaxMs : 0 };
  const { budgetTerms: budget } = new Retries(settings, random);
  const terms = {
    breaker,
    retryAfterMaxMs,
    budget,
    ignoreRateLimits,
    lawControls: limits.auto,
  };
  return {
    rate: all === undefined ? undefined : new Rate(all.perSecond, all.burst),
    ratePerHost,
    makeGate: (each) => new HostGate({ ...terms, ratePerHost: each }, random),
    makeLaw: limits.auto
      ? (key) => new GoodputLaw({ initial: startOf?.(key) ?? AUTO_INITIAL, max: limits.perHost })
      : undefined,
    totalLaw: limits.auto ? new TotalLaw(AUTO_TOTAL) : undefined,
    always: false,
  };
}

/** For answers to Digest challenges (RFC 7616 section 3.4). */
function clientNonce(): string {
  return crypto.randomUUID().replaceAll('-', '');
}
