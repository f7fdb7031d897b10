// Hands outcomes out: each request has one, whoever has it last.

import { Failure, type Kind, type Outcome, type Phase } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';

export function settle(request: Request, outcome: Outcome): void {
  const done = request.done!;
  request.done = undefined;
  request.holder = undefined;
  done(request, outcome);
}

/** Nothing of it was sent, and nobody waits for it. Not twice: what was cancelled while it waited is come by later. */
export function refuse(request: Request): void {
  if (request.done === undefined) return;
  settle(request, Failure.of(request, 'queue', 'aborted', 'stopped before it was sent', 0));
}

/** `resend`: sending it once more repeats nothing. */
export function settleFailed(
  request: Request,
  phase: Phase,
  kind: Kind,
  message: string,
  cause: unknown,
  resend: boolean,
  nowMs: number,
): void {
  const failure = Failure.of(request, phase, kind, message, nowMs - request.startedAtMs, cause);
  failure.resend = resend;
  settle(request, failure);
}
