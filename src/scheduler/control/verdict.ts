// What an outcome teaches about the load that its host bears. Pure; whether to send again is decided elsewhere.

import type { Failure, Outcome } from '../../model/outcome.ts';
import type { Verdict } from './law.ts';

/**
 * 429 and 503 are a host's words for "too much". Other errors of a server may have any cause: each of them is missing
 * from goodput, so a share that rises with load counts, but none by itself is a reason to send less. What else a host
 * answers, it has served: 404 costs it what 200 does.
 */
export function verdictOfStatus(status: number): Verdict {
  if (status === 429 || status === 503) return 'drop';
  return status < 500 ? 'success' : 'ignore';
}

export function verdictOf(outcome: Outcome): Verdict {
  return outcome.type === 'response' ? verdictOfStatus(outcome.status) : verdictOfFailure(outcome);
}

/** A host that has too much lets wait, refuses, resets or cuts off. What never reached it, or what this side ended or
 *  did not accept, says nothing about it. */
function verdictOfFailure({ phase, kind, resend }: Failure): Verdict {
  // It met a connection that the host had closed for being idle.
  if (resend) return 'ignore';
  switch (phase) {
    case 'input':
    case 'queue':
    case 'dns':
      return 'ignore';
    case 'connect':
    case 'tls':
    case 'send':
    case 'headers':
    case 'body':
      break;
    default:
      return unknownPhase(phase);
  }
  switch (kind) {
    case 'timeout':
    case 'refused':
    case 'reset':
    case 'closed':
      return 'drop';
    default:
      return 'ignore';
  }
}

function unknownPhase(phase: never): never {
  throw new Error(`a request failed in phase ${JSON.stringify(phase)}`);
}
