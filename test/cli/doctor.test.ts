// flurry doctor, with readings of machines that are not this one.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { doctorCommand, type System } from '../../src/cli/doctor-command.ts';
import { adviceOf, doctorJson, doctorText, type Readings } from '../../src/cli/doctor-text.ts';
import { helpText } from '../../src/cli/help.ts';
import type { Machine } from '../../src/engine/machine.ts';
import { paintFor } from '../../src/view/terminal.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { temporaryFolder } from './folder.ts';
import { flurry, surroundings, type World } from './in-process.ts';

const folder = temporaryFolder();

const machine: Machine = {
  descriptorsMax: 20_000,
  descriptorsHardMax: 524_288,
  descriptorsUsed: 20,
  ports: { from: 32_768, to: 60_999 },
  portReuse: 'loopback',
  heapBytesMax: 4 * 2 ** 30,
  memoryBytesMax: 16 * 2 ** 30,
  cores: 8,
};

const readings: Readings = {
  version: '1.2.3',
  node: '22.20.0',
  platform: 'linux x64',
  features: { zstd: true, sqlite: true, tls13: true },
  machine,
  dnsServers: ['192.0.2.53'],
  lookupMs: 0.5,
  proxies: ['http://proxy.test:3128'],
  noProxy: 'localhost',
  configFiles: ['/home/u/.config/flurry/config.json'],
  variables: ['FLURRY_RATE'],
  terminal: { isTerminal: true, color: true, columns: 80 },
  problems: [],
};

describe('the table', () => {
  it('tells what there is', () => {
    expect(doctorText(readings, paintFor(false))).toBe(
      `flurry 1.2.3
  node           22.20.0 on linux x64: zstd, node:sqlite, TLS 1.3
  cores          8, of which one sends
  descriptors    20,000, at most 524,288, 20 in use
  connections    19,936 at once by descriptors
  ports          32768-60999: 28,232 connections at once to one address
                 about 470 new ones per second to one address where each serves one request: a port rests for 60 s, on loopback for 1 s
  memory         16.0 GiB, heap up to 4.00 GiB
  dns            192.0.2.53; localhost in 0.50 ms
  proxies        http://proxy.test:3128, not for localhost
  config files   /home/u/.config/flurry/config.json
  variables      FLURRY_RATE
  terminal       80 columns, with colour
nothing stands in the way
`,
    );
  });

  it('says so where a system tells little', () => {
    const dark: Machine = {
      ...machine,
      ...{ descriptorsMax: undefined, descriptorsHardMax: undefined, descriptorsUsed: undefined },
      ...{ ports: undefined, portReuse: undefined },
    };
    const text = doctorText({ ...readings, machine: dark, dnsServers: [] }, paintFor(false));
    expect(text).toMatch(/descriptors {4}no limit known\n {2}connections {4}any number at once/);
    expect(text).toMatch(/ports {10}unknown\n/);
    expect(text).not.toMatch(/undefined|NaN|Infinity/);
    expect(JSON.parse(doctorJson({ ...readings, machine: dark })).machine).toMatchObject({
      ...{ descriptorsMax: null, connectionsMax: null, portsMax: null, newConnectionsPerSecond: null },
    });
  });
});

describe('advice', () => {
  it.each<[string, Partial<Readings>, RegExp]>([
    [
      'few descriptors',
      { machine: { ...machine, descriptorsMax: 1024 } },
      /^few descriptors .*960.*: ulimit -n/,
    ],
    [
      'a hard limit',
      { machine: { ...machine, descriptorsMax: 200, descriptorsHardMax: 200 } },
      /^very few descriptors \(200\), enough for 136 connections: LimitNOFILE=/,
    ],
    ['few ports', { machine: { ...machine, ports: { from: 60_000, to: 60_999 } } }, /ip_local_port_range/],
    ['a small heap', { machine: { ...machine, heapBytesMax: 2 ** 28 } }, /--max-old-space-size=/],
    ['slow names', { lookupMs: 900 }, /localhost took 900 ms/],
    ['no localhost', { lookupMs: undefined }, /\/etc\/hosts/],
    ['an old Node', { features: { zstd: false, sqlite: true, tls13: true } }, /22\.15/],
  ])('about %s', (_, change, text) => {
    const [first, ...more] = adviceOf({ ...readings, ...change });
    expect(first).toMatch(text);
    expect(more).toEqual([]);
  });
});

function system(change: Partial<System> = {}): System {
  return {
    machine: () => machine,
    dnsServers: () => ['192.0.2.53'],
    lookup: (done) => done(true),
    ...change,
  };
}

async function doctor(argv: string[], world: World = {}, change: Partial<System> = {}) {
  const caught = surroundings(world);
  const code = await doctorCommand(argv, caught.around, system(change));
  return { code, stdout: caught.stdout() };
}

describe('flurry doctor', () => {
  it('reads the surroundings, and shows no secret', async () => {
    const clock = new VirtualClock();
    const env = {
      HTTPS_PROXY: 'http://user:hush@proxy.test:8080',
      NO_PROXY: 'a.test',
      FLURRY_RATE: '5/s',
      FLURRY_USER: 'me:hush',
    };
    const lookup: System['lookup'] = (done) => {
      clock.advance(7);
      done(true);
    };
    const { code, stdout } = await doctor(['--json'], { env, clock }, { lookup });
    expect(code).toBe(0);
    expect(stdout).not.toContain('hush');
    expect(JSON.parse(stdout)).toMatchObject({
      proxies: ['http://proxy.test:8080'],
      noProxy: 'a.test',
      variables: ['FLURRY_RATE', 'FLURRY_USER'],
      lookupMs: 7,
      machine: { cores: 8, connectionsMax: 19_936, portsMax: 28_232, newConnectionsPerSecond: 470 },
      problems: [],
    });
  });

  it('names config files, and ends with 2 where one would stop every run', async () => {
    const path = join(folder.path, 'flurry.config.json');
    writeFileSync(path, '{"concurrency": 9}');
    const fine = await doctor([], { folder: folder.path });
    expect(fine).toMatchObject({ code: 0, stdout: expect.stringContaining(path) });
    writeFileSync(path, '{"concurrency": 9,}');
    const broken = await doctor([], { folder: folder.path });
    expect(broken.code).toBe(2);
    expect(broken.stdout).toMatch(/wrong {2}the config file .*flurry\.config\.json is not valid JSON/);
  });

  it('tells of a proxy that is none, without its text', async () => {
    const { code, stdout } = await doctor([], { env: { HTTP_PROXY: 'ftp://me:hush@x' } });
    expect(code).toBe(2);
    expect(stdout).toMatch(/wrong {2}HTTP_PROXY has a scheme that is not known/);
    expect(stdout).not.toContain('hush');
  });

  it('ends with 0 on a machine with few descriptors: that is advice', async () => {
    const few = { machine: () => ({ ...machine, descriptorsMax: 128 }) };
    expect(await doctor([], {}, few)).toMatchObject({ code: 0, stdout: expect.stringContaining('very few') });
  });

  it('has its help, refuses words, and runs on this machine', async () => {
    expect((await flurry(['doctor', '--help'])).stdout).toBe(helpText('doctor', 80));
    expect(await flurry(['doctor', 'now'])).toMatchObject({ code: 2 });
    const here = await flurry(['doctor', '--json']);
    expect(here.code).toBe(0);
    expect(JSON.parse(here.stdout).machine.cores).toBeGreaterThan(0);
  });
});
