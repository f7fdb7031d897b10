// One measurement, in a process of its own: records go to one sink, as fast as it takes them or paced. Prints a line of
// JSON. Arguments: kind path durability records rate (0: as fast as it goes).

import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { openRecords } from '../../build/engine/record-sinks.js';
import { systemClock } from '../../build/model/clock.js';
import { EMPTY_HEADERS } from '../../build/model/header-block.js';
import { parseUrl } from '../../build/model/origin.js';
import { REUSED, Response } from '../../build/model/outcome.js';
import { Request } from '../../build/model/request.js';
import { ResponseHead } from '../../build/model/response-head.js';
import { SystemFiles } from '../../build/storage/system-files.js';

const [kind, path, durability, recordsText, rateText] = process.argv.slice(2);
const records = Number(recordsText);
const rate = Number(rateText);
/** As many as one turn of the event loop brings at a high rate. */
const TURN = 256;
const COMMIT_MS = 1000;

const FIELD_LINES =
  'Server: nginx/1.22.1\r\nDate: Sat, 22 Nov 2025 19:00:00 GMT\r\nContent-Type: application/json\r\nContent-Length: 66\r\n';
const FRAMING = { contentLength: 66, transferEncoding: 'none', keepAlive: true, keepAliveMs: undefined };
const { origin } = parseUrl('http://127.0.0.1:8080/');
const head = new ResponseHead(200, '1.1', 'OK', FIELD_LINES, FRAMING);

/** Each different from the others, as in a run; what is alike in all of them, compression finds. */
function response(i) {
  const request = new Request(i, 'GET', origin, `/todos/${i}`, EMPTY_HEADERS, undefined, undefined);
  request.attempt = 1;
  const body = Buffer.from(
    `{"userId":${i % 10},"id":${i},"title":"delectus ${(i * 7919) % 10007}","done":false}`,
  );
  return new Response(request, head, body, '', 0.2 + ((i * 7919) % 50_000) / 997, 0.1, REUSED, '127.0.0.1');
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

async function measured() {
  const sink = await openRecords(path, kind, {}, { clock: systemClock, files: new SystemFiles() });
  const commits = [];
  let broken;
  let drained = () => {};
  sink.onDrain = () => drained();
  sink.onError = (error) => {
    broken = error;
    drained();
  };
  const commit = async () => {
    const start = performance.now();
    await sink.commit(durability);
    commits.push(performance.now() - start);
  };
  const startCpu = process.cpuUsage();
  const start = performance.now();
  let committedAt = start;
  for (let i = 0; i < records; ) {
    const now = performance.now();
    const due = rate === 0 ? i + TURN : Math.floor(((now - start) * rate) / 1000);
    for (const end = Math.min(records, due); i < end && !sink.full; i++) sink.write(response(i));
    if (durability !== 'none' && now - committedAt >= (sink.commitMs ?? COMMIT_MS)) {
      committedAt = now;
      commit();
    }
    if (broken !== undefined) throw broken;
    if (sink.full)
      await new Promise((resolve) => {
        drained = resolve;
      });
    // A timer where it is paced: turning for nothing would count as CPU.
    else if (rate > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    else await turn();
  }
  if (durability !== 'none') await commit();
  await sink.close();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(startCpu);
  commits.sort((a, b) => a - b);
  return {
    perSecond: (records * 1000) / ms,
    cpuUs: (user + system) / records,
    bytes: sizeOf(path) / records,
    rssMb: process.resourceUsage().maxRSS / 1024,
    commitMs: commits[commits.length >> 1] ?? 0,
    commitMsMax: commits.at(-1) ?? 0,
  };
}

/** With the files beside it. */
function sizeOf(output) {
  const folder = dirname(output);
  const own = readdirSync(folder).filter((name) => name.startsWith(basename(output)));
  return own.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

try {
  console.log(JSON.stringify(await measured()));
} catch (error) {
  console.log(JSON.stringify({ error: error.message }));
}
