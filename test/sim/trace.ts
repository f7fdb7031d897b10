// One run, told every 100 ms of its time: for a seed that fell short.

import type { ControlLaw } from '../../src/scheduler/control/law.ts';
import { play } from './judge.ts';
import { SCENARIOS } from './scenarios.ts';
import { BIN_MS } from './simulate.ts';
import { LAWS } from './trials.ts';

export function trace(id: string, seed: number, name: string, write: (line: string) => void): void {
  const scenario = SCENARIOS.find((one) => one.id === id)!;
  let laws: readonly ControlLaw[] = [];
  const make = LAWS[name]!;
  const figures = play(
    scenario,
    seed,
    (world) => {
      laws = make(world);
      return laws;
    },
    (nowMs, run) => {
      const bin = Math.max(0, Math.floor(nowMs / BIN_MS) - 1);
      const perSecond = (run.successes[bin]! * 1000) / BIN_MS;
      const metered = run.metered[bin]! > 0 ? `, ${run.metered[bin]} × 429` : '';
      write(
        `${(nowMs / 1000).toFixed(1).padStart(6)} s  ${perSecond}/s, at most ${run.inFlightMax[bin]} in flight${metered}; ${laws[0]}`,
      );
    },
  );
  const each = figures.goodput.map((goodput) => goodput.toFixed(0)).join(', ');
  write(`${scenario.id} seed ${seed}: ${each} successes/s in the second half of each phase`);
}
