// From a file of URLs to a file of records, without a line of code per request.

import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { flurry, fromFile, jsonLines } from 'flurry';

const target = process.argv[2] ?? 'http://127.0.0.1:8080';
const folder = await mkdtemp(join(tmpdir(), 'flurry-example-'));
const urls = Array.from({ length: 200 }, (_, i) => `${target}/todos/${i + 1}`);
await writeFile(join(folder, 'urls.txt'), `${urls.join('\n')}\nnot a URL\n`);

const sink = await jsonLines(join(folder, 'out.jsonl'));
const summary = await flurry(fromFile(join(folder, 'urls.txt')), { concurrency: 20 }).to(sink);
const records = (await readFile(join(folder, 'out.jsonl'), 'utf8')).trimEnd().split('\n');
console.log(`${records.length} records, ${summary.failures} failure: ${Object.keys(summary.errors).join()}`);
