// The table of all routes of one server, and the way from a path into it. State of a route lives in its row's closure.

import type { Clock } from '../model/contracts.ts';
import { frontPage } from './front-page.ts';
import { type Route, RouteEntry } from './route.ts';
import { dataRoutes } from './routes-data.ts';
import { faultRoutes } from './routes-faults.ts';
import { limitRoutes } from './routes-limits.ts';
import { sessionRoutes } from './routes-session.ts';
import { siteRoutes } from './routes-site.ts';

/** Every route, freshly made: nothing is shared between two servers. */
export function allRoutes(clock: Clock, seed: number): readonly Route[] {
  const table = [
    ...dataRoutes(seed),
    ...faultRoutes(clock, seed),
    ...limitRoutes(clock),
    ...siteRoutes(),
    ...sessionRoutes(seed),
  ];
  return [frontPage(table), ...table];
}

/** The same by first segment of the path. */
export class RouteTable {
  readonly #entries = new Map<string, RouteEntry>();

  constructor(routes: readonly Route[]) {
    for (const route of routes) {
      const entry = new RouteEntry(route);
      if (this.#entries.has(entry.segment)) throw new Error(`two routes begin with /${entry.segment}`);
      this.#entries.set(entry.segment, entry);
    }
  }

  find(segment: string, rest: string): RouteEntry | undefined {
    const entry = this.#entries.get(segment);
    return entry?.accepts(rest) ? entry : undefined;
  }

  /** Requests by name of route, those without any left out. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { route, requests } of this.#entries.values()) {
      if (requests > 0) counts[route.name] = requests;
    }
    return counts;
  }
}
