// One body on its way past memory: held where it is small, decoded where that is asked for, resumed where its transfer
// breaks and the server can prove that the rest belongs to it. Never calls a body whole of which octets are missing. One
// that nobody keeps is held only where it is to be decoded, and is not resumed.
//
//   head ─► small, or may lead elsewhere: collected by the transport, as always
//        └► else content ─► held, up to `heldBytesMax` ─► decoder ─► writer ─► whole ─► its outcome

import type { BodyStore, BodyWriter, ContentControl, ContentTaker, Done } from '../model/contracts.ts';
import { Failure, type Kind, type Outcome, type Response } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import type { ResponseHead } from '../model/response-head.ts';
import { type Codings, contentCodings, type DecodingLimits, StreamDecoder } from '../session/decoding.ts';
import { continuation, type Part, rangeFields, type Version, versionOf } from '../session/ranges.ts';
import { NO_BODIES } from '../sinks/no-bodies.ts';
import { Timed, type TimerWheel } from '../transport/timer-wheel.ts';
import { HeldContent } from './held-content.ts';

/** What all downloads of a run share. */
export interface DownloadTools {
  readonly bodies: BodyStore;
  /** Longest body that is kept, and the option that says so. */
  readonly bytesMax: number;
  readonly limitedBy: 'bodyBytesMax' | 'downloadBytesMax';
  /** Longest content, before it is decoded. */
  readonly contentBytesMax: number;
  /** How often one request is sent again for the rest of its body. */
  readonly resumesMax: number;
  /** Up to here a body stays in memory. */
  readonly heldBytesMax: number;
  /** Undefined where bodies are kept as they come. */
  readonly decoding: DecodingLimits | undefined;
  /** Why a body that is decoded and whole is none: what can only be told in the end. The message is `sent …`. */
  readonly faultOf: (decodedBytes: number, contentBytes: number) => Fault | undefined;
  /** When an attempt has taken too long; undefined: it may take as long as it likes. */
  readonly deadlines: { readonly wheel: TimerWheel; readonly timeoutMs: number } | undefined;
  /** Hears of the outcome, as of any other. */
  readonly done: Done;
  /** The request is to be sent once more, for what is missing. */
  readonly again: (request: Request) => void;
}

interface Fault {
  readonly kind: Kind;
  readonly message: string;
}

/**
 * What the present attempt does. `idle`: no head yet. `collected`: the transport holds the content. `held`: this does.
 * `written`: it goes to the writer, decoded or not. `stopped`: it is cancelled, for `fault`.
 */
type State = 'idle' | 'collected' | 'held' | 'written' | 'stopped';

export class Download extends Timed implements ContentTaker {
  readonly #tools: DownloadTools;
  #state: State = 'idle';
  #control: ContentControl | undefined;
  /** What the version of the body is a response to. */
  #request: Request | undefined;
  #head: ResponseHead | undefined;
  #held: HeldContent | undefined;
  #codings: Codings = [];
  #writer: BodyWriter | undefined;
  #decoder: StreamDecoder | undefined;
  #onDecoded: ((fault: Fault | undefined) => void) | undefined;
  #fault: Fault | undefined;
  /** Octets that the present attempt has brought. */
  #arrivedBytes = 0;
  /** Where the rest of this version can be asked for. */
  #version: Version | undefined;
  /** What the present attempt promises, where it brings the rest. */
  #part: Part | undefined;
  /** The next attempt asks for the rest alone. */
  #resuming = false;
  #resumes = 0;
  /** False once the server has answered a question for the rest wrongly. */
  #trusted = true;

  constructor(tools: DownloadTools) {
    super();
    this.#tools = tools;
  }

  // ── what the transport tells ────────────────────────────────────────────────────────────────────────────

