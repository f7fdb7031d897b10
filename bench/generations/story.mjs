// Fills the marked places of docs/generations.md from the results of a run. What is written around them there holds
// whatever the numbers come to. Measures nothing.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { grouped, table } from '../wire/figures.mjs';
import { isAuto } from './curves.mjs';
import { bestOfPoints, FACTOR, fewestNearBest, findingsOf, pointsOf, rowOf } from './findings.mjs';
import { captionText, figure } from './markdown.mjs';

const PAGE = fileURLToPath(new URL('../../docs/generations.md', import.meta.url));
const MIB = 1024 ** 2;
const CODES = 36 ** 4;
const SEED_TABLES = ['seed-40', 'seed-1000', 'seed-4000'];
const CURVED = ['aiohttp-semaphore', 'fetch-p-limit', 'flurry-library'];
const DOUBT = '‡';
const NOTHING = 'The last run measured nothing of this.';

/** `loop`: what a program is compared with. `seed`: ms per request that the post tells, of 40 and of 4,000. */
const PROGRAMS = [
  { generation: 1, name: 'requests-loop', loop: 'requests-loop', seed: [70] },
  { generation: 1, name: 'fetch-loop', loop: 'fetch-loop' },
  { generation: 2, name: 'requests-threads', loop: 'requests-loop', seed: [9.1, 2] },
  { generation: 2, name: 'fetch-queue', loop: 'fetch-loop' },
  { generation: 2, name: 'fetch-workers', loop: 'fetch-loop' },
  { generation: 3, name: 'aiohttp-semaphore', loop: 'requests-loop', seed: [2.5, 0.393] },
  { generation: 3, name: 'fetch-p-limit', loop: 'fetch-loop' },
  { generation: 4, name: 'flurry-library', loop: 'fetch-loop' },
  { generation: 4, name: 'flurry-auto', loop: 'fetch-loop' },
];

/** The path of the page, rewritten. Throws where a marker is missing or there twice. */
export function rewriteStory(report, pictures, out, path = PAGE) {
  const parts = storyParts(report, pictures, relative(dirname(path), out));
  const text = Object.entries(parts).reduce(
    (page, [name, part]) => filled(page, name, part, path),
    readFileSync(path, 'utf8'),
  );
  writeFileSync(path, text);
  return path;
}

/** By the name of the place. `folder`: where the results are, as the page links to it. */
export function storyParts(report, pictures, folder) {
  const costs = [1, 2, 3, 4].map((generation) => [`cost-${generation}`, costText(report, generation)]);
  return {
    measured: `Measured on ${captionText(report)} All of it: [table.md](${join(folder, 'table.md')}).`,
    rows: `${pictureText('generations', 'Every generation, side by side', pictures, folder)}${rowsText(report)}`,
    ...Object.fromEntries(costs),
    memory: pictureText('memory', 'Memory over the number of requests', pictures, folder).trim() || NOTHING,
    curve: curveText(report, pictures, folder),
    findings: findingsText(report),
  };
}

function filled(page, name, part, path) {
  const [begin, end] = [`<!-- bench: begin ${name} -->`, `<!-- bench: end ${name} -->`];
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  const isOnce = from === page.lastIndexOf(begin) && to === page.lastIndexOf(end);
  if (from < 0 || to < from || !isOnce) {
    throw new Error(`${path} needs a line ${begin} and below it a line ${end}, each once`);
  }
  return `${page.slice(0, from + begin.length)}\n\n${part}\n\n${page.slice(to)}`;
}

