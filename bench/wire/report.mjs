// From the results of all rounds to the table and the verdicts on the bars. Pure.

import { BARS, GROUPS, groupOf } from './clients.mjs';
import { grouped, spread, spreadText, table } from './figures.mjs';

/** One row for each client: everything over all rounds in which it did what it should. */
export function summarise(clients, results) {
  return clients.map((client) => {
    const { group, name, title } = client;
    const all = results.filter((result) => result.client === name);
    const own = all.filter(isRight);
    return {
      group,
      name,
      title,
      requests: all[0]?.requests ?? 0,
      faults: all.flatMap((result) => result.faults.map((fault) => `round ${result.round}: ${fault}`)),
      cpuUs: spread(own.map((result) => result.cpuUsPerRequest)),
      systemUs: spread(own.map((result) => result.systemUsPerRequest)),
      runCpuUs: spread(own.map((result) => result.runCpuUsPerRequest)),
      bytesPerCpuSecond: spread(own.map((result) => bytesPerCpuSecond(client, result))),
      perSecond: spread(own.map((result) => result.perSecond)),
      peakRssBytes: spread(own.map((result) => result.peakRssBytes || undefined)),
      ratios: groupOf(client).ratios.map(({ head, of = name, by = [name] }) => {
        return { head, values: spread(ratios(results, of, by)) };
      }),
    };
  });
}

/** Undefined where bodies have no size of their own. */
function bytesPerCpuSecond(client, { cpuUsPerRequest }) {
  const { bodyBytes } = groupOf(client);
  return bodyBytes === undefined || cpuUsPerRequest === undefined
    ? undefined
    : bodyBytes / (cpuUsPerRequest / 1e6);
}

/** Who stopped half-way would look cheap. */
function isRight(result) {
  return result.faults.length === 0;
}

/**
 * CPU per request of one client divided by that of another, or of several together, for every round that has them all.
 * What is added up is one client in the end, and starts once: only the first counts with its start-up.
 */
function ratios(results, of, by) {
  return [...new Set(results.map((result) => result.round))].map((round) => {
    const costOf = (name, figure) => {
      const found = results.find((result) => result.client === name && result.round === round);
      return found !== undefined && isRight(found) ? found[figure] : undefined;
    };
    const costs = by.map((name, i) => costOf(name, i === 0 ? 'cpuUsPerRequest' : 'runCpuUsPerRequest'));
    return costOf(of, 'cpuUsPerRequest') / costs.reduce((sum, cost) => sum + cost, 0);
  });
}

/** A table for each group, under its title. */
export function tablesText(rows) {
  const groups = GROUPS.filter(({ name }) => rows.some((row) => row.group === name));
  return groups
    .map((group) => {
      const own = rows.filter((row) => row.group === group.name);
      return `${group.title}\n\n${tableText(own, columnsOf(group))}`;
    })
    .join('\n\n');
}

/** Between the client with its requests and the ratios: the head of each column, and its text in a row. */
function columnsOf({ bodyBytes }) {
  const large = bodyBytes !== undefined;
  const unitUs = large ? 1_000 : 1;
  const cpu = (head, pick) => [head, (row) => spreadText(pick(row), 2, unitUs)];
  const bytes = (head, pick) => [head, (row) => spreadText(pick(row), 0, 1e6)];
  return [
    cpu(`CPU ${large ? 'ms' : 'µs'} per request`, (row) => row.cpuUs),
    cpu('of it in the kernel', (row) => row.systemUs),
    cpu('CPU without start-up', (row) => row.runCpuUs),
    ...(large ? [bytes('MB per CPU second', (row) => row.bytesPerCpuSecond)] : []),
    ['requests per second', (row) => spreadText(row.perSecond, 0)],
    ['peak memory, MiB', (row) => spreadText(row.peakRssBytes, 0, 1024 * 1024)],
  ];
}

function tableText(rows, columns) {
  const heads = columns.map(([head]) => head);
  const head = [
    'client (min / median / max)',
    'requests',
    ...heads,
    ...rows[0].ratios.map((ratio) => ratio.head),
  ];
  const body = rows.map((row) => [
    `${row.title}${row.faults.length > 0 ? ' (WRONG)' : ''}`,
    grouped(row.requests),
    ...columns.map(([, textOf]) => textOf(row)),
    ...row.ratios.map((ratio) => spreadText(ratio.values, 2)),
  ]);
  return table([head, ...body]);
}

/** The median over the rounds decides. A bar for a client that is not in the tables is left out. */
export function verdicts(rows, results) {
  const titleOf = (name) => rows.find((row) => row.name === name)?.title;
  const bars = BARS.filter(({ of }) => titleOf(of) !== undefined);
  return bars.map(({ of, by, what: said, direction, must, aim }) => {
    const ratio = spread(ratios(results, of, by));
    const divisor = by.map((name) => titleOf(name) ?? name).join(' + ');
    const what = said ?? `CPU of ${titleOf(of)} ÷ ${by.length > 1 ? `(${divisor})` : divisor}`;
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
