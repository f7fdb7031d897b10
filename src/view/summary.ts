// What ends a run for people: one sentence and a few aligned lines. For programs there is `summarize` in metrics.

import type { Snapshot } from '../metrics/snapshot.ts';
import { byteSize, count, milliseconds } from '../model/text.ts';
import { microseconds, perSecond, plural } from './figures.ts';
import { hueOf } from './frame.ts';
import { hintFor } from './hints.ts';
import { type Paint, paintFor } from './terminal.ts';

const LABEL_WIDTH = 'concurrency'.length;
const INDENT = '  ';
const GAP = '   ';
const FAILURE_KINDS_MAX = 8;
const STATUSES_MAX = 8;

/**
 * 4,000 requests, 4,000 responses in 210 ms — 0.05 ms per request, 19,000/s
 *   statuses      200 4,000
 *   latency       p50 2.51 ms   p90 4.02 ms   p99 11.2 ms   max 23.4 ms
 */
export function summaryText(snapshot: Snapshot, options: { readonly color: boolean }): string {
  const paint = paintFor(options.color);
  const rows: [string, string][] = [];
  if (snapshot.responses > 0) rows.push(['statuses', statusesText(snapshot, paint)]);
  failureTexts(snapshot, paint).forEach((text, i) => {
    rows.push([i === 0 ? 'failures' : '', text]);
  });
  if (snapshot.filtered > 0)
    rows.push(['filtered', `${plural(snapshot.filtered, 'response')} without a record`]);
  rows.push(...notSentRows(snapshot));
  if (snapshot.retries > 0) rows.push(['retries', count(snapshot.retries)]);
  if (snapshot.responses > 0) rows.push(['latency', latencyText(snapshot)], ['bodies', bodiesText(snapshot)]);
  if (snapshot.requests > 0) {
    rows.push(['cpu', `${microseconds(snapshot.cpuUsPerRequest)} per request`]);
    rows.push(['memory', `${byteSize(snapshot.peakRssBytes)} at most`]);
    rows.push(['concurrency', concurrencyText(snapshot)]);
    rows.push(...protocolRows(snapshot));
    if (snapshot.verdict.bound !== 'unknown') rows.push(['bound by', snapshot.verdict.text]);
  }
  const lines = rows.map(
    ([label, text]) => `${INDENT}${paint('dim', label.padEnd(LABEL_WIDTH))}${GAP}${text}`,
  );
  return `${[paint('bold', firstLine(snapshot)), ...lines].join('\n')}\n`;
}

/** What had no need to be sent. */
function notSentRows({ duplicates = 0, dedupeFull = false, skipped = 0 }: Snapshot): [string, string][] {
  const rows: [string, string][] = [];
  const beyond = dedupeFull ? '; later ones were all sent, --dedupe-max remembers more' : '';
  if (duplicates > 0 || dedupeFull) {
    rows.push(['duplicates', `${count(duplicates)} not sent: an equal request was${beyond}`]);
  }
  if (skipped > 0) rows.push(['skipped', `${plural(skipped, 'request')} of which there is a record`]);
  return rows;
}

function firstLine(snapshot: Snapshot): string {
  const { requests, responses, failures, expected, wallMs, rps } = snapshot;
  const stopped = expected !== undefined && expected > requests;
  const parts = [
    stopped ? `${count(requests)} of ${plural(expected, 'request')}` : plural(requests, 'request'),
    plural(responses, 'response'),
  ];
  if (failures > 0) parts.push(plural(failures, 'failure'));
  const what = `${parts.join(', ')} in ${milliseconds(wallMs)}`;
  return requests === 0
    ? what
    : `${what} — ${milliseconds(wallMs / requests)} per request, ${perSecond(rps)}`;
}

/** The most frequent, in the order of the codes. */
function statusesText(snapshot: Snapshot, paint: Paint): string {
  const all = Object.entries(snapshot.statuses);
  const shown = [...all].sort(([, a], [, b]) => b - a).slice(0, STATUSES_MAX);
  const texts = shown
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([status, n]) => `${paint(hueOf(status), status)} ${count(n)}`);
  if (all.length > shown.length) texts.push(`+${all.length - shown.length} more`);
  return texts.join(GAP);
}

/** One line for each kind, the most frequent first: name, count, hint. */
function failureTexts(snapshot: Snapshot, paint: Paint): string[] {
  const all = Object.entries(snapshot.errors).sort(([, a], [, b]) => b - a);
  const shown = all.slice(0, FAILURE_KINDS_MAX);
  const nameWidth = Math.max(...shown.map(([name]) => name.length));
  const countWidth = Math.max(...shown.map(([, n]) => count(n).length));
  const texts = shown.map(([name, n]) => {
    const figures = `${paint('red', name.padEnd(nameWidth))}${GAP}${count(n).padStart(countWidth)}`;
    return `${figures}${GAP}${paint('dim', hintFor(name))}`.trimEnd();
  });
  const rest = all.slice(FAILURE_KINDS_MAX);
  if (rest.length > 0) {
    const n = rest.reduce((sum, [, times]) => sum + times, 0);
    texts.push(`and ${count(n)} of ${plural(rest.length, 'other kind')}`);
  }
  return texts;
}

function latencyText(snapshot: Snapshot): string {
  const { p50, p90, p99, max } = snapshot.latencyMs;
  const named = [
    ['p50', p50],
    ['p90', p90],
    ['p99', p99],
    ['max', max],
  ] as const;
  return named.map(([name, ms]) => `${name} ${milliseconds(ms)}`).join(GAP);
}

function bodiesText(snapshot: Snapshot): string {
  const each = Math.round(snapshot.bytes / snapshot.responses);
  return `${byteSize(snapshot.bytes)}${GAP}${byteSize(each)} per response`;
}

/** Reaching less than what was allowed says that something else was the limit: the input, or the target's speed. */
function concurrencyText(snapshot: Snapshot): string {
  const { final, max } = snapshot.concurrency;
  return max === final ? count(final) : `${count(final)} allowed, ${count(max)} at most in flight`;
}

/** Where HTTP/2 was spoken; of HTTP/1.1 the concurrency says enough. */
function protocolRows({ http }: Snapshot): [string, string][] {
  const { versions, connections, streamsMax } = http;
  if (versions['2'] === undefined) return [];
  const streams = `up to ${plural(streamsMax, 'stream')}`;
  const each = Object.entries(versions);
  if (each.length > 1) {
    const counts = each.map(([version, n]) => `HTTP/${version} ${count(n)}`);
    return [['protocol', [...counts, plural(connections, 'connection'), `${streams} on one`].join(GAP)]];
  }
  // A session may have had all that it needed.
  const where = connections === 0 ? 'connections that were open' : plural(connections, 'connection');
  return [['protocol', `HTTP/2 on ${where}, ${streams} ${connections === 1 ? 'at once' : 'each'}`]];
}