/** Times of the run beside those of the post, each with how many times as fast as its loop that is. */
function rowsText(report) {
  const head = ['program', 'generation', '40', '1,000', '4,000', 'the seed: 40', 'the seed: 4,000'];
  const used = [];
  const lines = programsOf(report).map(({ title, generation, name, loop, seed = [] }) => [
    title,
    `${generation}`,
    ...SEED_TABLES.map((one) => {
      const row = rowOf(report, one, name);
      used.push(row);
      return hereText(row, rowOf(report, one, loop), report.tables, one);
    }),
    ...[0, 1].map((i) => seedText(seed[i])),
  ]);
  if (lines.length === 0) return NOTHING;
  const fewer = lines.some((cells) => cells.some((cell) => cell.includes('*')))
    ? '\n\n\\* It would have taken too long, and sent fewer.'
    : '';
  return `${table([head, ...lines])}${fewer}${notesText(used)}`;
}

/** In the order of PROGRAMS; only what took part. */
function programsOf({ peers }) {
  return PROGRAMS.flatMap((program) => {
    const peer = peers.find(({ name }) => name === program.name);
    return peer === undefined ? [] : [{ ...program, title: peer.title }];
  });
}

function hereText(row, loop, tables, name) {
  if (row === undefined) return '—';
  const { requests } = tables.find((one) => one.name === name);
  const times = loop === undefined ? '' : `, ${figure(loop.msPerRequest.median / row.msPerRequest.median)} ×`;
  const fewer = row.requests < requests ? ' \\*' : '';
  return `${figure(row.msPerRequest.median)} ms${times}${fewer}${row.doubt === undefined ? '' : ` ${DOUBT}`}`;
}

/** The loop of the post took 70 ms for each. */
function seedText(ms) {
  return ms === undefined ? '—' : `${ms} ms, ${figure(70 / ms)} ×`;
}

function notesText(rows) {
  const isDoubtful = rows.some((row) => row?.doubt !== undefined);
  return isDoubtful ? `\n\n${doubtText('In all its rounds')}` : '';
}

function doubtText(when) {
  return `${DOUBT} ${when} the server or the machine had no more to give, so the number says less about the program.`;
}

/** What a generation takes: time away, and next door, where nothing is waited for, work. */
function costText(report, generation) {
  const head = ['', '4,000 requests, 20 ms away', 'next door: requests/s', 'CPU µs per request', 'peak MiB'];
  const used = [];
  const lines = programsOf(report)
    .filter((program) => program.generation === generation)
    .flatMap(({ name, title }) => {
      const [away, plain] = ['seed-4000', 'plain'].map((one) => rowOf(report, one, name));
      used.push(away, plain);
      return away === undefined && plain === undefined ? [] : [[title, ...costCells(away, plain)]];
    });
  if (lines.length === 0) return NOTHING;
  const codes = generation === 4 ? codesText(report) : '';
  return `${table([head, ...lines])}${notesText(used)}${codes}`;
}

function costCells(away, plain) {
  const mark = ({ doubt }) => (doubt === undefined ? '' : ` ${DOUBT}`);
  const memory = (plain ?? away).peakRssBytes;
  return [
    away === undefined ? '—' : `${awayText(away)}${mark(away)}`,
    plain === undefined ? '—' : `${grouped(plain.perSecond.median)}${mark(plain)}`,
    plain?.cpuUs === undefined ? '—' : figure(plain.cpuUs.median),
    memory === undefined ? '—' : grouped(memory.median / MIB),
  ];
}

/** Of a program that was too slow to send all, what they would take at its pace. */
function awayText({ msPerRequest, requests }) {
  const s = figure(msPerRequest.median * 4);
  return requests < 4_000 ? `about ${s} s (${grouped(requests)} sent)` : `${s} s`;
}

function codesText({ huge, peers }) {
  const rows = (huge?.rows ?? []).filter(
    ({ name, msPerRequest, requests }) =>
      msPerRequest !== undefined && requests === CODES && peers.find((one) => one.name === name)?.flurry,
  );
  if (rows.length === 0) return '';
  const each = rows.map(({ title, ms, peakRssBytes }) => {
    const memory = peakRssBytes === undefined ? '' : ` in ${grouped(peakRssBytes.median / MIB)} MiB`;
    return `${title} ${grouped(ms.median / 1000)} s${memory}`;
  });
  return `\n\nAll codes of four characters, 36⁴ = ${grouped(CODES)} requests, next door: ${each.join('; ')}.`;
}

