// What progress looks like: the lines of a frame that fits a terminal, and the one line for a log. Pure: no time, no output.

import type { Holdup, Snapshot } from '../metrics/snapshot.ts';
import { count, milliseconds } from '../model/text.ts';
import { perSecond, plural, remaining, share } from './figures.ts';
import type { Hue, Paint } from './terminal.ts';

const GAP = '  ';
const BAR_WIDTH_MIN = 5;
const BAR_WIDTH_MAX = 40;
/** Room for every time but the longest, so that the bar keeps its length. */
const ETA_WIDTH = 'ETA 99h 59m'.length;
const SHARE_WIDTH = '100.0%'.length;
const FAILURE_KINDS_MAX = 3;
const STATUSES_MAX = 8;
const LOG_BOUND_WIDTH = 60;
const LABEL_WIDTH = `not sent${GAP}`.length;

/**
 * ━━━━━━━━━━━━━━━──────────────   52.0%  2,080/4,000  ETA 1 s
 * 19,000/s now  18,400/s average  60 in flight  p50 2.51 ms  p99 11.2 ms
 * bound by  your -c 60: full 97% of the time; more may be faster, flurry tune finds out
 * statuses  404 12  503 3
 * 36 failures  connect/refused 31  headers/timeout 4  body/reset 1
 */
export function frameLines(
  snapshot: Snapshot,
  ratePerSecond: number,
  columns: number,
  paint: Paint,
): string[] {
  const width = widthOf(columns);
  const eta = etaOf(snapshot, ratePerSecond);
  const lines = [headLine(snapshot, eta, width, paint), speedLine(snapshot, ratePerSecond, width)];
  const notSent = notSentOf(snapshot).join(GAP);
  if (notSent !== '') {
    lines.push(`${paint('dim', 'not sent')}${GAP}${notSent.slice(0, Math.max(0, width - LABEL_WIDTH))}`);
  }
  const bound = boundBy(snapshot, width - `bound by${GAP}`.length);
  if (bound !== undefined) lines.push(`${paint('dim', 'bound by')}${GAP}${bound}`);
  const statuses = notOk(snapshot);
  if (statuses.length > 0) lines.push(listLine('statuses', statuses, STATUSES_MAX, width, paint));
  if (snapshot.failures > 0) {
    const label = plural(snapshot.failures, 'failure');
    lines.push(listLine(label, failuresOf(snapshot), FAILURE_KINDS_MAX, width, paint));
  }
  if (snapshot.holdup !== undefined) lines.push(holdupLine(snapshot.holdup, width, paint));
  return lines;
}

/** Which request keeps back records that are there. */
function holdupLine({ position, url, waiting }: Holdup, width: number, paint: Paint): string {
  const which = url === undefined ? `request ${count(position)}` : `${count(position)} ${url}`;
  return `${paint('dim', 'held up')}${GAP}${`${count(waiting)} wait for ${which}`.slice(0, Math.max(0, width - `held up${GAP}`.length))}`;
}

function notSentOf({ skipped = 0, duplicates = 0 }: Snapshot): string[] {
  return [
    ...(skipped > 0 ? [`${count(skipped)} skipped`] : []),
    ...(duplicates > 0 ? [plural(duplicates, 'duplicate')] : []),
  ];
}

/** What stays on the screen above the summary: how far it came. */
export function lastLines(snapshot: Snapshot, columns: number, paint: Paint): string[] {
  return [headLine(snapshot, undefined, widthOf(columns), paint)];
}

/** The last column stays free: some terminals break the line as soon as it is full. */
function widthOf(columns: number): number {
  return Math.max(1, columns - 1);
}

/** The same for a log, in one line without any control sequence. */
export function plainLine(snapshot: Snapshot, ratePerSecond: number): string {
  const { requests, expected } = snapshot;
  const eta = etaOf(snapshot, ratePerSecond);
  const done =
    expected === undefined
      ? `${count(requests)} done`
      : `${count(requests)} of ${count(expected)} (${share(requests, expected)})`;
  const parts = [done, ...speeds(snapshot, ratePerSecond).map((speed) => speed.text)];
  if (eta !== undefined) parts.push(eta);
  parts.push(...notSentOf(snapshot));
  const bound = boundBy(snapshot, LOG_BOUND_WIDTH);
  if (bound !== undefined) parts.push(`bound by ${bound}`);
  if (snapshot.failures > 0) {
    const kinds = failuresOf(snapshot).slice(0, FAILURE_KINDS_MAX);
    parts.push(`${plural(snapshot.failures, 'failure')} (${kinds.map((kind) => kind.text).join(', ')})`);
  }
  const statuses = notOk(snapshot).slice(0, STATUSES_MAX);
  if (statuses.length > 0) parts.push(`statuses ${statuses.map((status) => status.text).join(', ')}`);
  return `${milliseconds(snapshot.wallMs)}: ${parts.join(', ')}`;
}

