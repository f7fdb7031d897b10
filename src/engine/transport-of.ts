// Wires a transport out of settings: resolver, cache, sockets, limits.

import type { Clock, Connector, Resolver, Transport } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { DnsCache } from '../session/dns-cache.ts';
import { Http1Transport } from '../transport/http1-transport.ts';
import { SystemResolver } from '../transport/system-resolver.ts';
import { NetConnector } from '../transport/wire.ts';

/** What tests put in place of the real world. */
export interface World {
  readonly clock: Clock;
  readonly connector?: Connector;
  readonly resolver?: Resolver;
}

export function openTransport(settings: Settings, world: World): Transport {
  const { clock } = world;
  const connector = world.connector ?? new NetConnector(settings);
  const resolver = world.resolver ?? new SystemResolver(settings.family);
  return new Http1Transport(
    { ...settings, limits: settings, perOriginMax: settings.perHost ?? settings.concurrency },
    clock,
    connector,
    new DnsCache(resolver, clock, settings.dnsTtlMs),
  );
}
