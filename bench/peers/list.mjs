// Every client of the table. Starts nothing.

import { ANY, flurry, flurryCommandLine, javascript, program, python } from './kinds.mjs';

const H2_TOO = { http2: true, protocols: ANY };
const H2_ALONE = { http2: 'only', protocols: ['h2'] };

/**
 * In the order of the table. `name` is unique, `language` what the table groups by. `flurry`: one of ours. `floor`: it does
 * less than all others, and shows what is possible.
 *
 * `runs({ url, from, to, concurrency, ca, protocol, seconds })` gives `command`, `args` and `env` of a process that asks for
 * `url` with each number behind it, and whose last line of stdout is
 * `{"ok": n, "errors": n, "sum": of the ids in the bodies, "ms": of the requests alone}`; `sum` is null where bodies are not
 * looked into. What it costs is the cost of this very process. `ca` is the path of a certificate to trust, `protocol` the
 * target's, for those that must be told, `seconds` the time for wrk, which knows no number of requests. flurry on `auto` adds
 * `concurrency`, where it ended.
 *
 * `protocols`: the targets that it can run against: `http` is without TLS, `https` is TLS with HTTP/1.1, `h2` TLS with HTTP/2
 * by ALPN. `http2`: whether it speaks HTTP/2 there, or nothing else (`only`). `sized`: whether `concurrency` means something
 * to it; `concurrencyMax`: up to where. `requestsMax`: more would take minutes, or more memory than there is.
 * `stopsItself`: it decides how many it sends: `ok` and `errors` are what it did, not what was asked.
 *
 * `needs`: `what`, the `test` that ends with 0 where it is there, `install` to type, and for bench/setup.mjs the package of
 * Debian (`apt`) or that package.json here has it (`npm`). `versions` prints one line.
 */
export const PEERS = [
  python('requests-loop', 'requests in a loop', ['requests'], { sized: false, requestsMax: 4_000 }),
  python('requests-threads', 'requests in threads', ['requests'], { requestsMax: 10_000 }),
  python('aiohttp-semaphore', 'aiohttp under a semaphore', ['aiohttp'], { requestsMax: 100_000 }),
  python('aiohttp-uvloop', 'aiohttp, the same on uvloop', ['aiohttp', 'uvloop'], { requestsMax: 100_000 }),
  python('httpx-semaphore', 'httpx under a semaphore', ['httpx', 'h2'], { ...H2_TOO, requestsMax: 4_000 }),
  python('httpx-limits', 'httpx with its own limits', ['httpx'], { requestsMax: 4_000 }),
  python('pycurl-multi', 'pycurl multi', ['pycurl'], { ...H2_TOO, concurrencyMax: 1_000 }),

  javascript('fetch-loop', 'fetch in a loop', [], { sized: false, requestsMax: 10_000 }),
  javascript('fetch-queue', 'fetch, workers over a queue', [], { requestsMax: 100_000 }),
  javascript('fetch-workers', 'fetch in worker threads', [], { requestsMax: 100_000 }),
  javascript('fetch-p-limit', 'fetch under p-limit', ['p-limit'], { requestsMax: 100_000 }),
  javascript('undici-request', 'undici request', ['undici'], { ...H2_TOO, last: protocolOf }),
  javascript('undici-dispatch', 'undici dispatch', ['undici'], { ...H2_TOO, last: protocolOf }),
  javascript('got', 'got', ['got'], { ...H2_TOO, requestsMax: 10_000 }),
  javascript('axios', 'axios', ['axios'], { requestsMax: 100_000 }),
  javascript('node-fetch', 'node-fetch', ['node-fetch'], { requestsMax: 100_000 }),
  javascript('crawlee-http', 'Crawlee HttpCrawler', ['@crawlee/http'], { ...H2_TOO, requestsMax: 4_000 }),
  javascript('node-http2', 'node:http2', [], H2_ALONE),
  javascript('bun-fetch', 'fetch of Bun', [], {
    on: 'bun',
    script: 'fetch-loops',
    // It has no more than 256 requests under way otherwise: https://bun.com/docs/runtime/networking/fetch
    env: { BUN_CONFIG_MAX_HTTP_REQUESTS: '65535' },
  }),
  javascript('deno-fetch', 'fetch of Deno', [], { ...H2_TOO, on: 'deno', script: 'fetch-loops' }),

  program('curl-parallel', 'curl -Z', 'C', 'curl --version | head -n 1 | cut -d " " -f 1,2', {
    ...H2_TOO,
    apt: 'curl',
    command: 'curl',
    concurrencyMax: 300,
  }),
  // It tells no version of its own.
  program(
    'hey',
    'hey',
    'Go',
    'dpkg-query -W -f "hey \\${Version}\\n" hey 2>&- || echo "hey, version unknown"',
    {
      ...H2_TOO,
      stopsItself: true,
    },
  ),

  flurry('flurry-library', 'flurry, library'),
  flurryCommandLine('flurry-cli', 'flurry, command line'),
  flurry('flurry-auto', 'flurry, library, auto', { sized: false, concurrency: 'auto' }),
  flurry('flurry-http2', 'flurry, library, HTTP/2', { ...H2_ALONE, httpVersion: '2' }),
  flurry('flurry-bun', 'flurry, library, on Bun', { on: 'bun' }),

  program('wrk', 'wrk', 'C', 'wrk -v | head -n 1 | cut -d " " -f 1,2', {
    floor: true,
    stopsItself: true,
    last: ({ from, to, seconds }) => [seconds ?? Math.max(1, Math.round((to - from + 1) / 100_000))],
  }),
  program('h2load', 'h2load', 'C', 'h2load --version', {
    ...H2_TOO,
    floor: true,
    apt: 'nghttp2-client',
    last: protocolOf,
  }),
];

function protocolOf({ protocol = 'http' }) {
  return [protocol];
}
