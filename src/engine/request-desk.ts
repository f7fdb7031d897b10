// Single requests of a session: each is handed in with who waits for it. They go through the same scheduler and under the
// same limits as every run of the session.

import type { FilterSettings } from '../inspection/filters.ts';
import type { Sink } from '../model/contracts.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Request } from '../model/request.ts';
import { FeedSource } from '../sources/feed-source.ts';
import { RunCore } from './run.ts';
import type { SessionCore } from './session-core.ts';

type Told = (outcome: Outcome) => void;

export class RequestDesk implements Sink {
  readonly full = false;
  onDrain: (() => void) | undefined;
  onError: ((error: Error) => void) | undefined;
  readonly #feed = new FeedSource(undefined);
  readonly #core: RunCore;
  /** Who waits, by the index that the feed gives: it numbers in the order of the pushes. */
  readonly #waiting = new Map<number, Told>();
  #next = 0;

  constructor(session: SessionCore) {
    const settings = { ...session.settings, ...UNFILTERED, ...UNENDING, ...UNLIKE, lookAhead: LOOK_AHEAD };
    this.#core = new RunCore(settings, this.#feed, this, session);
    // It stands open for as long as its session, and nobody asks what bound it.
    this.#core.start(false);
  }

  /** Calls back exactly once, perhaps at once. */
  send(request: Request, told: Told): void {
    const index = this.#next++;
    this.#waiting.set(index, told);
    if (!this.#feed.push(request)) {
      this.#waiting.delete(index);
      throw new Error('the session is closed; make a new one');
    }
  }

  /** The content of its response waits for its reader, or no longer does. */
  hold(request: Request, isHeld: boolean): void {
    this.#core.hold(request, isHeld);
  }

  /** What was handed in comes to its end; nothing more is taken. */
  finish(): Promise<void> {
    this.#feed.finish();
    return this.#core.done;
  }

  write(outcome: Outcome): void {
    const told = this.#waiting.get(outcome.index);
    this.#waiting.delete(outcome.index);
    told?.(outcome);
  }

  async close(): Promise<void> {}
}

/** They are in memory already, whoever waits for them. */
const LOOK_AHEAD = 1_000_000;
/** What ends a run ends no session. */
const UNENDING = { durationMs: undefined, failEarly: false, maxFailures: undefined } as const;
/** Each is to have its own answer. */
const UNLIKE = { dedupe: false } as const;
/** Of a run they drop responses. Here somebody waits for each. */
const UNFILTERED: FilterSettings = {
  matchStatus: [],
  filterStatus: [],
  match: [],
  filter: [],
  matchSize: [],
  filterSize: [],
};
