// The body of one request at a time on its way out, and whether it is held back for a 100 Continue (RFC 9110 section
// 10.1.1). Decides nothing about the connection or the stream that it leaves on.

import type { Clock } from '../model/contracts.ts';
import type { Request } from '../model/request.ts';
import { type BodyDrain, type OnProgress, type Upload, uploadOf } from './upload.ts';

export interface UploadSettings {
  readonly idleTimeoutMs: number;
  readonly expectTimeoutMs: number;
  /** Bodies from this size on are held back for a 100 Continue; undefined: none are, unless their request says so. */
  readonly expectContinueBytes: number | undefined;
}

export class OutgoingBody {
  /** The request said `Expect: 100-continue`. */
  expected = false;
  /** Its head is out and its body waits. */
  holdsBack = false;
  readonly #settings: UploadSettings;
  readonly #clock: Clock;
  readonly #onProgress: OnProgress;
  #upload: Upload | undefined;

  constructor(settings: UploadSettings, clock: Clock, onProgress: OnProgress) {
    this.#settings = settings;
    this.#clock = clock;
    this.#onProgress = onProgress;
  }

  /** False where the request has no octets to send behind its head. */
  begin(request: Request, drain: BodyDrain): boolean {
    this.#upload = uploadOf(request, drain, this.#clock, this.#onProgress);
    if (this.#upload === undefined) return false;
    this.expected = expectsContinue(request, this.#settings.expectContinueBytes);
    this.holdsBack = this.expected;
    return true;
  }

  /** `takes`: false where the drain takes nothing before the first `resume`. */
  start(takes: boolean): void {
    this.holdsBack = false;
    this.#upload!.start(takes);
  }

  resume(): void {
    this.#upload!.resume();
  }

  /** Nothing more of it is sent. */
  close(): void {
    this.#upload?.close();
  }

  /** Its request is over. */
  end(): void {
    this.#upload = undefined;
    this.expected = false;
    this.holdsBack = false;
  }

  /** True when the drain has been given all of it. */
  get isOut(): boolean {
    return this.#upload?.done !== false;
  }

  /** True when octets of it are gone that nobody can produce again. */
  get isSpent(): boolean {
    return this.#upload?.spent === true;
  }

  /** How long it may take until it moves on. The peer is not to blame for a body that its producer does not give. */
  get patienceMs(): number {
    if (this.holdsBack) return this.#settings.expectTimeoutMs;
    return this.#upload?.starved === true ? Number.POSITIVE_INFINITY : this.#settings.idleTimeoutMs;
  }
}

/** True where octets follow its head. */
export function hasContent({ body, stream }: Request): boolean {
  return stream !== undefined || (body !== undefined && body.length > 0);
}

/** Of a request with content. Sent again, it no longer asks: it may have been this that failed it (section 15.5.18). */
export function expectsContinue(request: Request, expectContinueBytes: number | undefined): boolean {
  const { headers, body, stream, fresh } = request;
  if (fresh) return false;
  const length = stream === undefined ? body!.length : (stream.length ?? Number.POSITIVE_INFINITY);
  return headers.expectsContinue || length >= (expectContinueBytes ?? Number.NaN);
}
