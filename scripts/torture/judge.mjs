// Whether what a round has left is right: the promise of resume, looked at from outside. Gives the faults in words.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { contentOf } from './content.mjs';

const FAULTS_MAX = 5;

export async function judge(round) {
  const faults = [];
  const say = (fault) => {
    if (faults.length < FAULTS_MAX) faults.push(fault);
  };
  lives(round, say);
  // Before the outputs are read, which makes files of its own beside a database.
  leftovers(round, say);
  const { plan, outputs, folder } = round;
  for (const name of outputs) {
    try {
      records(name, await plan.kind.outputs[name](join(folder, name)), round, say);
    } catch (error) {
      say(`${name} cannot be read back: ${error.message}`);
    }
  }
  arrivals(round, say);
  journal(round, say);
  return faults;
}

function lives({ lives, asked }, say) {
  for (const [i, { code, signal, kill, hung, others, stderr }] of lives.entries()) {
    const isLast = i === lives.length - 1;
    const isKilled =
      signal === 'SIGKILL' || (kill?.signal === 'SIGINT' && (code === 130 || signal === 'SIGINT'));
    if (hung) say(`life ${i + 1} hung`);
    if (isLast ? code !== 0 : !isKilled)
      say(`life ${i + 1} ended with ${code ?? signal}: ${lastLines(stderr)}`);
    if (others > 0) say(`life ${i + 1}: ${others} requests for what nobody asked for`);
    if (/unexpected|is damaged|cannot/.test(stderr)) say(`life ${i + 1} said: ${lastLines(stderr)}`);
  }
  if (asked !== undefined && !(asked.code === 0 && /nothing is left to send/.test(asked.stderr)))
    say(`asked again it ended with ${asked.code ?? asked.signal}: ${lastLines(asked.stderr)}`);
}

function records(name, found, { plan, lives }, say) {
  const { kind, requests, seed } = plan;
  const seen = new Uint8Array(requests);
  let before = -1;
  for (const record of found) {
    const { index } = record;
    if (!(index >= 0 && index < requests)) say(`${name}: a record of index ${index}`);
    else if (++seen[index] > 1) say(`${name}: index ${index} has ${seen[index]} records`);
    if (kind.ordered && index <= before) say(`${name}: index ${index} stands behind ${before}`);
    before = index;
    const wrong =
      record.error === undefined ? wrongContent(record, seed, kind) : wrongFailure(record, kind, lives);
    if (wrong !== undefined) say(`${name}: index ${index} ${wrong}`);
  }
  const missing = seen.indexOf(0);
  if (missing !== -1)
    say(`${name}: ${requests - found.length} records too few, the first is that of index ${missing}`);
}

function wrongContent({ index, status, body }, seed, { padding = 200 }) {
  const expected = contentOf(seed, index, padding);
  if (status !== expected.status) return `has status ${status} in place of ${expected.status}`;
  return body === expected.body ? undefined : `has the body ${String(body).slice(0, 80)}`;
}

/** Nothing failed but what must not be sent twice and may have been. */
function wrongFailure({ index, error }, { once }, lives) {
  const isInDoubt = once && error.kind === 'unknown' && error.sent === 'unknown';
  if (!isInDoubt) return `failed: ${error.phase}/${error.kind} ${error.message}`;
  const lastLife = lives.findLastIndex((life) => life.arrivals[index] > 0);
  return lastLife === lives.length - 1 && lives.length > 1
    ? 'is in doubt, and was sent by the life that ended'
    : undefined;
}

/** What was done is not asked for again, and what must be sent once at most is. */
function arrivals({ plan, lives }, say) {
  const { kind, requests } = plan;
  for (let index = 0; index < requests; index++) {
    const all = lives.reduce((sum, life) => sum + life.arrivals[index], 0);
    if (kind.once && all > 1) say(`${index} must be sent once, and arrived ${all} times`);
    if (!kind.once && all === 0) say(`${index} has never arrived`);
  }
  if (kind.shuffled) return;
  for (const [i, { journal, told }] of lives.entries()) {
    const next = lives[i + 1];
    if (next === undefined) return;
    const done = [...(journal?.done ?? []), ...told];
    const again = done.find((index) => next.arrivals[index] > 0);
    if (again !== undefined) say(`${again} was done by the end of life ${i + 1}, and was sent again`);
  }
}

function journal({ plan, lives }, say) {
  const { journal: last } = lives.at(-1);
  const { requests } = plan;
  if (last === undefined) return say('there is no journal');
  if (!last.complete) say('the journal does not say that the run is complete');
  if (last.done.size !== requests) say(`by the journal ${last.done.size} are done`);
  if (last.counts?.requests !== requests) say(`the journal counts ${last.counts?.requests}`);
}

function leftovers({ plan, folder, outputs, tmp }, say) {
  const expected = new Set([...outputs, `${outputs[0]}.journal`, 'urls.txt', 'tmp']);
  if (plan.kind.bodies) expected.add(`${outputs[0]}.bodies`);
  const others = readdirSync(folder).filter((name) => !expected.has(name));
  if (others.length > 0) say(`left over: ${others.join(', ')}`);
  // Between making a file and taking its name away a kill leaves an empty one.
  const temporary = readdirSync(tmp).filter((name) => statSync(join(tmp, name)).size > 0);
  if (temporary.length > 0) say(`left over in the folder for temporary files: ${temporary.join(', ')}`);
  const bodies = join(folder, `${outputs[0]}.bodies`);
  if (!plan.kind.bodies || !existsSync(bodies)) return;
  const files = readdirSync(bodies, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const torn = files.find(({ name }) => name.endsWith('.part'));
  if (torn !== undefined) say(`left over among the bodies: ${torn.name}`);
  if (files.length !== plan.requests) say(`${files.length} bodies of ${plan.requests} records`);
}

function lastLines(stderr) {
  return stderr.trim().split('\n').slice(-3).join(' | ').slice(0, 300);
}
