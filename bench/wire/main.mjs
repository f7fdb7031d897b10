// npm run bench:wire: what a request costs each client, in rounds against one server on the loopback interface.
// `--help` tells what can be chosen; bench/README.md what is measured and how.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findAccountant } from './accounting.mjs';
import { allCodesText, runAllCodes } from './all-codes.mjs';
import { onEnd } from './cleanup.mjs';
import { groupOf } from './clients.mjs';
import { firstRecordText, runFirstRecord } from './first-record.mjs';
import { describeMachine, machineText } from './machine.mjs';
import { readOptions } from './options.mjs';
import { findPrograms, measurable } from './programs.mjs';
import { summarise, tablesText, verdicts } from './report.mjs';
import { runRounds } from './rounds.mjs';
import { startServer } from './server.mjs';

const say = (line) => process.stderr.write(`${line}\n`);
const print = (text) => process.stdout.write(`${text}\n`);

const options = readOptions(process.argv.slice(2));
const inRounds = !options.allCodes && !options.firstRecord;
const folder = mkdtempSync(join(tmpdir(), 'flurry-bench-'));
onEnd(() => rmSync(folder, { recursive: true, force: true }));
process.exitCode = await main();

async function main() {
  const programs = findPrograms();
  options.clients = measurable(inRounds ? options.clients : [], programs, say);
  if (inRounds && options.clients.length === 0) {
    say('Nothing is left to measure.');
    return 2;
  }
  const ports = options.clients.map((client) => groupOf(client).over);
  const openssl = ports.some((over) => over !== undefined) ? programs.openssl : undefined;
  const machine = describeMachine(folder);
  const wanted = { nginx: programs.nginx, openssl, http2: ports.includes('http2') };
  const server = await startServer(wanted, folder);
  const setting = { options, server, programs, folder, accountant: findAccountant() };
  print(`${machineText(machine)}\nserver: ${server.name} at ${server.url}`);
  try {
    const report = await measure(setting);
    if (options.json !== undefined) {
      writeFileSync(
        options.json,
        `${JSON.stringify({ machine, server: server.name, ...report }, null, 1)}\n`,
      );
    }
    return report.failed ? 1 : 0;
  } finally {
    await server.stop();
  }
}

/** The two long ones take the place of the rounds. */
async function measure(setting) {
  if (inRounds) return measureRounds(setting);
  const report = { failed: false };
  if (options.firstRecord) {
    report.firstRecord = await runFirstRecord(setting);
    print(firstRecordText(report.firstRecord));
  }
  if (options.allCodes) {
    report.allCodes = await runAllCodes(setting, say);
    print(allCodesText(report.allCodes));
  }
  const all = [...(report.firstRecord?.verdicts ?? []), ...(report.allCodes?.verdicts ?? [])];
  report.failed = fails(all, setting);
  return report;
}

async function measureRounds(setting) {
  const results = await runRounds(setting, say);
  const rows = summarise(options.clients, results);
  const judged = verdicts(rows, results);
  const wrong = rows.filter((row) => row.faults.length > 0);
  print(`\n${tablesText(rows)}\n`);
  print(explanation(setting));
  for (const row of wrong) print(`WRONG: ${row.title}: ${row.faults.slice(0, 5).join('; ')}`);
  print(judged.map((verdict) => verdict.text).join('\n'));
  return {
    rounds: options.rounds,
    results,
    rows,
    verdicts: judged,
    failed: wrong.length > 0 || fails(judged, setting),
  };
}

/** One quick round proves nothing, and the bars are set for nginx. */
function fails(judged, { server }) {
  const missed = judged.some((verdict) => verdict.met === false);
  if (!missed) return false;
  if (!server.isNginx) say('The bars are meant for nginx: a miss against another server fails nothing.');
  else if (options.quick) say('One quick round proves nothing: the miss fails nothing.');
  return server.isNginx && !options.quick;
}

function explanation({ accountant }) {
  const source =
    accountant === undefined
      ? 'told by each client itself at its end (no Python 3.9 and no bash 5 here); programs tell nothing'
      : `as the operating system accounts for it by ${accountant.name}`;
  return `CPU is user + system time of the client's whole process from start to exit, divided by its requests, ${source}.
That is strict on JavaScript: starting Node, loading modules and compiling are in it, which weighs the more the fewer
requests there are. "Without start-up" is the client's own count around its run. Ratios are of the first, within a
round; gunzipSync counts without start-up where it is added to another client, because Node starts once. Requests per
second are over the life of the process too. wrk runs for whole seconds, about as long as its share of requests takes.
wrk and h2load look neither at bodies nor at certificates; curl throws the bodies away.
`;
}