  fieldsFor(request: Request): string {
    if (!this.#resuming || request !== this.#request) return '';
    return rangeFields(this.#version!, this.#writer!.bytes);
  }

  onHead(request: Request, head: ResponseHead, control: ContentControl): boolean {
    const asked = this.#resuming && request === this.#request;
    this.#resuming = false;
    this.#control = control;
    this.#arrivedBytes = 0;
    if (asked && head.status === 206) return this.#goOn(head);
    this.#startOver();
    // It does not have those octets: what it has is asked for without a range.
    if (asked && head.status === 416) this.#fault = { kind: 'protocol', message: 'a refusal of the range' };
    return this.#begins(request, head);
  }

  #goOn(head: ResponseHead): boolean {
    const { authority } = this.#request!.origin;
    this.#part = continuation(head, this.#version!, this.#writer!.bytes);
    this.#state = 'written';
    if (this.#part === undefined) {
      this.#trusted = false;
      this.#stop('protocol', `${authority} sent a part that does not belong to what came before`);
    }
    return true;
  }

  #begins(request: Request, head: ResponseHead): boolean {
    this.#state = 'collected';
    if (isCollected(request, head, this.#tools)) return false;
    if ((lengthOf(head) ?? 0) > this.#tools.bytesMax) {
      this.#stop('too-large', this.#tooLarge(request));
      return true;
    }
    this.#request = request;
    this.#head = head;
    if (this.#tools.decoding !== undefined) {
      this.#codings = contentCodings(head.all('content-encoding').join(', '));
    }
    // What is decoded on the way cannot be continued in the middle.
    const asItComes = this.#codings.length === 0;
    if (asItComes && this.#tools.bodies === NO_BODIES) this.#write();
    else this.#hold();
    const resumes = this.#tools.resumesMax > 0 && this.#trusted && asItComes;
    if (resumes && mayAskForRanges(request)) this.#version = versionOf(head);
    if (this.#tools.deadlines !== undefined) this.#watch(request, this.#tools.deadlines);
    return true;
  }

  #hold(): void {
    this.#state = 'held';
    this.#held = new HeldContent();
  }

  #watch({ startedAtMs }: Request, { wheel, timeoutMs }: NonNullable<DownloadTools['deadlines']>): void {
    this.deadlineMs = startedAtMs + timeoutMs;
    wheel.watch(this);
  }

  override onDeadline(nowMs: number): void {
    const { origin, startedAtMs } = this.#request!;
    const elapsedMs = Math.round(nowMs - startedAtMs);
    this.#stop('timeout', `${origin.authority}: the body of the response took too long (${elapsedMs} ms)`);
  }

  onContent(bytes: Buffer, start: number, end: number): boolean {
    this.#arrivedBytes += end - start;
    if (this.#arrivedBytes > this.#tools.contentBytesMax) {
      this.#stop('too-large', this.#tooLarge(this.#request!));
      return true;
    }
    if (this.#state === 'held') {
      const held = this.#held!;
      if (held.length + end - start <= this.#tools.heldBytesMax) {
        held.push(bytes, start, end);
        return true;
      }
      this.#spill();
    }
    if (this.#state !== 'written') return true;
    // The decoder reads it later, when the buffer is another's.
    if (this.#decoder !== undefined) return this.#decoder.write(Buffer.from(bytes.subarray(start, end)));
    return this.#append(bytes, start, end);
  }

  /** It is not small: what is held goes where the rest will go. */
  #spill(): void {
    this.#write();
    if (this.#codings.length > 0) this.#decoder = this.#decoderOf(this.#tools.decoding!);
    const held = this.#held!.take();
    if (this.#decoder === undefined) this.#append(held, 0, held.length);
    else this.#decoder.write(held);
  }

  #write(): void {
    this.#state = 'written';
    this.#writer ??= this.#tools.bodies.open(this.#request!.index, () => this.#onRoom());
  }

  #append(bytes: Buffer, start: number, end: number): boolean {
    const after = this.#writer!.bytes + end - start;
    const { authority } = this.#request!.origin;
    if (after > this.#tools.bytesMax) {
      this.#stop('too-large', this.#tooLarge(this.#request!));
      return true;
    }
    if (this.#part !== undefined && after > this.#part.end) {
      this.#trusted = false;
      this.#stop('protocol', `${authority} sent more octets than its Content-Range says`);
      return true;
    }
    return this.#writer!.append(bytes, start, end);
  }

  #onRoom(): void {
    if (this.#decoder === undefined) this.#control?.resume();
    else this.#decoder.resume();
  }

  #decoderOf(limits: DecodingLimits): StreamDecoder {
    const decoder = new StreamDecoder(this.#codings, limits, {
      onData: (chunk) => {
        if (this.#state === 'written' && !this.#append(chunk, 0, chunk.length)) decoder.pause();
      },
      onEnd: () => this.#onDecoded?.(undefined),
      onFault: ({ kind, message }) => {
        this.#stop(kind, `${this.#request!.origin.authority} sent ${message}`);
      },
      onDrain: () => this.#control?.resume(),
    });
    return decoder;
  }

  /** It comes to nothing; where the transport still has it, its outcome follows. */
  #stop(kind: Kind, message: string): void {
    if (this.#state === 'stopped') return;
    this.#state = 'stopped';
    this.#fault = { kind, message };
    this.#decoder?.close();
    if (this.#onDecoded === undefined) this.#control!.cancel();
    else this.#onDecoded(this.#fault);
  }

  #tooLarge({ origin }: Request): string {
    return `${origin.authority} sent a body beyond the limit of ${this.#tools.bytesMax} (${this.#tools.limitedBy})`;
  }

  /** Another body begins: that of another version, or of another response. */
  #startOver(): void {
    this.#state = 'idle';
    this.#held = undefined;
    this.#codings = [];
    this.#decoder?.close();
    this.#decoder = undefined;
    this.#writer?.restart();
    this.#fault = undefined;
    this.#version = undefined;
    this.#part = undefined;
    this.#request = undefined;
    this.#tools.deadlines?.wheel.forget(this);
  }

  // ── how an attempt ends ─────────────────────────────────────────────────────────────────────────────────

  /** In place of the run's own `done`, which hears of it when the body is where it shall be. */
  end(request: Request, outcome: Outcome): void {
    const state = this.#state;
    this.#tools.deadlines?.wheel.forget(this);
    if (outcome.type === 'failure') return this.#onFailure(request, outcome, state);
    if (state === 'held') {
      return this.#leave(request, outcome.withBody(this.#held!.take()));
    }
    if (state !== 'written') return this.#onCollected(request, outcome);
    if (this.#decoder === undefined) return this.#onWhole(request, outcome);
    this.#onDecoded = (broken) => {
      this.#onDecoded = undefined;
      const fault = broken ?? this.#grown(request);
      if (fault === undefined) this.#onWhole(request, outcome);
      else this.#leave(request, failureOf(request, outcome, 'body', fault));
    };
    this.#decoder.end();
  }

  #grown({ origin }: Request): Fault | undefined {
    const fault = this.#tools.faultOf(this.#writer!.bytes, this.#arrivedBytes);
    return fault && { kind: fault.kind, message: `${origin.authority} sent ${fault.message}` };
  }

