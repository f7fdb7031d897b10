// The tables as Markdown: for the terminal, for table.md, and the short one for the README. Pure.

import { grouped, spreadText, table } from '../wire/figures.mjs';

const MIB = 1024 ** 2;

const HEAD = [
  'peer',
  'language',
  'requests',
  'wall time, ms: min / median / max',
  'ms per request',
  'requests/s',
  'CPU µs per request',
  'peak MiB',
  'errors',
];

/** `report` is what results.json holds. */
export function reportText(report) {
  const { tables, curves, huge } = report;
  return [
    `# The table\n\n${captionText(report)}`,
    ...tables.filter(({ rows }) => rows.length > 0).map(sectionText),
    ...(huge === undefined ? [] : [hugeText(huge)]),
    ...curves.filter(({ results }) => results.length > 0).map((curve) => curveText(curve, report.peers)),
    missingText(report),
    versionsText(report),
    howText(report),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

export function captionText(report) {
  return captionLines(report).join(' ');
}

/** On what it was measured and when; and what to hold against the numbers, if there is something. */
export function captionLines({ machine, server, mode }) {
  const { cpu, memoryGiB, system, node, date, load } = machine;
  const lines = [`${cpu}, ${memoryGiB} GiB, ${system}, Node ${node}; ${server}; ${date.slice(0, 10)}.`];
  if (mode === 'quick') lines.push('A quick run: few requests and rounds, so a look and no measurement.');
  if (machine.busy) lines.push(`The machine had other work (load ${load.toFixed(1)} at the start).`);
  return [lines[0], lines.slice(1).join(' ')].filter((line) => line !== '');
}

function sectionText(one) {
  return `## ${one.title}\n\n${tableText(one)}${notesText(one.rows)}`;
}

/** Start-up is most of the CPU where few requests are sent: no ratio of it there. */
function tableText({ target, rows }) {
  const withCpu = target !== 'away';
  const what = withCpu ? 'time, CPU' : 'time';
  return table([
    [...HEAD, `÷ flurry: ${what}`, `÷ floor: ${what}`],
    ...rows.map((row) => cellsOf(row, withCpu)),
  ]);
}

function cellsOf(row, withCpu) {
  const { ms, msPerRequest, perSecond, cpuUs, peakRssBytes } = row;
  return [
    `${row.flurry ? `**${row.title}**` : row.title}${marksOf(row)}`,
    row.language,
    grouped(row.requests),
    spreadText(ms, digitsOf(ms?.median)),
    msPerRequest === undefined ? '—' : figure(msPerRequest.median),
    perSecond === undefined ? '—' : grouped(perSecond.median),
    cpuUs === undefined ? '—' : figure(cpuUs.median),
    peakRssBytes === undefined ? '—' : grouped(peakRssBytes.median / MIB),
    grouped(row.errors),
    ratioText(row.toFlurry, withCpu),
    ratioText(row.toFloor, withCpu),
  ];
}

function marksOf({ wrong, failed, rounds, doubt, thrown }) {
  const marks = [
    wrong.length > 0 && 'WRONG',
    failed.length > 0 && 'FAILED',
    rounds === 0 && wrong.length + failed.length === 0 && 'ERRORS',
    doubt?.by.includes('server') && '†',
    doubt?.by.includes('machine') && '‡',
    thrown.length > 0 && `−${thrown.length}`,
  ].filter(Boolean);
  return marks.length === 0 ? '' : ` ${marks.join(' ')}`;
}

/** What the marks in the first column mean, said where there are some. */
function notesText(rows) {
  const lines = rows.flatMap((row) => [
    ...row.wrong.slice(0, 2).map((text) => `WRONG: ${row.title}, ${text}`),
    ...row.failed.slice(0, 2).map((text) => `FAILED: ${row.title}, ${text}`),
    ...row.thrown.map(
      ({ round, reasons }) => `Thrown away: ${row.title}, round ${round}: ${reasons.join('; ')}`,
    ),
  ]);
  if (rows.some((row) => marksOf(row).includes('ERRORS'))) {
    lines.push('ERRORS: too many to compare the rest.');
  }
  if (rows.some(({ doubt }) => doubt?.by.includes('server'))) {
    lines.push(
      '† In every round the server was the bottleneck while the client idled: the client could be faster.',
    );
  }
  const busy = rows.filter(({ doubt }) => doubt?.by.includes('machine'));
  if (busy.length > 0) {
    lines.push(
      `‡ In every round the machine was the bottleneck (for example ${busy[0].title}: ${busy[0].doubt.text}).`,
    );
  }
  return lines.length === 0 ? '' : `\n\n${lines.map((line) => `- ${escapePipes(line)}`).join('\n')}`;
}

function escapePipes(text) {
  return text.replace(/\s+/g, ' ').replace(/[<>]/g, '');
}

function ratioText(ratios, withCpu) {
  if (ratios?.time === undefined) return '—';
  if (!withCpu) return figure(ratios.time);
  return `${figure(ratios.time)}, ${ratios.cpu === undefined ? '—' : figure(ratios.cpu)}`;
}

function hugeText(one) {
  const { title, rows, left } = one;
  const needs = ({ title: name, needsS, why }) =>
    ({
      slow: Number.isFinite(needsS)
        ? `${name} (about ${grouped(needsS / 60, needsS < 600 ? 1 : 0)} minutes)`
        : name,
      late: `${name} (no time was left)`,
      bound: `${name} (its adapter sends fewer)`,
    })[why];
  const not = left.length === 0 ? '' : `\n\nNot within five minutes: ${left.map(needs).join(', ')}.`;
  return `## ${title}\n\n${rows.length === 0 ? '' : tableText(one)}${notesText(rows)}${not}`;
}

/** Rows are peers, columns sizes; a point with errors says how many. */
function curveText({ title, results }, peers) {
  const sizes = [
    ...new Set(results.flatMap(({ peer, concurrency }) => (isSized(peers, peer) ? [concurrency] : []))),
  ].sort((a, b) => a - b);
  const titleOf = (name) => peers.find((peer) => peer.name === name)?.title ?? name;
  const names = [...new Set(results.filter(({ peer }) => isSized(peers, peer)).map(({ peer }) => peer))];
  const rows = names.map((name) => [
    titleOf(name),
    ...sizes.map((size) => cellAt(results.find((one) => one.peer === name && one.concurrency === size))),
  ]);
  const autos = results
    .filter(({ peer }) => !isSized(peers, peer))
    .map((result) => autoText(result, titleOf));
  const text =
    rows.length === 0 ? '' : table([['requests/s, by size', ...sizes.map((size) => grouped(size))], ...rows]);
  return [`## ${title}`, text, ...autos].filter((part) => part !== '').join('\n\n');
}

function isSized(peers, name) {
  return peers.find((peer) => peer.name === name)?.sized === true;
}

function cellAt(result) {
  if (result === undefined) return '';
  if (result.failed !== undefined) return 'failed';
  if (result.wrong !== undefined) return 'WRONG';
  return `${grouped(result.perSecond)}${result.errors > 0 ? ` (${grouped(result.errors)} errors)` : ''}`;
}

function autoText(result, titleOf) {
  const { peer, perSecond, requests, concurrency, failed } = result;
  if (failed !== undefined) return `${titleOf(peer)}: FAILED, ${escapePipes(failed)}`;
  const chose = concurrency === undefined ? '' : ` and ended at a size of ${grouped(concurrency)}`;
  return `${titleOf(peer)}, told no size: ${grouped(perSecond)} requests/s over ${grouped(requests)} requests, the search in it${chose}.`;
}

function missingText({ missing }) {
  if (missing.length === 0) return '';
  return `## Not here\n\n${missing.map((line) => `- ${line}`).join('\n')}`;
}

function versionsText({ peers }) {
  const rows = peers.map(({ title, language, version }) => [title, language, version ?? '—']);
  return rows.length === 0 ? '' : `## Versions\n\n${table([['peer', 'language', 'version'], ...rows])}`;
}

function howText({ accountant }) {
  return `## How to read it

Wall time is of the requests alone, as the peer itself takes it: no start-up. CPU is user + system of the peer's whole
process and its children from start to exit (${accountant ?? 'not known on this machine'}), divided by its
requests: starting an interpreter and compiling are in it, and weigh the more the fewer requests there are. Memory is
the kernel's high-water mark of its largest process. A slow peer sends fewer requests: compare it by ms per request. Ratios are within a round;
"floor" is a program in C that looks at no body. Rounds are interleaved. −n: so many rounds were thrown away because the
server or the machine was the bottleneck for a reason that the bench can see.`;
}

function digitsOf(n) {
  return n === undefined || n >= 100 ? 0 : n >= 10 ? 1 : 2;
}

/** Three digits: 0.0123, 1.23, 123, 12,345. */
export function figure(n) {
  if (n >= 100) return grouped(n);
  return n === 0 ? '0' : String(Number(n.toPrecision(n >= 10 ? 3 : 2)));
}
