// npm run bench:micro: every script in this folder, one after the other, each as a process of its own, so that none
// runs on what another has made the compiler believe. `npm run bench:micro -- name…` runs only these.

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = new URL('.', import.meta.url);
const names = readdirSync(here)
  .filter((file) => file.endsWith('.mjs') && file !== 'main.mjs')
  .map((file) => file.slice(0, -'.mjs'.length))
  .sort();
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !names.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`bench:micro: no ${unknown.join(', ')} here; there are ${names.join(', ')}\n`);
  process.exit(2);
}

const failed = [];
for (const name of wanted.length > 0 ? wanted : names) {
  process.stdout.write(`\n── ${name}\n`);
  const script = fileURLToPath(new URL(`${name}.mjs`, here));
  const { status, signal } = spawnSync(process.execPath, [script], { stdio: 'inherit' });
  if (signal === 'SIGINT' || signal === 'SIGTERM') process.exit(130);
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  process.stderr.write(`\nbench:micro: failed: ${failed.join(', ')}\n`);
  process.exit(1);
}
