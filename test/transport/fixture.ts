// A transport on fake wires in virtual time, with every outcome kept: for a test that says all that happens.

import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { resolveOptions } from '../../src/model/options.ts';
import type { Failure, Outcome, Response } from '../../src/model/outcome.ts';
import { type Request, RequestFactory, type RequestInput } from '../../src/model/request.ts';
import { type HttpSettings, HttpTransport } from '../../src/transport/http-transport.ts';
import { FakeResolver } from '../fake/resolver.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { FakeConnector, type FakeWire } from '../fake/wire.ts';

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
export const FACTORY = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });

const START_MS = 1_000_000;
let index = 0;

export function makeRequest(input: RequestInput): Request {
  return FACTORY.from(index++, input);
}

export function settingsOf(changes: Partial<HttpSettings> = {}): HttpSettings {
  const settings = resolveOptions({});
  return { ...settings, limits: settings, perOriginMax: 1000, ...changes };
}

/** One request given to the transport, and what came of it. */
export class Asked {
  readonly request: Request;
  readonly outcomes: Outcome[] = [];

  constructor(request: Request) {
    this.request = request;
  }

  get done(): boolean {
    return this.outcomes.length > 0;
  }

  get outcome(): Outcome {
    if (this.outcomes.length !== 1) throw new Error(`${this.outcomes.length} outcomes: ${this.request}`);
    return this.outcomes[0]!;
  }

  get response(): Response {
    if (this.outcome.type !== 'response') throw new Error(String(this.outcome));
    return this.outcome;
  }

  get failure(): Failure {
    if (this.outcome.type !== 'failure') throw new Error(String(this.outcome));
    return this.outcome;
  }

  /** `200 hi` or `body/closed`; what most tests compare. */
  get short(): string {
    const { outcome } = this;
    if (outcome.type === 'response') return `${outcome.status} ${outcome.text()}`;
    return `${outcome.phase}/${outcome.kind}${outcome.resend ? ' resend' : ''}`;
  }
}

export class FakeNetwork {
  readonly clock = new VirtualClock(START_MS);
  readonly connector = new FakeConnector();
  readonly resolver = new FakeResolver();
  readonly transport: HttpTransport;
  readonly asked: Asked[] = [];

  constructor(changes: Partial<HttpSettings> = {}) {
    this.transport = new HttpTransport(settingsOf(changes), this.clock, this.connector, this.resolver);
  }

  send(input: RequestInput, before?: (request: Request) => void): Asked {
    const request = makeRequest(input);
    before?.(request);
    return this.sendRequest(request);
  }

  /** `heard`: called with its outcome, in the middle of whatever the transport is doing. */
  sendRequest(request: Request, heard?: (asked: Asked) => void): Asked {
    const asked = new Asked(request);
    this.asked.push(asked);
    this.transport.send(request, (_, outcome) => {
      asked.outcomes.push(outcome);
      heard?.(asked);
    });
    return asked;
  }

  /** The request again, as the engine sends what may be sent again: on a connection of its own. */
  resend(asked: Asked): Asked {
    asked.request.fresh = true;
    return this.sendRequest(asked.request);
  }

  get wire(): FakeWire {
    return this.connector.last;
  }

  /** A connection to http://host that has served one request and is idle now; what was written is forgotten. */
  idle(url = 'http://host/first', response = OK): FakeWire {
    const first = this.send(url);
    const wire = this.connector.last;
    wire.connect();
    if (wire.origin.scheme === 'https') wire.secure();
    wire.receive(response);
    if (!first.done) throw new Error('the first response is not whole');
    wire.written = '';
    return wire;
  }
}
