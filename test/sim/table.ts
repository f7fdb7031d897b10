// The table of docs/adaptive.md and of the terminal, from what was played. Text alone.

import { judge, median } from './requirements.ts';
import type { Scenario } from './scenarios.ts';
import type { Trial } from './trials.ts';

export interface Played {
  readonly scenario: Scenario;
  readonly seeds: readonly number[];
  readonly trials: Readonly<Record<string, readonly Trial[]>>;
}

const RIVALS = ['AIMD', 'Vegas', 'Gradient2'];

/** Beside each other: median (worst seed), as percent of the best fixed value; and the most in flight ÷ knee. */
export function comparison(played: readonly Played[]): string {
  const head = ['', 'target', 'auto', ...RIVALS];
  const rows = played.map(({ scenario, trials }) => [
    scenario.id,
    scenario.title,
    ...['auto', ...RIVALS].map((law) => cell(trials[law]!)),
  ]);
  return markdown(head, rows);
}

function cell(trials: readonly Trial[]): string {
  const steady = trials.map((trial) => trial.steady);
  const inFlight = Math.max(...trials.map((trial) => trial.inFlight));
  return `${percent(median(steady))} (${percent(Math.min(...steady))}) ${inFlight.toFixed(1)}×`;
}

/** What is required, what came of it, and with which seed. */
export function requirements(played: readonly Played[]): string {
  const head = ['', 'required', 'value', 'seed', 'met'];
  const rows = played.flatMap(({ scenario, seeds, trials }) =>
    judge(scenario.id, seeds, trials['auto']!).map(({ name, value, seed, met }) => [
      scenario.id,
      name,
      value.toFixed(value < 0.1 ? 4 : 3),
      String(seed),
      met ? 'yes' : scenario.extra ? 'no (beyond the list)' : '**no**',
    ]),
  );
  return markdown(head, rows);
}

/** What is not required and worth knowing. */
export function details(played: readonly Played[]): string {
  const head = [
    '',
    'whole run, median (worst)',
    '429 after 60 s, worst',
    'seconds to 90 % after a step, worst',
    'hosts above 1.5 × their own knee in the mean',
  ];
  const rows = played.map(({ scenario, trials }) => {
    const auto = trials['auto']!;
    const whole = auto.map((trial) => trial.whole);
    const metered = Math.max(...auto.map((trial) => trial.metered));
    const recovery = Math.max(...auto.map((trial) => trial.recoveryS));
    return [
      scenario.id,
      `${percent(median(whole))} (${percent(Math.min(...whole))})`,
      metered === 0 ? '–' : `${(100 * metered).toFixed(3)} %`,
      recovery === 0 ? '–' : recovery.toFixed(1),
      percent(auto.reduce((sum, trial) => sum + trial.hostsOver, 0) / auto.length),
    ];
  });
  return markdown(head, rows);
}

/** Rows that fall short, each with the command that plays it again. */
export function failures(played: readonly Played[]): readonly string[] {
  return played
    .filter(({ scenario }) => !scenario.extra)
    .flatMap(({ scenario, seeds, trials }) =>
      judge(scenario.id, seeds, trials['auto']!)
        .filter(({ met }) => !met)
        .map(
          ({ name, value, seed }) =>
            `${scenario.id}: ${name} is ${value.toFixed(3)}: npm run sim -- --scenario ${scenario.id} --seed ${seed} --trace`,
        ),
    );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
