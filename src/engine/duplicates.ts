// Requests of a run that are equal: the first is sent, and what it comes to is what all of them come to. Keeps of those
// that are done a fingerprint, an index and how they ended; of those under way also who waits for them. Sends nothing.
//
//   take ─► first, is sent ─────────────► settle ─► outcomes for those that waited
//       ├─► equal one under way: waits ─────┘
//       └─► equal one done: its outcome, at once

import type { Kind, Outcome, Phase } from '../model/outcome.ts';
import { Failure, REUSED, Response } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { ResponseHead } from '../model/response-head.ts';
import { type Fingerprint, fingerprintOf, isCollapsible, RequestTexts } from './fingerprint.ts';
import { FingerprintMap } from './fingerprint-map.ts';

/** How the one that was sent ended. Thousands of requests share one of these. */
interface Ending {
  /** No filter keeps it back. */
  readonly passes: boolean;
  readonly status: number | undefined;
  readonly error: { readonly phase: Phase; readonly kind: Kind } | undefined;
}

/** What a duplicate comes to. */
export interface Copied {
  readonly outcome: Outcome;
  readonly passes: boolean;
}

interface UnderWay {
  readonly entry: number;
  waiting: Request[] | undefined;
}

const INDEX_LOW = 0;
const INDEX_HIGH = 1;
/** 0 while it is under way, else the number of its ending. */
const ENDING = 2;
const TWO_32 = 2 ** 32;

export class Duplicates {
  /** Requests that wait for an equal one under way. */
  waiting = 0;
  /** More requests differed than are remembered: later ones are not looked at. */
  full = false;
  readonly #differentMax: number;
  readonly #texts = new RequestTexts();
  readonly #print: Fingerprint = new Uint32Array(4);
  readonly #known = new FingerprintMap(3);
  /** By index. */
  readonly #underWay = new Map<number, UnderWay>();
  readonly #endings: Ending[] = [];
  readonly #endingNumbers = new Map<string, number>();
  readonly #heads = new Map<number, ResponseHead>();

  constructor(differentMax: number) {
    this.#differentMax = differentMax;
  }

  /** `send`: it is the first, or none that an equal one may stand for. `waits`: its outcome comes with `settle`. */
  take(request: Request): 'send' | 'waits' | Copied {
    if (!isCollapsible(request)) return 'send';
    const print = fingerprintOf(this.#texts.of(request), this.#print);
    const entry = this.#known.find(print);
    if (entry === -1) {
      this.#begin(request, print);
      return 'send';
    }
    const number = this.#known.value(entry, ENDING);
    const first = this.#known.value(entry, INDEX_HIGH) * TWO_32 + this.#known.value(entry, INDEX_LOW);
    if (number > 0) return this.#copy(request, first, this.#endings[number - 1]!);
    const sent = this.#underWay.get(first)!;
    sent.waiting ??= [];
    sent.waiting.push(request);
    this.waiting++;
    return 'waits';
  }

  #begin({ index }: Request, print: Fingerprint): void {
    if (this.#known.size >= this.#differentMax) {
      this.full = true;
      return;
    }
    const entry = this.#known.add(print);
    this.#known.setValue(entry, INDEX_LOW, index % TWO_32);
    this.#known.setValue(entry, INDEX_HIGH, Math.floor(index / TWO_32));
    this.#underWay.set(index, { entry, waiting: undefined });
  }

  /** A request has its outcome, `passes` where no filter keeps it back; so have those that waited for it. */
  settle(outcome: Outcome, passes: boolean): readonly Copied[] {
    const { index } = outcome;
    const ended = this.#underWay.get(index);
    if (ended === undefined) return NONE;
    this.#underWay.delete(index);
    const number = this.#numberOf(outcome, passes);
    this.#known.setValue(ended.entry, ENDING, number);
    if (ended.waiting === undefined) return NONE;
    this.waiting -= ended.waiting.length;
    const ending = this.#endings[number - 1]!;
    return ended.waiting.map((request) => this.#copy(request, index, ending));
  }

  #numberOf(outcome: Outcome, passes: boolean): number {
    const isResponse = outcome.type === 'response';
    const how = isResponse ? outcome.status : `${outcome.phase}/${outcome.kind} ${outcome.status}`;
    const key = `${passes} ${how}`;
    const known = this.#endingNumbers.get(key);
    if (known !== undefined) return known;
    const error = isResponse ? undefined : { phase: outcome.phase, kind: outcome.kind };
    const number = this.#endings.push({ passes, status: outcome.status, error });
    this.#endingNumbers.set(key, number);
    return number;
  }

  #copy(request: Request, first: number, { passes, status, error }: Ending): Copied {
    if (error === undefined) {
      const outcome = new Response(request, this.#headOf(status!), NO_BODY, '', 0, 0, REUSED, '');
      outcome.duplicateOf = first;
      return { outcome, passes };
    }
    const { phase, kind } = error;
    const { index, id, askedUrl: url, method } = request;
    const outcome = new Failure({
      ...{ index, id, url, method, phase, kind, status, attempts: 0, ms: 0, sent: 'none' },
      message: `the same request was sent as number ${first}, and failed (${phase}/${kind})`,
      duplicateOf: first,
    });
    return { outcome, passes };
  }

  /** Its fields stand in the outcome of the one that was sent: kept for all, they would be what memory goes to. */
  #headOf(status: number): ResponseHead {
    let head = this.#heads.get(status);
    if (head === undefined) {
      head = new ResponseHead(status, '1.1', '', '', FRAMING);
      this.#heads.set(status, head);
    }
    return head;
  }

  toString(): string {
    return `duplicates: ${this.waiting} wait, ${this.#underWay.size} under way, ${this.#known}`;
  }
}

const NONE: readonly Copied[] = [];
const NO_BODY = Buffer.alloc(0);
const FRAMING = {
  contentLength: 0,
  transferEncoding: 'none',
  keepAlive: true,
  keepAliveMs: undefined,
} as const;
