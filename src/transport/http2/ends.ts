// What the end of a connection means for each request that it had: nothing of it had left, or it may be sent again, or
// it has failed. Decides; tells nobody.

import type { Kind, Phase } from '../../model/outcome.ts';
import { isIdempotent, type Request } from '../../model/request.ts';
import { phaseOf, type Stream } from './stream.ts';
import type { Streams } from './streams.ts';

export interface Ended {
  readonly request: Request;
  readonly phase: Phase;
  /** Nothing of it has left: whoever has it next begins with it. */
  readonly isUnsent: boolean;
  /** To send it again repeats nothing. */
  readonly again: boolean;
}

export interface ConnectionEnd {
  readonly kind: Kind;
  /** The last stream of which anything had left. */
  readonly sentId: number;
  /** Responses so far, and when something came last. */
  readonly served: number;
  readonly heardMs: number;
}

/** Ends all streams. To let go of a body runs code of its producer, which may cancel others. */
export function endAll(streams: Streams, end: ConnectionEnd): Ended[] {
  const ended: Ended[] = [];
  for (const stream of [...streams.all]) {
    const { request } = stream;
    if (request === undefined) continue;
    const isUnsent = stream.id > end.sentId && stream.isRepeatable && end.kind !== 'aborted';
    const again = !isUnsent && isStale(stream, end);
    ended.push({ request, phase: phaseOf(stream), isUnsent, again });
    streams.release(stream);
  }
  return ended;
}

/** A connection that had served before and then went without an octet was stale: its peer had closed it. */
function isStale({ request, sending }: Stream, { kind, served, heardMs }: ConnectionEnd): boolean {
  const { fresh, method, startedAtMs } = request!;
  const lost = kind === 'reset' || kind === 'closed';
  const silent = served > 0 && heardMs < startedAtMs;
  return lost && silent && !fresh && isIdempotent(method) && sending?.body.isSpent !== true;
}
