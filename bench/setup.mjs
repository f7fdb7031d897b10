// npm run bench:setup: installs what the table needs and Debian or npm have, and names what could not be had, with the
// reason. Ends with 0 all the same: the table leaves those rows out and says so. Quick where everything is there.

import { spawnSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PEERS } from './peers/list.mjs';

const PEERS_FOLDER = dirname(fileURLToPath(new URL('peers/list.mjs', import.meta.url)));
const INSTALL_MS_MAX = 600_000;

/** What the bench itself needs: the server of all targets, and what makes its certificate. */
const TARGET_NEEDS = [
  { what: 'nginx', apt: 'nginx', test: onPath('nginx') },
  {
    what: 'nginx with Lua, for targets that are far away or limited',
    apt: 'libnginx-mod-http-lua',
    test: sh(
      'ls /usr/lib/nginx/modules/ngx_http_lua_module.so /usr/lib64/nginx/modules/ngx_http_lua_module.so | grep -q .',
    ),
  },
  { what: 'openssl', apt: 'openssl', test: onPath('openssl') },
];

/** Why something could not be had, by what installs it. */
const reasons = new Map();

const needs = distinct([...TARGET_NEEDS, ...PEERS.flatMap((peer) => peer.needs)]);
const missing = needs.filter(isMissing);
if (missing.some((need) => need.apt !== undefined)) installFromDebian(missing);
if (missing.some((need) => need.npm)) installFromNpm();
report(missing.filter(isMissing));

function installFromDebian(missing) {
  const packages = [...new Set(missing.flatMap(({ apt }) => apt ?? []))];
  const line = `apt-get install ${packages.join(' ')}`;
  const before = asRoot();
  if (before === undefined) {
    for (const name of packages) reasons.set(name, 'needs root');
    return;
  }
  console.log(line);
  const install = (names) => {
    return run([...before, 'apt-get', 'install', '--yes', '--no-install-recommends', ...names]);
  };
  // The list of packages may be old, or not there yet.
  if (install(packages) === undefined) return;
  run([...before, 'apt-get', 'update']);
  if (install(packages) === undefined) return;
  // One that this system does not have would keep all others away.
  for (const name of packages) {
    const reason = install([name]);
    if (reason !== undefined) reasons.set(name, reason);
  }
}

/** What goes before a command to run it as root, or undefined where that takes a password or cannot be. */
function asRoot() {
  if (spawnSync('apt-get', ['--version']).status !== 0) return undefined;
  const settings = ['env', 'DEBIAN_FRONTEND=noninteractive'];
  if (process.getuid?.() === 0) return settings;
  return spawnSync('sudo', ['-n', 'true']).status === 0 ? ['sudo', '-n', ...settings] : undefined;
}

function installFromNpm() {
  console.log(`npm ci in ${PEERS_FOLDER}`);
  const reason = run(['npm', 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: PEERS_FOLDER });
  if (reason !== undefined) reasons.set('npm', reason);
}

/** Undefined where it went well, or else what it said was wrong. */
function run([command, ...args], options = {}) {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: 'utf8',
    timeout: INSTALL_MS_MAX,
    // Under `npm run --silent` the npm in here would be silent too.
    env: { ...process.env, npm_config_loglevel: 'error' },
    ...options,
  });
  if (status === 0) return undefined;
  const lines = `${stdout ?? ''}\n${stderr ?? ''}`.split('\n').map((line) => line.trim());
  const said = lines.find((line) => /^E: |^npm error (?!code|errno|syscall)\S/.test(line));
  return error?.message ?? said ?? lines.findLast((line) => line !== '') ?? `${command} ended with ${status}`;
}

function report(left) {
  if (left.length === 0) {
    console.log(`everything is there: ${PEERS.length} clients, and nginx to measure them against`);
    return;
  }
  for (const need of left) {
    const without = PEERS.filter((peer) => peer.needs.some(({ what }) => what === need.what));
    const rows = without.map(({ title }) => title).join('; ');
    const reason = reasons.get(need.apt ?? 'npm');
    const why = reason ?? 'not found, though its package is there';
    console.log(`missing: ${need.what}: ${why}${rows === '' ? '' : ` (left out without it: ${rows})`}`);
  }
  const packages = left.flatMap(({ apt }) => apt ?? []);
  if (packages.length > 0) console.log(`to install: sudo apt-get install ${packages.join(' ')}`);
}

function isMissing({ test }) {
  return spawnSync(test.command, test.args, { stdio: 'ignore' }).status !== 0;
}

/** What flurry needs of itself is built by the bench, not installed. */
function distinct(needs) {
  const installable = needs.filter(({ apt, npm }) => apt !== undefined || npm);
  return [...new Map(installable.map((need) => [need.what, need])).values()];
}

/** sbin is not on everybody's path. */
function onPath(name) {
  return sh(`PATH=$PATH:/usr/sbin:/usr/local/sbin command -v ${name}`);
}

function sh(line) {
  return { command: 'sh', args: ['-c', line] };
}