/** With an empty line behind it; nothing where it was not drawn. */
function pictureText(name, title, pictures, folder) {
  return pictures.includes(`${name}.svg`) ? `![${title}](${join(folder, `${name}.svg`)})\n\n` : '';
}

/** Who takes a size, at which it did best and what too large a one costs it; and what auto came to by itself. */
function curveText(report, pictures, folder) {
  const shown = ['curve', 'limited'].flatMap((name) => {
    const curve = report.curves.find((one) => one.name === name);
    if (curve === undefined || curve.results.length === 0) return [];
    const picture = pictureText(name, curve.title, pictures, folder);
    return [`**${curve.title}**`, `${picture}${curveLines(report, curve).join('\n\n')}`];
  });
  return shown.length === 0 ? NOTHING : shown.join('\n\n');
}

function curveLines(report, curve) {
  const head = [
    '',
    'best',
    'at a size of',
    'the fewest that reach 90 % of it',
    'at the largest size',
    'best ÷ that',
  ];
  const lines = report.peers
    .filter(({ name, sized }) => sized && isShown(name, curve))
    .flatMap(({ name, title }) => {
      const points = pointsOf(report, curve.name, name);
      return points.length < 2 ? [] : [[title, ...curveCells(points)]];
    });
  const autos = curve.results.flatMap((result) => autoText(report, curve, result));
  return [...(lines.length === 0 ? [] : [table([head, ...lines])]), ...autos];
}

/** With a server that is limited, all that were tried there: there are few. */
function isShown(name, curve) {
  return CURVED.includes(name) || curve.name === 'limited';
}

function curveCells(points) {
  const best = bestOfPoints(points);
  const largest = points.at(-1);
  return [
    `${grouped(best.perSecond)}/s`,
    grouped(best.size),
    grouped(fewestNearBest(points).size),
    `${grouped(largest.perSecond)}/s at ${grouped(largest.size)}`,
    figure(best.perSecond / largest.perSecond),
  ];
}

function autoText(report, curve, { peer: name, perSecond, requests, concurrency, failed, wrong }) {
  const peer = report.peers.find((one) => one.name === name);
  if (peer === undefined || !isAuto(peer) || failed !== undefined || wrong !== undefined) return [];
  const ended = concurrency === undefined ? '' : ` and ended at ${grouped(concurrency)} in flight`;
  const best = bestOfPoints(pointsOf(report, curve.name, 'flurry-library'));
  const share =
    best === undefined
      ? ''
      : `. That is ${Math.round((100 * perSecond) / best.perSecond)} % of flurry's best when told a size, over ${grouped(best.requests)} requests`;
  return [
    `\`auto\`, told nothing, brought ${grouped(perSecond)}/s over ${grouped(requests)} requests, its search included${ended}${share}.`,
  ];
}

function findingsText(report) {
  const findings = findingsOf(report);
  const lines = findings.map(({ what, seed, here = '—', verdict = 'not measured', isDoubtful }) => [
    what,
    seed,
    isDoubtful ? `${here} ${DOUBT}` : here,
    verdict,
  ]);
  const holds = findings.filter(({ verdict }) => verdict?.startsWith('holds')).length;
  const told = findings.filter(({ verdict }) => /^(holds|differs)/.test(verdict ?? '')).length;
  const note = findings.some(({ isDoubtful }) => isDoubtful) ? `\n\n${doubtText('Where it was taken')}` : '';
  return (
    `${toTheLeft(table([['', 'the seed', 'here', 'verdict'], ...lines]))}\n\n` +
    `${holds} of ${told} hold. A factor holds where it is off by less than ${FACTOR} either way.${note}`
  );
}

/** These columns are text. */
function toTheLeft(text) {
  return text.replace(/-: \|/g, '-- |');
}
