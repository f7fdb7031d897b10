// A session's fetch, as the Fetch Standard and Node have it: the same arguments, the platform's own Response, the same
// errors. What is sent goes through the session: its limits, connections, cookies and credentials.

import type { HeaderBlock } from '../../model/header-block.ts';
import { parseUrl } from '../../model/origin.ts';
import { type Content, Request, type RequestTerms } from '../../model/request.ts';
import type { DecodingLimits } from '../../session/decoding.ts';
import type { RequestDesk } from '../request-desk.ts';
import type { SessionCore } from '../session-core.ts';
import { requestDefaults } from '../source-of.ts';
import { type Asked, askedOf } from './asked.ts';
import { FetchCall } from './fetch-call.ts';
import { networkError } from './fetch-errors.ts';
import { contentOfInit, contentOfRequest, withLength } from './upload.ts';

/** The one of the platform, for what is no matter of HTTP: `data:` and `blob:` URLs, and saying no to the others. */
const nativeFetch = globalThis.fetch;

export class SessionFetch {
  readonly #core: SessionCore;
  readonly #open: () => RequestDesk;
  /** The session's own fields, and Accept-Encoding in any case: what comes is decoded. */
  readonly #headers: HeaderBlock;
  readonly #decoding: DecodingLimits;
  readonly #answersChallenges: boolean;
  /** What was sent last went through it; a session has one. */
  #desk: RequestDesk | undefined;

  /** `open` gives the desk of a session that is open, and throws where it is closed. */
  constructor(core: SessionCore, open: () => RequestDesk) {
    const { settings, decoding } = core;
    this.#core = core;
    this.#open = open;
    this.#headers = requestDefaults({ ...settings, compressed: true }).headers;
    // Nothing of it is held, so its size is its reader's matter; how much it may grow is not.
    this.#decoding = { ...decoding, decodedBytesMax: Number.MAX_SAFE_INTEGER };
    this.#answersChallenges = settings.digest || settings.auth.some(({ scheme }) => scheme === 'digest');
  }

  fetch(input: unknown, init: globalThis.RequestInit | undefined): Promise<globalThis.Response> {
    return new Promise((resolve, reject) => {
      const asked = askedOf(input, init);
      if (!/^https?:/.test(asked.url)) return resolve(nativeFetch(asked.request!));
      this.#begin(asked, resolve, reject);
    });
  }

  #begin(
    asked: Asked,
    resolve: (response: globalThis.Response) => void,
    reject: (reason: unknown) => void,
  ): void {
    const content = asked.body === undefined ? undefined : contentOfInit(asked.body, asked.duplex);
    const ofRequest = asked.body === undefined ? asked.request?.body : undefined;
    const call = new FetchCall(asked, {
      decoding: this.#decoding,
      cookies: this.#core.cookies,
      answersChallenges: this.#answersChallenges,
      onHeld: (request, isHeld) => this.#desk?.hold(request, isHeld),
      resolve,
      reject,
    });
    if (ofRequest === undefined || ofRequest === null) return this.#send(call, asked, content);
    contentOfRequest(ofRequest, this.#core.clock).then(
      (collected) => this.#send(call, asked, collected),
      (error: unknown) => call.refuse(networkError(error)),
    );
  }

  #send(call: FetchCall, asked: Asked, content: Content | undefined): void {
    if (!call.prepare(content)) return;
    try {
      const request = this.#requestOf(asked, content);
      call.attach(request);
      this.#desk = this.#open();
      this.#desk.send(request, call.told);
    } catch (error) {
      call.refuse(networkError(error));
    }
  }

  #requestOf({ url, method, headers, redirect, credentials }: Asked, given: Content | undefined): Request {
    const { origin, target } = parseUrl(url);
    const length = headers?.get('content-length') ?? undefined;
    const content = length === undefined ? given : withLength(given, length);
    const block = this.#headersOf(headers, content?.contentType);
    const request = new Request(0, method, origin, target, block, content?.body, undefined);
    request.stream = content?.stream;
    request.terms = redirect === 'follow' && credentials ? USUAL : { redirect, credentials, decode: true };
    return request;
  }

  /** The media type of the body gives way to one that the call names, not to one that all requests have. */
  #headersOf(headers: Headers | undefined, contentType: string | undefined): HeaderBlock {
    const fields: [string, string][] = [];
    if (contentType !== undefined && headers?.has('content-type') !== true) {
      fields.push(['Content-Type', contentType]);
    }
    for (const field of headers ?? []) if (field[0] !== 'content-length') fields.push(field);
    return fields.length === 0 ? this.#headers : this.#headers.with(fields);
  }
}

const USUAL: RequestTerms = { redirect: 'follow', credentials: true, decode: true };
