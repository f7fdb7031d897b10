// From the results of all rounds to the table and the verdicts on the bars. Pure.

import { grouped, spread, spreadText, table } from './figures.mjs';

/**
 * `of` divided by `by`, the CPU per request of both in the same round. `direction`: the ratio is to stay under the
 * bar, or to reach it.
 */
const BARS = [
  { of: 'flurry-library', by: 'wrk', direction: 'at most', must: 2.0, aim: 1.5 },
  { of: 'flurry-cli', by: 'wrk', direction: 'at most', must: 3.0, aim: 2.2 },
  { of: 'undici-dispatch', by: 'flurry-library', direction: 'at least', must: 2.0, aim: 2.5 },
];

/** One row for each client: everything over all rounds in which it did what it should. */
export function summarise(clients, results) {
  return clients.map(({ name, title }) => {
    const all = results.filter((result) => result.client === name);
    const own = all.filter(isRight);
    return {
      name,
      title,
      requests: all[0]?.requests ?? 0,
      faults: all.flatMap((result) => result.faults.map((fault) => `round ${result.round}: ${fault}`)),
      cpuUs: spread(own.map((result) => result.cpuUsPerRequest)),
      systemUs: spread(own.map((result) => result.systemUsPerRequest)),
      runCpuUs: spread(own.map((result) => result.runCpuUsPerRequest)),
      perSecond: spread(own.map((result) => result.perSecond)),
      peakRssBytes: spread(own.map((result) => result.peakRssBytes || undefined)),
      toWrk: spread(ratios(results, name, 'wrk')),
      dispatchTo: spread(ratios(results, 'undici-dispatch', name)),
    };
  });
}

/** Who stopped half-way would look cheap. */
function isRight(result) {
  return result.faults.length === 0;
}

/** CPU per request of one client divided by the other's, for every round that has both. */
function ratios(results, of, by) {
  const cpuOf = (name, round) => {
    const found = results.find((result) => result.client === name && result.round === round);
    return found !== undefined && isRight(found) ? found.cpuUsPerRequest : undefined;
  };
  return [...new Set(results.map((result) => result.round))].map(
    (round) => cpuOf(of, round) / cpuOf(by, round),
  );
}

export function tableText(rows) {
  const head = [
    'client (min / median / max)',
    'requests',
    'CPU µs per request',
    'of it in the kernel',
    'CPU without start-up',
    'requests per second',
    'peak memory, MiB',
    'CPU ÷ wrk',
    'undici dispatch ÷ it',
  ];
  const body = rows.map((row) => [
    `${row.title}${row.faults.length > 0 ? ' (WRONG)' : ''}`,
    grouped(row.requests),
    spreadText(row.cpuUs, 2),
    spreadText(row.systemUs, 2),
    spreadText(row.runCpuUs, 2),
    spreadText(row.perSecond, 0),
    spreadText(row.peakRssBytes, 0, 1024 * 1024),
    spreadText(row.toWrk, 2),
    spreadText(row.dispatchTo, 2),
  ]);
  return table([head, ...body]);
}

/** The median over the rounds decides. */
export function verdicts(rows, results) {
  const titleOf = (name) => rows.find((row) => row.name === name)?.title;
  return BARS.map(({ of, by, direction, must, aim }) => {
    const ratio = spread(ratios(results, of, by));
    const what = `CPU of ${titleOf(of) ?? of} ÷ ${titleOf(by) ?? by}`;
    if (ratio === undefined) return { what, ratio, met: undefined, text: `not measured  ${what}` };
    return judge(what, ratio, direction, must, aim, 2);
  });
}

/** Any number that must keep to a bar, aims at another, or both; the bar that is undefined is none. */
export function judge(what, values, direction, must, aim, digits, unit = '') {
  const keeps = (bar) => (direction === 'at most' ? values.median <= bar : values.median >= bar);
  const met = must === undefined || keeps(must);
  const bars = [
    must !== undefined && `must be ${direction} ${must}${unit}`,
    aim !== undefined && `aim ${aim}${unit}`,
  ];
  const words = [
    must !== undefined && 'met',
    aim !== undefined && (keeps(aim) ? 'aim reached' : 'aim missed'),
  ];
  const verdict = met ? words.filter(Boolean).join(', ') : 'MISSED';
  const text = `${verdict}: ${what} = ${spreadText(values, digits)}${unit} (${bars.filter(Boolean).join(', ')})`;
  return { what, values, direction, must, aim, met, text };
}
