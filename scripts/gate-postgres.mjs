// npm run gate:postgres: the tests of the PostgreSQL sink against a real server: a cluster of its own in a temporary
// folder, on a Unix socket that nobody else finds, stopped and removed at the end. Needs PostgreSQL's programs.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const VERSIONS = '/usr/lib/postgresql';

/** Debian keeps the server's programs of each version apart, the newest is taken; else they are on the path. */
function program(name) {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS).sort((a, b) => b - a) : [];
  const paths = versions.map((version) => join(VERSIONS, version, 'bin', name));
  return paths.find((path) => existsSync(path)) ?? name;
}

/** PostgreSQL does not run as root: then as the user that its package has made. */
function run(name, args) {
  const asRoot = process.getuid?.() === 0;
  const [command, ...words] = asRoot
    ? ['runuser', '-u', 'postgres', '--', program(name), ...args]
    : [program(name), ...args];
  const { status, error, stdout, stderr } = spawnSync(command, words, { encoding: 'utf8', cwd: tmpdir() });
  if (status !== 0) throw new Error(`${name} failed: ${error?.message ?? `${stdout}${stderr}`}`);
}

const folder = mkdtempSync(join(tmpdir(), 'flurry-postgres-'));
const data = join(folder, 'data');
let started = false;
let failed = true;
try {
  chmodSync(folder, 0o777);
  run('initdb', ['-D', data, '-U', 'flurry', '-A', 'trust', '-E', 'UTF8', '--no-sync']);
  const options = `-k ${folder} -c listen_addresses=''`;
  run('pg_ctl', ['-D', data, '-o', options, '-l', join(folder, 'log'), '-w', 'start']);
  started = true;
  const url = `postgres://flurry@${encodeURIComponent(folder)}/postgres`;
  const vitest = resolve('node_modules/vitest/vitest.mjs');
  const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/sinks/postgres.test.ts'], {
    stdio: 'inherit',
    env: { ...process.env, FLURRY_TEST_POSTGRES: url },
  });
  failed = status !== 0;
} catch (error) {
  console.error(error.message);
} finally {
  if (started) run('pg_ctl', ['-D', data, '-m', 'immediate', '-w', 'stop']);
  rmSync(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
