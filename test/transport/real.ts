// A transport on real sockets and real time, and promises of its outcomes: for tests against servers on loopback.

import { afterEach } from 'vitest';
import { systemClock } from '../../src/model/clock.ts';
import type { Resolver } from '../../src/model/contracts.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import type { Request, RequestInput } from '../../src/model/request.ts';
import { type HttpSettings, HttpTransport } from '../../src/transport/http-transport.ts';
import { SystemResolver } from '../../src/transport/system-resolver.ts';
import { NetConnector, type TlsSettings } from '../../src/transport/wire.ts';
import { RawServer, type RawServerOptions, type Script } from '../server/raw-server.ts';
import { makeRequest, settingsOf } from './fixture.ts';

export interface RealOptions {
  readonly settings?: Partial<HttpSettings>;
  readonly tls?: Partial<TlsSettings>;
  readonly resolver?: Resolver;
}

export function realTransport({ settings = {}, tls = {}, resolver }: RealOptions = {}): HttpTransport {
  return new HttpTransport(
    settingsOf(settings),
    systemClock,
    new NetConnector({ insecure: false, ca: undefined, ...tls }),
    resolver ?? new SystemResolver('any'),
  );
}

/** One attempt. */
export function attempt(transport: HttpTransport, request: Request): Promise<Outcome> {
  return new Promise((resolve) => transport.send(request, (_, outcome) => resolve(outcome)));
}

/** As the engine sends: once more, on a connection of its own, what the wire says may be. */
export async function ask(transport: HttpTransport, input: RequestInput): Promise<Outcome> {
  const request = makeRequest(input);
  const outcome = await attempt(transport, request);
  if (outcome.type === 'response' || !outcome.resend) return outcome;
  request.fresh = true;
  return attempt(transport, request);
}

/** `200 hi` or `body/closed`. */
export function short(outcome: Outcome): string {
  if (outcome.type === 'response') return `${outcome.status} ${outcome.text()}`;
  return `${outcome.phase}/${outcome.kind}`;
}

/** Opens servers and transports for the tests of a file and closes them after each. */
export function loopback() {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  return {
    async serve(script: Script, options?: RawServerOptions): Promise<RawServer> {
      const server = await RawServer.open(script, options);
      open.push(server);
      return server;
    },
    connect(options?: RealOptions): HttpTransport {
      const transport = realTransport(options);
      open.push({ close: () => transport.abort() });
      return transport;
    },
    closeAfter(transport: HttpTransport): void {
      open.push({ close: () => transport.abort() });
    },
  };
}
