// How the clients of one kind are started, tested for and asked for their versions: those in Python, on Node, on Bun and
// Deno, programs, and flurry. Starts nothing.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Debian's modules are for Debian's Python, whichever comes first on the path. */
const DEBIAN_PYTHON = '/usr/bin/python3';
const PYTHON = process.env.FLURRY_BENCH_PYTHON ?? (existsSync(DEBIAN_PYTHON) ? DEBIAN_PYTHON : 'python3');
const BIN = at('../../dist/cli/bin.js');
const SETUP = 'npm run bench:setup';

const RUNTIMES = { node: { command: process.execPath, args: [], needs: [] }, bun: bun(), deno: deno() };

export const HTTP1 = ['http', 'https'];
export const ANY = ['http', 'https', 'h2'];

/** `modules` are those of its own that it imports, of which Debian has a package each. */
export function python(name, title, modules, more = {}) {
  return {
    ...row(name, title, 'Python', more),
    // No compiled files beside the sources.
    runs: processOf(PYTHON, [at(`python/${name}.py`)], { env: { PYTHONDONTWRITEBYTECODE: '1' } }),
    needs: modules.map((module) => {
      const apt = `python3-${module}`;
      const test = { command: PYTHON, args: ['-c', `import ${module}`] };
      return { what: `${module} (${PYTHON})`, test, install: `apt-get install ${apt}`, apt };
    }),
    versions: { command: PYTHON, args: [at('python/versions.py'), ...modules] },
  };
}

/**
 * `packages` are those of package.json here that it imports; `on` the runtime, `script` the file if not its own. `last` gives
 * arguments behind the usual ones.
 */
export function javascript(name, title, packages, settings = {}) {
  const { on = 'node', script = name, env, last, ...more } = settings;
  const { command, args, needs } = RUNTIMES[on];
  return {
    ...row(name, title, 'TypeScript', more),
    runs: processOf(command, [...args, at(`typescript/${script}.mjs`)], { env, last }),
    needs: [...needs, ...packages.map(npm)],
    versions: { command, args: [...args, at('typescript/versions.mjs'), ...packages] },
  };
}

/** `last` as above; `command` what it is called and `apt` Debian's package, if either has another name. */
export function program(name, title, language, version, { last, apt = name, command = name, ...more } = {}) {
  const test = { command: 'bash', args: ['-c', `command -v ${command}`] };
  return {
    ...row(name, title, language, more),
    runs: processOf('bash', [at(`programs/${name}.sh`)], { last }),
    needs: [{ what: command, test, install: `apt-get install ${apt}`, apt }],
    versions: { command: 'bash', args: ['-c', version] },
  };
}

/** `concurrency: 'auto'` and `httpVersion` are handed to it; `on` is the runtime. */
export function flurry(name, title, { on = 'node', concurrency, httpVersion, ...more } = {}) {
  const { command, args, needs } = RUNTIMES[on];
  const last = httpVersion === undefined ? undefined : () => [httpVersion];
  return {
    ...row(name, title, 'TypeScript', { flurry: true, http2: true, protocols: ANY, ...more }),
    runs: processOf(command, [...args, at('typescript/flurry-library.mjs')], { concurrency, last }),
    needs: [...needs, built()],
    versions: { command, args: [...args, at('typescript/versions.mjs'), '../../..'] },
  };
}

export function flurryCommandLine(name, title, more = {}) {
  return {
    ...flurry(name, title, more),
    runs: processOf('bash', [at(`programs/${name}.sh`)], { last: () => [process.execPath, BIN] }),
  };
}

function row(name, title, language, { sized = true, http2 = false, protocols = HTTP1, ...more }) {
  return { name, title, language, sized, http2, protocols, ...more };
}

function processOf(command, args, { env = {}, concurrency: fixed, last } = {}) {
  return (context) => {
    const { url, from, to, concurrency, ca } = context;
    const all = [...args, url, from, to, fixed ?? concurrency, ...(last?.(context) ?? [])];
    return { command, args: all.map(String), env: { ...trusting(ca), ...env } };
  };
}

/** One of these is what each client, or the library below it, looks at; wrk, h2load, hey and aiohttp check nothing. */
function trusting(ca) {
  if (ca === undefined) return {};
  return {
    NODE_EXTRA_CA_CERTS: ca,
    DENO_CERT: ca,
    SSL_CERT_FILE: ca,
    REQUESTS_CA_BUNDLE: ca,
    CURL_CA_BUNDLE: ca,
  };
}

/**
 * Bun and Deno come from npm as packages for each system, which hold nothing but the program. The packages `bun` and `deno`
 * would put it in its place by an install script, and none is run.
 */
function bun() {
  const arch = process.arch === 'arm64' ? 'aarch64' : process.arch;
  return runtime('bun', at(`node_modules/@oven/bun-${process.platform}-${arch}/bin/bun`), []);
}

function deno() {
  const build = `${process.platform}-${process.arch}${process.platform === 'linux' ? '-glibc' : ''}`;
  const args = ['run', '--allow-all', '--no-lock', '--no-remote', '--quiet'];
  return runtime('deno', at(`node_modules/@deno/${build}/deno`), args);
}

function runtime(what, command, args) {
  const test = { command, args: ['--version'] };
  return { command, args, needs: [{ what, test, install: SETUP, npm: true }] };
}

function npm(name) {
  const test = { command: process.execPath, args: [at('typescript/versions.mjs'), name] };
  return { what: name, test, install: SETUP, npm: true };
}

function built() {
  const test = { command: process.execPath, args: ['--check', BIN] };
  return { what: 'flurry, built', test, install: 'npm run build' };
}

function at(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