  #onCollected(request: Request, response: Response): void {
    if (this.#fault === undefined) return this.#leave(request, response);
    // The range was refused.
    this.#trusted = false;
    this.#fault = undefined;
    if (!this.#sendAgain(request)) this.#leave(request, response);
  }

  /** The message is whole; the body is, where it is not one part of it. */
  #onWhole(request: Request, response: Response): void {
    const writer = this.#writer!;
    const { authority } = request.origin;
    if (this.#part !== undefined && writer.bytes < this.#part.total) {
      if (writer.bytes < this.#part.end) this.#trusted = false;
      if (this.#sendAgain(request)) return;
      const fault = { kind: 'closed', message: `${authority} sent only a part of what is missing` } as const;
      return this.#leave(request, failureOf(request, response, 'body', fault));
    }
    this.#writer = undefined;
    const head = this.#head!;
    this.#state = 'idle';
    writer.finish(head.mediaType, (error, stored) => {
      const outcome = error === undefined ? response.withStored(stored, head) : unstored(request, response);
      this.#tools.done(request, outcome);
    });
  }

  #onFailure(request: Request, failure: Failure, state: State): void {
    const fault = this.#fault;
    // Nothing of it came, and it is sent again at once: what is missing is still asked for.
    if (failure.resend && state === 'idle') return this.#tools.done(request, failure);
    if (failure.resend) {
      this.#startOver();
      return this.#tools.done(request, failure);
    }
    if (state === 'stopped' && fault !== undefined) {
      if (!this.#trusted && this.#sendAgain(request)) return;
      return this.#leave(request, failureOf(request, failure, failure.phase, fault));
    }
    if (isBroken(failure) && this.#hasNews(state) && this.#sendAgain(request)) return;
    this.#leave(request, failure);
  }

  #hasNews(state: State): boolean {
    return this.#version !== undefined && this.#arrivedBytes > 0 && (state === 'held' || state === 'written');
  }

  /** For the rest; all of it where the server cannot be trusted to give just that. False where it is not to be. */
  #sendAgain(request: Request): boolean {
    if (this.#resumes >= this.#tools.resumesMax) return false;
    if (this.#state === 'held') this.#spill();
    this.#resumes++;
    this.#resuming = this.#trusted;
    this.#state = 'idle';
    this.#part = undefined;
    this.#tools.again(request);
    return true;
  }

  /** With an outcome that has no stored body: nothing may be left of one. */
  #leave(request: Request, outcome: Outcome): void {
    const writer = this.#writer;
    this.#writer = undefined;
    this.#startOver();
    this.#resuming = false;
    if (writer === undefined) this.#tools.done(request, outcome);
    else writer.remove(() => this.#tools.done(request, outcome));
  }
}

/** Whether the transport holds the content, as always: it is small, or may lead elsewhere. */
export function isCollected(request: Request, head: ResponseHead, { heldBytesMax }: DownloadTools): boolean {
  return !maybeTaken(request, head) || (lengthOf(head) ?? Number.POSITIVE_INFINITY) <= heldBytesMax;
}

function lengthOf({ framing }: ResponseHead): number | undefined {
  return framing.transferEncoding === 'none' ? framing.contentLength : undefined;
}

/** Redirects and challenges may be answered by another request; a message without content has nothing to take. */
function maybeTaken({ method }: Request, { status }: ResponseHead): boolean {
  if (method === 'HEAD' || status === 204 || status === 401) return false;
  return status < 300 || status >= 400;
}

/** A caller who asks for ranges has them; a body that cannot be sent twice forbids to ask twice. */
function mayAskForRanges({ method, headers, stream }: Request): boolean {
  if (method !== 'GET' || (stream !== undefined && !stream.replayable)) return false;
  return !headers.has('range') && !headers.has('if-range');
}

function isBroken({ phase, kind }: Failure): boolean {
  return phase === 'body' && (kind === 'closed' || kind === 'reset' || kind === 'timeout');
}

function failureOf(request: Request, { ms }: Outcome, phase: Failure['phase'], fault: Fault): Failure {
  request.sent = 'response';
  return Failure.of(request, phase, fault.kind, fault.message, ms);
}

/** The sink has told why; this is for the count. */
function unstored(request: Request, { ms }: Response): Failure {
  return Failure.of(request, 'body', 'aborted', 'stopped: its body could not be stored', ms);
}
