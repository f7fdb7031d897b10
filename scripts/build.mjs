// Compiles src: every module to build/ (benchmarks of single functions take them from there), and from those a few
// files to dist/, which is what the package ships. Loading a hundred modules costs 25 to 40 ms of every start.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { build } from 'vite';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const CORE =
  /build\/(?:(?:model|bodies|scheduler|transport|sources|session|journal|storage)\/|sinks\/(?!parquet|sqlite|postgres|warc|compressed|columns\.|table)|engine\/(?!tune)|metrics\/(?!usl|statistics)|inspection\/(?!link|markup)|cli\/(?:arguments|completed|ending|exit-codes|layers|main|output-form|profiles-path|proxy-options|recording|redacted|run-command|run-flags|sources|summary-file|surroundings|typed-command|watched-sink)\.js)/;
const ENTRIES = ['index', 'inspection/links', 'target/index', 'cli/bin'];

for (const folder of ['build', 'dist']) rmSync(folder, { recursive: true, force: true });
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { stdio: 'inherit' });
if (status !== 0) process.exit(status ?? 1);

await build({
  configFile: false,
  logLevel: 'warn',
  build: {
    ssr: true,
    outDir: 'dist',
    target: 'node20',
    minify: false,
    sourcemap: true,
    rolldownOptions: {
      input: Object.fromEntries(ENTRIES.map((entry) => [entry, `build/${entry}.js`])),
      // Node's own and the dependencies stay what they are; the latter are loaded when they are used.
      external: [/^node:/, /^[a-z@][^:]*$/],
      // Chunks lie as deep as the entries that they were part of, for what they find beside the package.
      output: {
        entryFileNames: '[name].js',
        chunkFileNames: 'chunks/[name]-[hash].js',
        // What nearly every run loads is one file; each more would cost half a millisecond.
        codeSplitting: { groups: [{ name: 'core', test: CORE }] },
      },
    },
  },
});
cpSync('build', 'dist', {
  recursive: true,
  filter: (path) => !/\.[a-z]+$/.test(path) || path.endsWith('.d.ts'),
});
chmodSync('dist/cli/bin.js', 0o755);
