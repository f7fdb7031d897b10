// npm run gate:runtimes: the tests on every Node that is supported, and a smoke run on Bun and Deno.
// With --quick: the demo's run on each, no tests. Runtimes come from the npm registry, into node_modules/.cache.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const quick = process.argv.includes('--quick');
const cache = resolve('node_modules/.cache/runtimes');
const bin = resolve('dist/cli/bin.js');
const REQUESTS = 2000;

const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
const RUNTIMES = [
  { name: `node ${process.versions.node}`, run: [process.execPath], tests: true },
  ...[22, 24, 26].map((major) => ({
    name: `node ${major}`,
    install: `node-linux-${arch}@${major}`,
    path: `node_modules/node-linux-${arch}/bin/node`,
    tests: true,
  })),
  {
    name: 'bun',
    install: `@oven/bun-linux-${arch === 'x64' ? 'x64' : 'aarch64'}`,
    path: `node_modules/@oven/bun-linux-${arch === 'x64' ? 'x64' : 'aarch64'}/bin/bun`,
    args: [],
  },
  {
    name: 'deno',
    install: `@deno/linux-${arch}-glibc`,
    path: `node_modules/@deno/linux-${arch}-glibc/deno`,
    args: ['run', '-A', '--no-lock'],
  },
];

if (process.platform !== 'linux') {
  console.log('gate:runtimes fetches Linux builds; on this system it checks this Node alone');
  RUNTIMES.length = 1;
}

/** Each in a folder of its own: two majors of one package cannot lie in one. */
function install(runtime) {
  if (runtime.install === undefined) return runtime.run;
  const folder = resolve(cache, runtime.name.replace(' ', '-'));
  const path = resolve(folder, runtime.path);
  if (!existsSync(path)) {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    writeFileSync(resolve(folder, 'package.json'), '{"private":true}');
    const npm = spawnSync(
      'npm',
      ['install', '--no-audit', '--no-fund', '--ignore-scripts', runtime.install],
      { cwd: folder, encoding: 'utf8' },
    );
    if (npm.status !== 0 || !existsSync(path)) {
      throw new Error(`npm install ${runtime.install} failed: ${npm.stderr?.trim().split('\n').at(-1)}`);
    }
  }
  return [path, ...(runtime.args ?? [])];
}

function smoke(command, url) {
  const out = resolve(cache, 'smoke.jsonl');
  const [program, ...args] = command;
  const { status, stderr } = spawnSync(
    program,
    [...args, bin, `${url}/todos/[1-${REQUESTS}]`, '-c', '60', '-o', out, '-q'],
    { encoding: 'utf8', timeout: 60_000 },
  );
  if (status !== 0) throw new Error(`ended with ${status}: ${stderr.trim().split('\n').at(-1)}`);
  const indices = new Set(
    readFileSync(out, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => {
        const record = JSON.parse(line);
        if (record.status !== 200 || record.body.id !== record.index + 1)
          throw new Error(`a wrong record: ${line}`);
        return record.index;
      }),
  );
  if (indices.size !== REQUESTS) throw new Error(`${indices.size} records in place of ${REQUESTS}`);
}

function tests(command) {
  const vitest = resolve('node_modules/vitest/vitest.mjs');
  const env = { ...process.env, NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(command[0], [vitest, 'run'], {
    encoding: 'utf8',
    env,
    maxBuffer: 2 ** 28,
  });
  if (status === 0) return;
  const end = `${stdout}\n${stderr}`.split('\n').filter((line) => !line.includes('✓'));
  throw new Error(`tests failed\n${end.slice(-80).join('\n')}`);
}

/** The embedded target in a process of its own. */
async function serve() {
  const server = spawn(process.execPath, [bin, 'serve', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const url = await new Promise((done) => server.stdout.once('data', (line) => done(String(line).trim())));
  return { url, close: () => server.kill() };
}

mkdirSync(cache, { recursive: true });
let failed = 0;
for (const runtime of RUNTIMES) {
  const target = await serve();
  try {
    const command = install(runtime);
    smoke(command, target.url);
    if (runtime.tests && !quick) tests(command);
    console.log(`${runtime.name.padEnd(14)} ${runtime.tests && !quick ? 'tests and ' : ''}smoke run pass`);
  } catch (error) {
    failed++;
    console.log(`${runtime.name.padEnd(14)} FAILED: ${error.message}`);
  } finally {
    target.close();
  }
}
console.log(`${RUNTIMES.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
