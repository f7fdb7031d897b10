// The library's session: cookies, connections, names, credentials and limits in one object, for single requests, for
// runs that share them, and for code that takes a fetch.

import { systemClock } from '../model/clock.ts';
import { mergedHeaders } from '../model/header-block.ts';
import { OptionError } from '../model/option-kinds.ts';
import { OPTION_NAMES, type RunOptions, resolveOptions, type Settings } from '../model/options.ts';
import type { Response } from '../model/outcome.ts';
import { RequestFactory, type RequestInput, type RequestObject } from '../model/request.ts';
import type { CookieStore } from '../session/cookies.ts';
import { watch } from './fetch/abort-watch.ts';
import { SessionFetch } from './fetch/fetch.ts';
import { RequestDesk } from './request-desk.ts';
import { RequestError } from './request-error.ts';
import { SessionCore } from './session-core.ts';
import { requestDefaults } from './source-of.ts';
import type { World } from './transport-of.ts';

export { RequestError } from './request-error.ts';

export type SessionOptions = RunOptions;

/** One request of a session: what `flurry` takes, less the URL and the method that the call names. */
export type RequestInit = Omit<RequestObject, 'url' | 'method' | 'id'> & {
  /** Stops it: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
};

/** What a run may say for itself; everything else was settled when its session was made. */
const OF_THE_RUN: ReadonlySet<string> = new Set([
  'method',
  'headers',
  'userAgent',
  'body',
  'form',
  'expectContinueBytes',
  'strictInput',
  'globoff',
  'vars',
  'zip',
  'first',
  'shuffle',
  'sample',
  'seed',
  'shard',
  'concurrency',
  'lookAhead',
  'lookAheadBytesMax',
  'outcomesMax',
  'addedMax',
  'dedupe',
  'dedupeMax',
  'downloadBytesMax',
  'downloadResumes',
  'durationMs',
  'graceMs',
  'failOn',
  'matchStatus',
  'filterStatus',
  'match',
  'filter',
  'matchSize',
  'filterSize',
  'extract',
]);

export class Session {
  readonly #given: SessionOptions;
  readonly #settings: Settings;
  readonly #core: SessionCore;
  readonly #factory: RequestFactory;
  #desk: RequestDesk | undefined;
  #fetch: SessionFetch | undefined;
  #closed = false;

  /** Throws OptionError for a wrong option. Opens nothing until the first request. */
  constructor(options: SessionOptions = {}, world: World = { clock: systemClock }) {
    this.#given = { cookies: true, followRedirects: true, compressed: true, ...options };
    this.#settings = resolveOptions(this.#given);
    this.#core = new SessionCore(this.#settings, world, true);
    this.#factory = new RequestFactory(requestDefaults(this.#settings));
  }

  get(url: string | URL, init: RequestInit = {}): Promise<Response> {
    return this.#send('GET', url, init);
  }

  head(url: string | URL, init: RequestInit = {}): Promise<Response> {
    return this.#send('HEAD', url, init);
  }

  post(url: string | URL, init: RequestInit = {}): Promise<Response> {
    return this.#send('POST', url, init);
  }

  put(url: string | URL, init: RequestInit = {}): Promise<Response> {
    return this.#send('PUT', url, init);
  }

  patch(url: string | URL, init: RequestInit = {}): Promise<Response> {
    return this.#send('PATCH', url, init);
  }

  delete(url: string | URL, init: RequestInit = {}): Promise<Response> {
    return this.#send('DELETE', url, init);
  }

  #send(method: string, url: string | URL, init: RequestInit): Promise<Response> {
    const { signal, ...rest } = init;
    return this.request({ ...rest, url, method }, { signal });
  }

  /**
   * The response, whatever its status, once it is whole. Rejects with RequestError where none came, with the signal's
   * reason where that stopped it, and with InvalidRequest for what cannot be sent.
   */
  async request(
    input: RequestInput,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Response> {
    signal?.throwIfAborted();
    let request = this.#factory.from(0, input);
    request.onReplaced = (next) => {
      request = next;
    };
    const desk = this.#open();
    return new Promise((resolve, reject) => {
      const abort = (reason: unknown) => {
        reject(reason);
        request.cancel();
      };
      const unwatch = signal === undefined ? undefined : watch(signal, { abort });
      desk.send(request, (outcome) => {
        unwatch?.();
        if (outcome.type === 'response') resolve(outcome);
        else reject(new RequestError(outcome));
      });
    });
  }

  /**
   * The Fetch Standard's `fetch` over this session: the platform's own Response, the same errors as Node's. Bound, so
   * that it can be handed to whatever takes a fetch. A response holds its connection and one slot of the session until
   * its body has come: read it or cancel it, unless it is small (256 KiB).
   */
  readonly fetch: typeof globalThis.fetch = (input, init) => {
    this.#fetch ??= new SessionFetch(this.#core, () => this.#open());
    return this.#fetch.fetch(input, init);
  };

  #open(): RequestDesk {
    if (this.#closed) throw new Error('the session is closed; make a new one');
    this.#desk ??= new RequestDesk(this.#core);
    return this.#desk;
  }

  /** The cookies as the text of a cookie file (Netscape's form, as curl reads and writes it), those of the session too. */
  saveCookies(): string {
    return this.#jar().save();
  }

  /** Adds the cookies of such a text; gives back what was wrong with it, a sentence for each line that gave none. */
  loadCookies(text: string): string[] {
    return this.#jar()
      .load(text)
      .map(({ line, message }) => `line ${line}: ${message}`);
  }

  #jar(): CookieStore {
    if (this.#core.cookies === undefined) throw new OptionError('cookies', 'this session keeps no cookies');
    return this.#core.cookies;
  }

  /** What a run of it goes by: the session's options, and those that it may say for itself. For `flurry`. */
  forRun(options: RunOptions): { settings: Settings; core: SessionCore } {
    if (this.#closed) throw new Error('the session is closed; make a new one');
    for (const name of Object.keys(options)) {
      if (OF_THE_RUN.has(name) || !(OPTION_NAMES as readonly string[]).includes(name)) continue;
      throw new OptionError(name, `${name} is the session's: give it to new Session({ ${name}: … })`);
    }
    const headers = mergedHeaders(this.#given.headers ?? {}, options.headers ?? {});
    return { settings: resolveOptions({ ...this.#given, ...options, headers }), core: this.#core };
  }

  /** Requests under way come to their end; then its connections close. A run that goes on is not waited for. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#desk?.finish();
    this.#core.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  toString(): string {
    return this.#core.toString();
  }
}
