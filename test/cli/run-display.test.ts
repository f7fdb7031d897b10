// What a person sees of a run: where progress is drawn, and where it is not.

import { describe, expect, it } from 'vitest';
import { RunDisplay, type ShownRun } from '../../src/cli/run-display.ts';
import { limitsOf } from '../../src/engine/binding.ts';
import { snapshot } from '../../src/metrics/snapshot.ts';
import { Tally } from '../../src/metrics/tally.ts';
import { resolveOptions } from '../../src/model/options.ts';
import { Failure } from '../../src/model/outcome.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { surroundings, type World } from './in-process.ts';

const LINE = /^10\.0 s: 1 of 40 \(2\.5%\), 0\.10\/s now, .*1 failure \(connect\/refused 1\)\n$/;

function display(options: object, world: World) {
  const clock = new VirtualClock();
  const caught = surroundings({ ...world, clock });
  const tally = new Tally();
  const failure = new Failure({
    ...{ index: 0, url: 'http://h/', method: 'GET', phase: 'connect', kind: 'refused', sent: 'none' },
    ...{ message: 'h refused the connection', attempts: 1, ms: 1 },
  });
  tally.add(failure);
  const run: ShownRun = {
    stoppedBy: undefined,
    snapshot: () =>
      snapshot(tally, {
        ...{ wallMs: clock.now(), cpuUs: 10, peakRssBytes: 1024, expected: 40, inFlight: 2, inFlightMax: 2 },
        ...{
          queued: 0,
          concurrency: 2,
          mode: 'fixed' as const,
          usage: { http1Connections: 2, http2Connections: 0, streamsMax: 0 },
          samples: undefined,
          limits: limitsOf(resolveOptions({})),
        },
      }),
  };
  const shown = new RunDisplay(run, resolveOptions(options, 'cli'), caught.around);
  return { shown, clock, stderr: caught.stderr, failure };
}

describe('progress', () => {
  it('is drawn in place on a terminal', () => {
    const { shown, clock, stderr } = display({ output: 'x' }, { stderrIsTerminal: true });
    clock.advance(1000);
    expect(stderr()).toContain('\u001b[?25l');
    shown.print('a line');
    expect(stderr()).toMatch(/\[J(?:[^\n]*)a line\n$/);
    shown.stop();
    expect(stderr()).toMatch(/\[\?25h$/);
  });

  it('is a plain line each ten seconds where standard error is no terminal', () => {
    const { clock, stderr } = display({ output: 'x' }, {});
    clock.advance(9_999);
    expect(stderr()).toBe('');
    clock.advance(1);
    expect(stderr()).toMatch(LINE);
  });

  it('gives way to records on the same terminal, but not to records on another', () => {
    const torn = display({}, { stdoutIsTerminal: true, stderrIsTerminal: true });
    torn.clock.advance(60_000);
    expect(torn.stderr()).toBe('');
    torn.shown.print('still said');
    expect(torn.stderr()).toBe('still said\n');
    const logged = display({}, { stdoutIsTerminal: true });
    logged.clock.advance(10_000);
    expect(logged.stderr()).toMatch(LINE);
    const piped = display({ output: '-' }, { stderrIsTerminal: true });
    piped.clock.advance(1000);
    expect(piped.stderr()).toContain('\u001b[?25l');
  });
});

describe('the end', () => {
  it('repeats the first failure for who has not seen its record', () => {
    const line = 'first failure: 0 connect/refused http://h/: h refused the connection\n';
    const seen = (options: object, world: World) => {
      const { shown, failure, stderr } = display(options, world);
      shown.conclude(failure, undefined);
      return stderr().includes(line);
    };
    expect(seen({ output: 'x' }, {})).toBe(true);
    expect(seen({}, {})).toBe(true);
    expect(seen({}, { stdoutIsTerminal: true })).toBe(false);
    expect(seen({ output: 'x', verbose: true }, {})).toBe(false);
  });

  it('colours the summary on a terminal alone', () => {
    for (const [world, coloured] of [
      [{ stderrIsTerminal: true }, true],
      [{ stderrIsTerminal: true, env: { NO_COLOR: '1' } }, false],
      [{}, false],
      [{ env: { FORCE_COLOR: '1' } }, true],
    ] as const) {
      const { shown, failure, stderr } = display({ output: 'x' }, world);
      shown.conclude(failure, undefined);
      expect(stderr().includes('\u001b[')).toBe(coloured);
    }
  });
});
