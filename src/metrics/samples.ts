// What was seen of a run in looks at regular intervals: what kept it from sending more, how busy the process was, and
// where the time of requests went. Adds up; draws no conclusion and knows no clock.

import type { Outcome } from '../model/outcome.ts';

/** What keeps a run from sending more at one moment. */
export const BINDINGS = [
  /** whoever takes the outcomes has enough of them for now */
  'paused',
  /** the input gives nothing for now */
  'starved',
  /** the input is at its end, and the last answers are waited for */
  'ended',
  /** all that is left waits for the time of its next attempt */
  'backoff',
  /** as many are in flight as may be */
  'slots',
  /** as many are in flight to each host as may be */
  'host-slots',
  'rate',
  'host-rate',
  /** a host asks for a pause, or says how much it takes */
  'host-limit',
  'host-down',
  'none',
] as const;
export type Binding = (typeof BINDINGS)[number];

export class Samples {
  count = 0;
  /** The time that they stand for. */
  ms = 0;
  /** Of it, the time in which the process had no core left. */
  busyMs = 0;
  readonly inMs: Record<Binding, number>;
  /** Of the outcomes that were looked at: how long their last attempts took, and which part of it went into lookups and
   *  into TCP and TLS handshakes. */
  requestMs = 0;
  dnsMs = 0;
  connectMs = 0;

  constructor() {
    this.inMs = Object.fromEntries(BINDINGS.map((one) => [one, 0])) as Record<Binding, number>;
  }

  /** `binding` held for `ms`. */
  add(binding: Binding, ms: number, busy: boolean): void {
    this.count++;
    this.ms += ms;
    this.inMs[binding] += ms;
    if (busy) this.busyMs += ms;
  }

  look(outcome: Outcome): void {
    this.requestMs += outcome.ms;
    if (outcome.type === 'response') {
      const { dnsMs, connectMs, tlsMs } = outcome.timings;
      this.dnsMs += dnsMs;
      this.connectMs += connectMs + tlsMs;
    } else if (outcome.phase === 'dns') this.dnsMs += outcome.ms;
    else if (outcome.phase === 'connect' || outcome.phase === 'tls') this.connectMs += outcome.ms;
  }

  /** What was seen so far counts for half from now on. */
  fade(): void {
    this.count /= 2;
    this.ms /= 2;
    this.busyMs /= 2;
    for (const one of BINDINGS) this.inMs[one] /= 2;
    this.requestMs /= 2;
    this.dnsMs /= 2;
    this.connectMs /= 2;
  }

  toString(): string {
    const states = BINDINGS.filter((one) => this.inMs[one] > 0);
    const shares = states.map((one) => `${one} ${((100 * this.inMs[one]) / this.ms).toFixed(0)}%`);
    return [`${this.count} samples`, ...shares].join(', ');
  }
}