/** As much of it as there is room for, the evidence before the advice; undefined as long as nobody knows. */
function boundBy({ verdict }: Snapshot, width: number): string | undefined {
  if (verdict.bound === 'unknown') return undefined;
  let { text } = verdict;
  while (text.length > width) {
    const end = Math.max(text.lastIndexOf('; '), text.lastIndexOf(': '), text.lastIndexOf(', '));
    if (end === -1) return undefined;
    text = text.slice(0, end);
  }
  return text;
}

function etaOf(snapshot: Snapshot, ratePerSecond: number): string | undefined {
  if (snapshot.expected === undefined) return undefined;
  const left = snapshot.expected - snapshot.requests;
  const time = left > 0 ? remaining(left, ratePerSecond) : undefined;
  return time === undefined ? undefined : `ETA ${time}`;
}

function headLine(snapshot: Snapshot, eta: string | undefined, width: number, paint: Paint): string {
  const { requests, expected } = snapshot;
  if (expected === undefined) {
    return clip([`${count(requests)} done`, milliseconds(snapshot.wallMs)], width);
  }
  const total = count(expected);
  const done = `${count(requests).padStart(total.length)}/${total}`;
  const shown = share(requests, expected).padStart(SHARE_WIDTH);
  const room = width - (GAP + shown + GAP + done + GAP).length - Math.max(ETA_WIDTH, eta?.length ?? 0);
  const text = eta === undefined ? [shown, done] : [shown, done, eta];
  if (room < BAR_WIDTH_MIN) return clip(text, width);
  return `${bar(requests, expected, Math.min(BAR_WIDTH_MAX, room), paint)}${GAP}${text.join(GAP)}`;
}

/** Heavy and light lines differ without colour, too. */
function bar(requests: number, expected: number, width: number, paint: Paint): string {
  const filled = expected === 0 ? width : Math.min(width, Math.floor((width * requests) / expected));
  return paint('cyan', '━'.repeat(filled)) + paint('dim', '─'.repeat(width - filled));
}

interface Speed {
  readonly text: string;
  /** The greater, the earlier it goes where the terminal is narrow. */
  readonly dispensable: number;
}

function speeds(snapshot: Snapshot, ratePerSecond: number): Speed[] {
  const { wallMs, requests, inFlight, responses, latencyMs } = snapshot;
  const averagePerSecond = wallMs > 0 ? (1000 * requests) / wallMs : 0;
  const parts = [
    { text: `${perSecond(ratePerSecond)} now`, dispensable: 0 },
    { text: `${perSecond(averagePerSecond)} average`, dispensable: 4 },
    { text: `${count(inFlight)} in flight`, dispensable: 1 },
  ];
  if (responses > 0) {
    parts.push({ text: `p50 ${milliseconds(latencyMs.p50)}`, dispensable: 2 });
    parts.push({ text: `p99 ${milliseconds(latencyMs.p99)}`, dispensable: 3 });
  }
  return parts;
}

function speedLine(snapshot: Snapshot, ratePerSecond: number, width: number): string {
  let parts = speeds(snapshot, ratePerSecond);
  const textOf = () => parts.map((part) => part.text);
  for (let worst = 4; worst > 0 && textOf().join(GAP).length > width; worst--) {
    parts = parts.filter((part) => part.dispensable < worst);
  }
  return clip(textOf(), width);
}

interface Item {
  readonly text: string;
  readonly hue: Hue;
}

/** The label and as many items as there is room for; an ellipsis says that there are more. */
function listLine(label: string, items: readonly Item[], max: number, width: number, paint: Paint): string {
  for (let n = Math.min(max, items.length); n > 0; n--) {
    const more = items.length > n ? ['…'] : [];
    const shown = items.slice(0, n);
    const plain = [label, ...shown.map((item) => item.text), ...more].join(GAP);
    if (plain.length <= width) {
      const painted = shown.map((item) => paint(item.hue, item.text));
      return [paint('dim', label), ...painted, ...more].join(GAP);
    }
  }
  return clip([label], width);
}

function failuresOf(snapshot: Snapshot): Item[] {
  return Object.entries(snapshot.errors)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, n]) => ({ text: `${kind} ${count(n)}`, hue: 'red' }));
}

/** Statuses other than 2xx, the most frequent first. */
function notOk(snapshot: Snapshot): Item[] {
  return Object.entries(snapshot.statuses)
    .filter(([status]) => !status.startsWith('2'))
    .sort(([, a], [, b]) => b - a)
    .map(([status, n]) => ({ text: `${status} ${count(n)}`, hue: hueOf(status) }));
}

export function hueOf(status: string): Hue {
  switch (status[0]) {
    case '2':
      return 'green';
    case '4':
      return 'yellow';
    case '5':
      return 'red';
    default:
      return 'cyan';
  }
}

function clip(parts: readonly string[], width: number): string {
  return parts.join(GAP).slice(0, width);
}
