// One call of fetch from its request to the last octet of its body: it takes the content of the final response as it
// comes, leaves to the session what is not handed out, and is told of an abort at every stage. Sends nothing itself.

import type { ContentControl, ContentTaker } from '../../model/contracts.ts';
import type { Outcome, Response } from '../../model/outcome.ts';
import type { Content, Request, RequestTerms } from '../../model/request.ts';
import type { ResponseHead } from '../../model/response-head.ts';
import type { CookieStore } from '../../session/cookies.ts';
import {
  ACCEPT_ENCODING,
  type Codings,
  contentCodings,
  type DecodingLimits,
} from '../../session/decoding.ts';
import { RequestError } from '../request-error.ts';
import { type Abortable, watch, watchWeakly } from './abort-watch.ts';
import type { Asked } from './asked.ts';
import { bodyError, networkError } from './fetch-errors.ts';
import { IncomingBody } from './incoming-body.ts';
import { hasIntegrity } from './integrity.ts';
import { type Answer, hasNullBody, webResponse } from './web-response.ts';

export interface FetchCallTools {
  readonly decoding: DecodingLimits;
  readonly cookies: CookieStore | undefined;
  /** The session has a login that it may answer a 401 with. */
  readonly answersChallenges: boolean;
  /** Its content waits for its reader, or no longer does. */
  readonly onHeld: (request: Request, isHeld: boolean) => void;
  readonly resolve: (response: globalThis.Response) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 *   waiting ──head──► answered (the response is handed out, its body comes) ──► over
 *      └──────────────────── abort, failure ────────────────────────────────────┘
 */
type State = 'waiting' | 'answered' | 'over';

/** What a response asks of the session was done when its head came. */
const SETTLED: RequestTerms = { redirect: 'manual', credentials: false, decode: false };
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const DECODABLE: ReadonlySet<string> = new Set(ACCEPT_ENCODING.split(', '));
const NONE: Codings = [];

export class FetchCall implements ContentTaker, Abortable {
  readonly #asked: Asked;
  readonly #tools: FetchCallTools;
  #state: State = 'waiting';
  #content: Content | undefined;
  #request: Request | undefined;
  #body: IncomingBody | undefined;
  #unwatch: (() => void) | undefined;
  #held = false;

  constructor(asked: Asked, tools: FetchCallTools) {
    this.#asked = asked;
    this.#tools = tools;
    const { signal } = asked;
    if (signal?.aborted === true) this.abort(signal.reason);
    else if (signal !== undefined) this.#unwatch = watch(signal, this);
  }

  /** Its content is there. False: it was aborted meanwhile, so nothing is sent. */
  prepare(content: Content | undefined): boolean {
    this.#content = content;
    if (this.#state === 'over') this.#releaseContent();
    return this.#state === 'waiting';
  }

  /** The request is about to be handed in. */
  attach(request: Request): void {
    this.#request = request;
    request.taker = this;
    request.onReplaced = (next) => {
      this.#request = next;
    };
  }

  /** It cannot be sent. */
  refuse(error: unknown): void {
    if (this.#state !== 'waiting') return;
    this.#leave();
    this.#releaseContent();
    this.#tools.reject(error);
  }

  abort(reason: unknown): void {
    const waiting = this.#state === 'waiting';
    this.#leave();
    if (waiting) this.#tools.reject(reason);
    else this.#body?.abort(reason);
    // Only now: what it fails with is not what the caller is to hear.
    this.#request?.cancel();
    this.#releaseContent();
  }

  /** A body that can be read only once and was not: whoever made it hears that nobody will. */
  #releaseContent(): void {
    const stream = this.#content?.stream;
    if (stream?.replayable === false) stream.open().close();
    this.#content = undefined;
  }

  #leave(): void {
    this.#state = 'over';
    this.#unwatch?.();
    this.#unwatch = undefined;
  }

  // ── the response ────────────────────────────────────────────────────────────────────────────────────────

