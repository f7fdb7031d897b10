// What an outcome teaches about the load that its host bears. Pure; it decides nothing about sending again.

import type { Kind, Outcome, Phase } from '../../model/outcome.ts';
import type { Verdict } from './law.ts';

/** 503 says that the host has too much, 429 that this client asks too much. Other errors of a server may have any
 *  cause: they count against goodput, but one of them is no reason to send less. */
export function verdictOfStatus(status: number): Verdict {
  if (status === 429 || status === 503) return 'drop';
  if (status === 0) return 'drop';
  return status < 500 ? 'success' : 'ignore';
}

export function verdictOf(outcome: Outcome): Verdict {
  if (outcome.type === 'response') return verdictOfStatus(outcome.status);
  return verdictOfFailure(outcome.phase, outcome.kind);
}

function verdictOfFailure(phase: Phase, kind: Kind): Verdict {
  return phase === 'dns' || kind === 'resources' ? 'ignore' : 'drop';
}
