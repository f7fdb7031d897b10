// Rewrites what stands between two markers in the README: the short table, the picture, and on what it was measured.

import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { grouped, spreadText, table } from '../wire/figures.mjs';
import { captionText, figure } from './markdown.mjs';

const README = fileURLToPath(new URL('../../README.md', import.meta.url));
export const BEGIN = '<!-- bench: begin -->';
export const END = '<!-- bench: end -->';
const MIB = 1024 ** 2;
const CODES = 36 ** 4;

/** The path of the README. Throws where the markers are not there once each, in their order. */
export function rewriteReadme(report, pictures, out, path = README) {
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, replaced(text, sectionText(report, pictures, relative(dirname(path), out)), path));
  return path;
}

export function replaced(text, section, path) {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  const isOnce = begin === text.lastIndexOf(BEGIN) && end === text.lastIndexOf(END);
  if (begin < 0 || end < begin || !isOnce) {
    throw new Error(`${path} needs a line ${BEGIN} and below it a line ${END}, each once`);
  }
  return `${text.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${text.slice(end)}`;
}

function sectionText(report, pictures, folder) {
  const picture = pictures.includes('generations.svg') ? 'generations.svg' : undefined;
  const shown = picture === undefined ? [] : [`![Every generation, side by side](${join(folder, picture)})`];
  return [
    ...shown,
    shortTable(report),
    `${captionText(report)} Versions, every other table, and the rounds that were thrown away: [table.md](${join(folder, 'table.md')}). ` +
      'Again on your machine: `npm run bench:setup && npm run bench`.',
  ].join('\n\n');
}

/** One row for each peer: what a person waits for the seed's 4,000, and what a request costs next door. */
function shortTable({ tables, huge, peers }) {
  const rowsOf = (name) => (name === 'huge' ? huge : tables.find((one) => one.name === name))?.rows ?? [];
  const [seed, plain, codes] = ['seed-4000', 'plain', 'huge'].map(rowsOf);
  const find = (rows, name) => rows.find((row) => row.name === name && row.msPerRequest !== undefined);
  const order = new Map(seed.map((row, i) => [row.name, i]));
  const names = peers
    .filter(({ name }) => find(seed, name) ?? find(plain, name))
    .sort((a, b) => (order.get(a.name) ?? 1e3) - (order.get(b.name) ?? 1e3));
  const head = [
    '',
    '4,000 requests 20 ms away, s: min / median / max',
    '÷ flurry',
    'next door: requests/s',
    'CPU µs per request',
    '36⁴ requests',
    'peak MiB',
  ];
  const rows = names.map(({ name, title, flurry, floor }) => {
    const [one, two, three] = [seed, plain, codes].map((all) => find(all, name));
    return [
      flurry ? `**${title}**` : floor ? `${title}, looks at no body` : title,
      awayText(one),
      one?.toFlurry?.time === undefined ? '—' : figure(one.toFlurry.time),
      two === undefined ? '—' : grouped(two.perSecond.median),
      two?.cpuUs === undefined ? '—' : figure(two.cpuUs.median),
      codesText(three),
      memoryText(three ?? two ?? one),
    ];
  });
  return table([head, ...rows]);
}

/** wrk sends as many as it can in a time. */
function codesText(row) {
  if (row === undefined) return '—';
  const about = row.requests === CODES ? '' : 'about ';
  return `${about}${grouped((row.msPerRequest.median * CODES) / 1000)} s`;
}

/** Of a peer that sent fewer, what all would take at its pace, and said to be so. */
function awayText(row) {
  if (row === undefined) return '—';
  if (row.requests >= 4_000) return spreadText({ ...scaled(row.msPerRequest, 4) }, 2);
  return `about ${figure(row.msPerRequest.median * 4)} (${grouped(row.requests)} sent)`;
}

function scaled({ min, median, max }, factor) {
  return { min: min * factor, median: median * factor, max: max * factor };
}

function memoryText(row) {
  return row?.peakRssBytes === undefined ? '—' : grouped(row.peakRssBytes.median / MIB);
}