  onHead(request: Request, head: ResponseHead, control: ContentControl): boolean {
    if (this.#state === 'waiting' && this.#isCollected(request, head)) return false;
    if (this.#state === 'waiting') {
      // Now, not when the body is whole: the next request is perhaps made before that.
      if (request.terms?.credentials === true && !head.isPlain) {
        this.#tools.cookies?.store(request.origin, request.target, head.all('set-cookie'));
      }
      request.terms = SETTLED;
      const resume = () => {
        this.#hold(false);
        control.resume();
      };
      this.#answer(this.#answerOf(request, head.status, head.reason, head.headers), codingsOf(head), resume);
      return true;
    }
    // What was handed out of it cannot be taken back.
    this.#body?.fail(bodyError(new Error('the response broke off, and came again from its beginning')));
    control.cancel();
    return true;
  }

  /** What the session may go on from is collected by the engine; so is content that must be looked at as a whole. */
  #isCollected(request: Request, head: ResponseHead): boolean {
    const { status } = head;
    const { integrity, redirect } = this.#asked;
    if (integrity !== '') return true;
    if (REDIRECTS.has(status)) return redirect !== 'manual' && head.all('location').length > 0;
    if (status === 401) return this.#tools.answersChallenges && request.terms?.credentials === true;
    // An Expect that is refused is left out, and the request sent again.
    if (status === 417) return this.#content !== undefined;
    return needsProof(request, head);
  }

  onContent(bytes: Buffer, start: number, end: number): boolean {
    const hasRoom = this.#body?.take(bytes, start, end) ?? true;
    if (!hasRoom) this.#hold(true);
    return hasRoom;
  }

  #hold(isHeld: boolean): void {
    if (this.#held === isHeld) return;
    this.#held = isHeld;
    this.#tools.onHeld(this.#request!, isHeld);
  }

  /** Once, when all is said about the request. */
  readonly told = (outcome: Outcome): void => {
    this.#hold(false);
    if (outcome.type === 'failure') {
      const error = new RequestError(outcome);
      if (this.#state === 'waiting') this.refuse(networkError(error));
      else this.#body?.fail(bodyError(error));
    } else if (this.#state === 'waiting') this.#takeWhole(outcome);
    else if (this.#state === 'answered') this.#onWhole();
  };

  #takeWhole(response: Response): void {
    const { request, status, reason, headers, body } = response;
    const { integrity } = this.#asked;
    if (integrity !== '' && (hasNullBody(request.method, status) || !hasIntegrity(body, integrity))) {
      return this.refuse(networkError(new Error('integrity mismatch')));
    }
    this.#answer(this.#answerOf(request, status, reason, headers), NONE, () => {});
    this.#body?.take(body, 0, body.length);
    this.#onWhole();
  }

  /** It may lie unread for ever, so the signal no longer holds on to it. */
  #onWhole(): void {
    this.#body?.end();
    const { signal } = this.#asked;
    if (this.#body === undefined || this.#body.isOver || signal === undefined) return;
    this.#unwatch?.();
    this.#unwatch = watchWeakly(signal, this.#body);
  }

  #answerOf(request: Request, status: number, reason: string, headers: Answer['headers']): Answer {
    const redirected = request.hops.length > 0;
    const url = redirected ? new URL(request.url).href : withoutFragment(this.#asked.url);
    return { status, reason, headers, url, redirected };
  }

  #answer(answer: Answer, codings: Codings, resume: () => void): void {
    this.#state = 'answered';
    if (hasNullBody(this.#request!.method, answer.status)) this.#leave();
    else {
      this.#body = new IncomingBody(codings, this.#tools.decoding, {
        onRoom: resume,
        onUnwanted: () => this.#request!.cancel(),
        onOver: () => this.#leave(),
      });
    }
    this.#tools.resolve(webResponse(this.#body?.stream ?? null, answer));
  }
}

/** As Node's fetch has it: with a coding that is unknown here, content is handed out as it came. */
function codingsOf(head: ResponseHead): Codings {
  if (head.isPlain) return NONE;
  const codings = contentCodings(head.all('content-encoding').join(', '));
  return codings.every((coding) => DECODABLE.has(coding)) ? codings : NONE;
}

/**
 * A body that ends with its TLS connection may come a second time, from its beginning, because nothing proves the end of
 * the first (RFC 9112 section 9.8). A stream of events is for those who listen while it lasts: it is not held back.
 */
function needsProof({ fresh, origin }: Request, { framing, mediaType, version }: ResponseHead): boolean {
  const ends =
    version !== '2' && framing.contentLength === undefined && framing.transferEncoding !== 'chunked';
  return ends && !fresh && origin.scheme === 'https' && mediaType !== 'text/event-stream';
}

function withoutFragment(url: string): string {
  const hash = url.indexOf('#');
  return hash === -1 ? url : url.slice(0, hash);
}
