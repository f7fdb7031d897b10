// Plays one round: starts the run, kills it, starts it again, lets the last life end, and notes what was seen from outside
// in each life. Judges nothing.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BIN = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));
/** Whatever takes longer hangs. */
const LIFE_MS_MAX = 120_000;

/** `lives`: of each how it ended, what arrived at the target, and what the journal held when it was over. */
export async function playRound(plan, target, folder) {
  const { kind, requests, seed } = plan;
  const tmp = join(folder, 'tmp');
  mkdirSync(tmp);
  const outputs = Object.keys(kind.outputs);
  const line = lineOf(plan, target.url, folder);
  const lives = [];
  let left = requests;
  for (const kill of [...plan.kills, undefined]) {
    const life = { seed, requests, slow: kind.slow === true, padding: kind.padding ?? 200 };
    await target.begin(life);
    const again = howAgain(plan, lives);
    const child = start(wordsOf(again, line, plan, outputs[0]), { plan, folder, tmp });
    const ended = await livedUntil(child, kill, target, left);
    const { arrivals, others } = await target.end();
    const journal = journalOf(join(folder, `${outputs[0]}.journal`));
    const told = tailOf(plan, outputs, folder, journal);
    lives.push({ ...ended, kill, again, arrivals, others, journal, told });
    left = requests - (journal?.done.size ?? 0);
    if (ended.code === 0 || ended.hung) break;
  }
  const words = ['resume', outputs[0], ...(kind.secrets ?? [])];
  const asked = plan.asksAgain ? await livedUntil(start(words, { plan, folder, tmp })) : undefined;
  return { plan, folder, tmp, outputs, lives, asked };
}

function howAgain({ kills }, lives) {
  const last = lives.at(-1);
  // It was killed before there was anything to go on with.
  if (last?.journal === undefined) return 'line';
  // Everything is done and said to be: the same line would begin anew.
  return last.journal.complete ? '--resume' : kills[lives.length - 1].again;
}

function lineOf({ kind, input, concurrency, durability, requests }, url, folder) {
  const last = requests - 1;
  if (input === 'file' || input === 'pipe') {
    const lines = Array.from({ length: requests }, (_, index) => `${url}${index}\n`);
    writeFileSync(join(folder, 'urls.txt'), lines.join(''));
  }
  const from = {
    template: [`${url}[0-${last}]`],
    file: ['-i', 'urls.txt'],
    stdin: ['-i', '-'],
    pipe: ['-i', '/dev/fd/3'],
  };
  const outputs = Object.keys(kind.outputs).flatMap((name) => ['-o', name]);
  const more = kind.args?.includes('-c') ? [] : ['-c', String(concurrency)];
  return [...from[input], ...more, ...outputs, '--durability', durability, ...(kind.args ?? [])];
}

function wordsOf(again, line, { kind }, output) {
  if (again === 'line') return line;
  return again === 'resume' ? ['resume', output, ...(kind.secrets ?? [])] : [...line, '--resume'];
}

function start(words, { plan, folder, tmp }) {
  const { input, requests } = plan;
  const env = { PATH: process.env.PATH, XDG_CONFIG_HOME: '/nonexistent', TMPDIR: tmp };
  const argv = [process.execPath, '--no-warnings', BIN, ...words];
  // A shell makes the pipe; it becomes the program itself, so that a signal finds that.
  const command =
    input === 'pipe' ? ['bash', '-c', 'exec 3< <(exec cat urls.txt); exec "$@"', 'bash', ...argv] : argv;
  const child = spawn(command[0], command.slice(1), { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  if (input === 'stdin') {
    const { url } = plan;
    child.stdin.end(Array.from({ length: requests }, (_, index) => `${url}${index}\n`).join(''));
  } else child.stdin.end();
  return child;
}

async function livedUntil(child, kill, target, left) {
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (more) => (text += more));
  child.stdout.resume();
  const startedMs = Date.now();
  const exit = new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  const tooLong = setTimeout(() => child.kill('SIGKILL'), LIFE_MS_MAX);
  if (kill !== undefined) {
    const due =
      kill.moment === 'start' ? Promise.resolve() : target.told(Math.max(1, Math.round(left * kill.part)));
    await Promise.race([exit, due.then(() => sleep(kill.waitMs))]);
    child.kill(kill.signal);
  }
  const { code, signal } = await exit;
  clearTimeout(tooLong);
  const hung = Date.now() - startedMs >= LIFE_MS_MAX;
  return { code, signal, stderr: text, ms: Date.now() - startedMs, hung };
}

/** Read with no code of flurry: the last line that is whole. */
function journalOf(path) {
  if (!existsSync(path)) return undefined;
  const lines = readFileSync(path, 'utf8').split('\n');
  lines.pop();
  const entries = lines.slice(1).map((line) => JSON.parse(line.slice(9)));
  const last = entries.at(-1);
  if (last === undefined)
    return { done: new Set(), complete: false, positions: undefined, counts: undefined };
  return { ...last, done: numbersIn(last.done), complete: last.complete === true };
}

/** `3,2,1`: 0, 1, 2 and 5. */
function numbersIn(text) {
  const numbers = new Set();
  let at = 0;
  for (const [i, length] of text.split(',').map(Number).entries()) {
    if (i % 2 === 0) for (let n = at; n < at + length; n++) numbers.add(n);
    at += length;
  }
  return numbers;
}

/** What stands whole in an output of JSON Lines, behind what the journal knows, is done too. */
function tailOf({ kind, durability }, outputs, folder, journal) {
  const path = join(folder, outputs[0]);
  // A record may outlive the power where the body that it names has not: there commits alone count.
  if (kind.bodies && durability === 'power') return [];
  if (outputs.length > 1 || !outputs[0].endsWith('.jsonl') || journal?.positions === undefined) return [];
  if (!existsSync(path)) return [];
  const bytes = readFileSync(path).subarray(Number(journal.positions[0]));
  const lines = bytes.toString('utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line).index);
}
