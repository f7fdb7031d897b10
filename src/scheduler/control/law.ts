// The contract of what decides how many requests may be in flight to a host. A law is told what ended and says a number:
// it admits nothing, sends nothing, reads no clock and draws no random number.

/** What the end of a request teaches: it went well, it teaches nothing, or the host had too much. */
export type Verdict = 'success' | 'ignore' | 'drop';

/** The end of one request, as a law takes it. One object is filled again and again: nothing is allocated per request. */
export interface Sample {
  /** When it ended; never less than that of the sample before. */
  nowMs: number;
  verdict: Verdict;
  /** From its start to its end. */
  latencyMs: number;
  /** Requests of this host in flight when it started, itself included. */
  inFlight: number;
  /** When it started, more work for this host waited; else what is in flight says nothing about any limit. */
  limited: boolean;
  /** Of the response; 0 where there was none. */
  status: number;
}

export interface ControlLaw {
  /** Requests that may be in flight to this host now: a whole number, at least 1. */
  readonly limit: number;
  /** Requests per second that may start, where the host turned out to meter those; else undefined. */
  readonly ratePerSecond: number | undefined;
  record(sample: Sample): void;
  /** Share of the last moments, 0 to 1, in which this process itself was busy: what queues here teaches nothing. */
  saturation(share: number): void;
  toString(): string;
}
