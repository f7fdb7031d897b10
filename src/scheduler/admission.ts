// What a scheduler is told before it begins, and what it tells whoever it admits requests for. Only shapes.

import type { Pulled, Source } from '../model/contracts.ts';
import type { Failure } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';

/** An item of the input came, and asks for no admission: it is not sent. */
export const PASSED = { type: 'passed' } as const;
export type Offered = Pulled | typeof PASSED;

/** Where a scheduler has requests from: a source, or what stands before one. */
export interface Intake extends Pick<Source, 'oneOrigin' | 'onReady' | 'close'> {
  pull(): Offered;
}

export interface SchedulerSettings {
  /** Requests in flight, all origins together. */
  readonly concurrency: number;
  /** Requests in flight to one origin. */
  readonly perHost: number;
  readonly lookAhead: number;
  readonly lookAheadBytesMax: number;
}

export interface SchedulerEvents {
  /** It has a slot: send it. May settle it before it returns. */
  dispatch(request: Request): void;
  /** An item of the input that is no request. */
  reject(failure: Failure): void;
  /** The input is at its end and nothing is under way or waiting. Called once. */
  drained(): void;
  /** The input broke; nothing more is pulled. */
  broken(error: unknown): void;
  /** Its host is down, and nothing that waits for it is sent. */
  hostDown(request: Request): void;
  /** It was to be sent again later, and the run stops before. */
  gaveUp(request: Request): void;
  /** Nothing is under way or waiting, and the input, which has not ended, gives nothing. */
  starved(): void;
}
