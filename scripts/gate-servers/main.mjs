// npm run gate:servers: one manifest of requests, with all that must come back, against every common server and through
// every common proxy, in one run each over http, https and HTTP/2, with and without TLS; and what HTTP/2 alone can get
// wrong. Ends with 1 where one answer differs.

import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onEnd } from '../../bench/wire/cleanup.mjs';
import { findProgram } from '../../bench/wire/server.mjs';
import { flurry, OptionError } from '../../dist/index.js';
import { startApplication } from './application.mjs';
import { makeCertificates } from './certificates.mjs';
import { gateProxies, gateServer } from './gate.mjs';
import { kindsWithout } from './manifest.mjs';
import { readOptions } from './options.mjs';
import { PROXIES } from './proxies.mjs';
import { exceptions, firstDifferences, header } from './report.mjs';
import { SERVERS } from './servers.mjs';
import { writeSite } from './site.mjs';

const ALL = [...SERVERS, ...PROXIES];
const names = ALL.map((one) => one.name);
const options = readOptions(process.argv.slice(2), names);
const programs = Object.fromEntries(ALL.map(({ program }) => [program, findProgram(program)]));
for (const one of ALL) one.versionText = versionOf(one);

if (options.list) list();
else process.exitCode = await gate();

function list() {
  for (const one of ALL) {
    console.log(`${one.name.padEnd(18)} ${isThere(one) ? one.versionText : missing(one)}`);
    for (const [kind, why] of Object.entries(kindsWithout(one.cannot))) console.log(`    no ${kind}: ${why}`);
    for (const [kind, why] of Object.entries(one.cannotOverHttp2 ?? {})) {
      console.log(`    no ${kind} over HTTP/2: ${why}`);
    }
    for (const [kind, why] of Object.entries(one.fieldsMayDiffer ?? {})) console.log(`    ${kind}: ${why}`);
  }
}

async function gate() {
  const chosen = ALL.filter((one) => options.names.includes(one.name));
  const absent = chosen.filter((one) => !isThere(one));
  for (const one of absent) console.log(`${one.name} is not asked: ${missing(one)}`);
  const context = openContext();
  context.application = await startApplication();
  const report = { runs: [], exceptions: [], broken: [] };
  const guarded = (one, work) => guard(one, work, report);
  console.log(header());
  for (const one of SERVERS) {
    if (!chosen.includes(one) || !isThere(one)) continue;
    await guarded(one, () => gateServer(one, context, options, report));
  }
  const proxies = PROXIES.filter((one) => chosen.includes(one) && isThere(one));
  if (proxies.length > 0 && knowsProxies()) {
    await gateProxies(proxies, context, options, report, guarded);
  }
  await context.application.stop();
  return conclude(report, absent);
}

function knowsProxies() {
  try {
    flurry([], { proxy: [] });
    return true;
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    console.log('proxies are not asked: this build has no option proxy');
    return false;
  }
}

/** A server that does not start, or a run that breaks off, fails the gate; the others are still asked. */
async function guard(one, work, report) {
  try {
    await work();
  } catch (error) {
    report.broken.push(one.name);
    console.log(`${one.name} broke off: ${error.message}`);
  }
}

function conclude({ runs, exceptions: excepted, broken }, absent) {
  process.stdout.write(exceptions(excepted) + firstDifferences(runs));
  const differing = runs.filter(({ result }) => result.differences.length > 0).length;
  const agreeing = `${runs.length - differing} runs agree, ${differing} differ`;
  console.log(`\n${agreeing}, ${broken.length} broke off, ${absent.length} not installed`);
  const isIncomplete = absent.length > 0 && options.strict;
  if (isIncomplete)
    console.log('a server that is not installed fails the gate here; --allow-missing lets it pass');
  const isEmpty = runs.length === 0 && absent.length === 0;
  return differing + broken.length > 0 || isEmpty || isIncomplete ? 1 : 0;
}

function isThere({ program, needs = [] }) {
  return [program, ...needs].every((name) => programs[name] !== undefined);
}

function missing(one) {
  const absent = ALL.filter(({ program }) => [one.program, ...(one.needs ?? [])].includes(program));
  const packages = new Set(
    absent.filter(({ program }) => programs[program] === undefined).map((a) => a.package),
  );
  return `not installed; apt-get install -y ${[...packages].join(' ')}`;
}

function versionOf({ program, version }) {
  if (version === undefined || programs[program] === undefined) return '';
  const { stdout, stderr } = spawnSync(programs[program], version, { encoding: 'utf8' });
  return /\d+(?:\.\d+)+/.exec(stdout + stderr)?.[0] ?? '';
}

function openContext() {
  // The servers run as somebody else where the gate runs as root, and must be able to read.
  process.umask(0o022);
  const folder = mkdtempSync(join(tmpdir(), 'flurry-gate-'));
  chmodSync(folder, 0o755);
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  return { folder, programs, site: writeSite(folder, options.seed), tls: makeCertificates(folder) };
}
