// Wires a transport out of settings: resolver, cache, sockets, limits.

import type { Load } from '../model/clock.ts';
import type { Clock, Connector, Resolver, Transport } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import { DnsCache } from '../session/dns-cache.ts';
import { NameOverrides } from '../session/name-overrides.ts';
import { HttpTransport } from '../transport/http-transport.ts';
import { NameServers } from '../transport/name-servers.ts';
import { SystemResolver } from '../transport/system-resolver.ts';
import { NetConnector } from '../transport/wire.ts';
import { secretHeaders } from './secret-headers.ts';
import { slotLimits } from './slot-limits.ts';

/** What tests put in place of the real world. */
export interface World {
  readonly clock: Clock;
  readonly connector?: Connector;
  readonly resolver?: Resolver;
  /** From 0 to below 1; seeded in tests. */
  readonly random?: () => number;
  /** How busy the process is; without it nothing is told of what bound a run. */
  readonly load?: () => Load;
  /** What is known of a host before the first request: how many in flight it took well. */
  readonly startOf?: (origin: string) => number | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export function openTransport(settings: Settings, world: World): Transport {
  const { clock } = world;
  const { dnsTtlMs, dnsNegativeTtlMs, dnsTimeoutMs } = settings;
  const connector = world.connector ?? new NetConnector(settings, clock);
  const resolver = world.resolver ?? resolverOf(settings, clock);
  return new HttpTransport(
    {
      ...settings,
      limits: settings,
      perOriginMax: slotLimits(settings).perHost,
      secretHeaders: secretHeaders(settings),
    },
    clock,
    connector,
    new DnsCache(resolver, clock, dnsTtlMs, dnsNegativeTtlMs, dnsTimeoutMs),
    NameOverrides.parse(settings.resolve, settings.connectTo),
  );
}

function resolverOf(settings: Settings, clock: Clock): Resolver {
  if (settings.unixSocket !== undefined) return NOWHERE;
  return settings.dnsServers.length > 0
    ? new NameServers(settings, clock)
    : new SystemResolver(settings.family);
}

/** All connections go to a Unix socket: no name matters. */
const NOWHERE: Resolver = {
  resolve: (_, done) => done(null, [{ address: '127.0.0.1', family: 4 }]),
  forget() {},
};
