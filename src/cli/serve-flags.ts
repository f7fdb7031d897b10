// The options of `flurry serve`, as they are written and explained.

import type { Switch } from './arguments.ts';

export interface ServeSwitch extends Switch {
  readonly flag: string;
  readonly doc: string;
}

export const SERVE_SWITCHES = [
  {
    long: '--port',
    short: 'p',
    expects: 'a port from 0 to 65,535',
    flag: '-p, --port <n>',
    doc: 'port to listen on; 0 takes a free one (default: 8080)',
  },
  {
    long: '--host',
    short: undefined,
    expects: 'an address',
    flag: '--host <address>',
    doc: 'address to listen on; 0.0.0.0 is all of them (default: 127.0.0.1)',
  },
  {
    long: '--seed',
    short: undefined,
    expects: 'a whole number',
    flag: '--seed <n>',
    doc: 'what looks random follows from it (default: 1)',
  },
  {
    long: '--max-connections',
    short: undefined,
    expects: 'a whole number from 1 to 65,535',
    flag: '--max-connections <n>',
    doc: 'connections at once; one more is reset as soon as it is accepted (default: no bound)',
  },
] as const satisfies readonly ServeSwitch[];
