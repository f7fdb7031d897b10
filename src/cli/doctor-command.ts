// `flurry doctor`: reads what this machine and these surroundings allow, and prints it with advice. Sends nothing and
// changes nothing; the only thing that it asks for is the address of localhost.

import { lookup } from 'node:dns';
import { getServers } from 'node:dns/promises';
import { existsSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { DEFAULT_MAX_VERSION } from 'node:tls';
import * as zlib from 'node:zlib';
import { type Machine, readMachine } from '../engine/machine.ts';
import type { Clock } from '../model/contracts.ts';
import { noProxyOfEnvironment, Proxies } from '../session/proxies.ts';
import { colors, columnsOf, paintFor } from '../view/terminal.ts';
import { readWords, type Switch } from './arguments.ts';
import { doctorJson, doctorText, type Readings } from './doctor-text.ts';
import { EXIT, usage } from './exit-codes.ts';
import { layered, PREFIX, PROJECT_CONFIG, userConfig } from './layers.ts';
import { redacted } from './redacted.ts';
import type { Surroundings } from './surroundings.ts';
import { version } from './version.ts';

const SWITCHES: readonly Switch[] = [{ long: '--json', short: undefined, expects: undefined }];

/** What tests put in place of the real one. */
export interface System {
  readonly machine: () => Machine;
  readonly dnsServers: () => readonly string[];
  /** Calls back when a lookup of localhost has ended. */
  readonly lookup: (done: (found: boolean) => void) => void;
}

const SYSTEM: System = {
  machine: readMachine,
  dnsServers: getServers,
  lookup: (done) => lookup('localhost', (error) => done(error === null)),
};

export async function doctorCommand(
  argv: readonly string[],
  around: Surroundings,
  system: System = SYSTEM,
): Promise<number> {
  const { plain, given, asks } = readWords(argv, SWITCHES, 'doctor');
  const { stdout, env } = around;
  if (asks !== undefined) {
    const { helpText } = await import('./help.ts');
    stdout.write(helpText('doctor', stdout.columns));
    return EXIT.done;
  }
  if (plain.length > 0)
    throw usage(`doctor takes --json or nothing, not ${plain[0]}; see flurry doctor --help`);
  const readings = await read(around, system);
  stdout.write(given.length > 0 ? doctorJson(readings) : doctorText(readings, paintFor(colors(stdout, env))));
  return readings.problems.length === 0 ? EXIT.done : EXIT.usage;
}

async function read(around: Surroundings, system: System): Promise<Readings> {
  const { env, folder, stdout } = around;
  const problems: string[] = [];
  const variables = Object.keys(env).filter((name) => name.startsWith(PREFIX));
  const configFiles = [userConfig(env), join(folder, PROJECT_CONFIG)].filter((path) => existsSync(path));
  // As a run reads them, for what would stop it.
  await layered({}, around).catch((error: Error) => problems.push(redacted(error.message)));
  return {
    version: version(),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    features: features(),
    machine: system.machine(),
    dnsServers: system.dnsServers(),
    lookupMs: await lookupMs(around.clock, system),
    proxies: proxiesIn(env, problems),
    noProxy: noProxyOfEnvironment(env),
    configFiles,
    variables: variables.sort(),
    terminal: {
      isTerminal: stdout.isTTY === true,
      color: colors(stdout, env),
      columns: columnsOf(stdout),
    },
    problems,
  };
}

function features(): Readings['features'] {
  return {
    zstd: 'createZstdDecompress' in zlib,
    sqlite: isBuiltin('node:sqlite'),
    tls13: DEFAULT_MAX_VERSION === 'TLSv1.3',
  };
}

/** They print without credentials. */
function proxiesIn(env: Surroundings['env'], problems: string[]): string[] {
  try {
    return (Proxies.of({ proxies: ['env'], env })?.servers ?? []).map(String);
  } catch (error) {
    problems.push(redacted((error as Error).message));
    return [];
  }
}

function lookupMs(clock: Clock, system: System): Promise<number | undefined> {
  const startedMs = clock.now();
  return new Promise((resolve) => {
    system.lookup((found) => resolve(found ? clock.now() - startedMs : undefined));
  });
}
