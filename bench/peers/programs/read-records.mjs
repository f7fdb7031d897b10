// What flurry's command line wrote into a folder (out.jsonl, summary.json), told as all clients tell it. The milliseconds
// are those of its own summary.

import { createReadStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const folder = process.argv[2];
let ok = 0;
let errors = 0;
let sum = 0;
for await (const line of createInterface({ input: createReadStream(join(folder, 'out.jsonl')) })) {
  const { status, body } = JSON.parse(line);
  if (status === 200 && Number.isInteger(body?.id)) {
    ok++;
    sum += body.id;
  } else errors++;
}
const { wallMs } = JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'));
console.log(JSON.stringify({ ok, errors, sum, ms: wallMs }));
