// What this machine runs out of: descriptors and ports. Real processes under real limits. Whatever there is too little
// of, no request fails for it: those that found none wait for one.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { describe, expect, inject, it } from 'vitest';
import { OK, serve } from './stage.ts';

interface Ended {
  readonly code: number | null;
  readonly records: readonly {
    index: number;
    status?: number;
    error?: { phase: string; kind: string; message: string };
  }[];
}

/** Words for bash, in which `$FLURRY` stands for the command; what it wrote to standard output, record by record. */
function shell(script: string): Promise<Ended> {
  const child: ChildProcess = spawn('bash', ['-c', script], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      PATH: process.env['PATH'],
      XDG_CONFIG_HOME: '/nonexistent',
      FLURRY: `${process.execPath} ${inject('flurryBin')}`,
    },
  });
  let stdout = '';
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  return new Promise((resolve) => {
    child.once('close', (code) => {
      const lines = stdout.split('\n').filter((line) => line !== '');
      resolve({ code, records: lines.map((line) => JSON.parse(line)) });
    });
  });
}

const N = 300;

function expectEachOnce({ code, records }: Ended): void {
  expect(code).toBe(0);
  expect(records.map(({ index }) => index).sort((a, b) => a - b)).toEqual(
    Array.from({ length: N }, (_, i) => i),
  );
  // Those that found none waited for one.
  expect(records.filter(({ status }) => status === 200)).toHaveLength(N);
}

/** Loading the sources one by one takes a hundred descriptors; what is shipped needs twenty. */
const DESCRIPTORS = 150;
const hasBash = spawnSync('bash', ['-c', `ulimit -n ${DESCRIPTORS}`]).status === 0;

describe.skipIf(!hasBash)(`with ${DESCRIPTORS} descriptors (bash is needed)`, () => {
  it('300 connections at once are too many, and each request has its outcome all the same', async () => {
    const server = await serve((peer) => peer.send(OK));
    const ended = await shell(`ulimit -n ${DESCRIPTORS}; $FLURRY '${server.url('/')}[1-${N}]' -c ${N} -q`);
    expectEachOnce(ended);
  });

  it('100 are not, and no request fails', async () => {
    const server = await serve((peer) => peer.send(OK));
    const ended = await shell(`ulimit -n ${DESCRIPTORS}; $FLURRY '${server.url('/')}[1-${N}]' -c 100 -q`);
    expectEachOnce(ended);
  });
});

/** A network of its own with ten ports to connect from; needs root and Linux. */
const TEN_PORTS = 'ip link set lo up && echo "40000 40009" > /proc/sys/net/ipv4/ip_local_port_range';
const hasNamespace =
  process.getuid?.() === 0 && spawnSync('unshare', ['-n', 'bash', '-c', TEN_PORTS]).status === 0;

describe.skipIf(!hasNamespace)('with ten ports (root, unshare and ip are needed)', () => {
  const inside = (concurrency: number) =>
    `unshare -n bash -c '${TEN_PORTS}
      coproc serve { exec $FLURRY serve --port 8080; }
      read -r url <&"\${serve[0]}"
      $FLURRY "$url/todos/[1-${N}]" -c ${concurrency} -q; code=$?
      kill "$serve_PID"; exit $code'`;

  it('50 connections at once are too many, and each request has its outcome all the same', async () => {
    const ended = await shell(inside(50));
    expectEachOnce(ended);
  });

  it('eight are not, and no request fails', async () => {
    const ended = await shell(inside(8));
    expectEachOnce(ended);
  });
});
