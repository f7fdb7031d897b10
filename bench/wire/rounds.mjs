// The interleaved rounds: in each, every client once, as a process of its own, against the same server. What drifts
// in the machine drifts for all of them, so ratios are taken within a round.

import { fileURLToPath } from 'node:url';
import { watchCarried } from './carried.mjs';
import { groupOf } from './clients.mjs';
import { runMeasured } from './measured-process.mjs';

const CLIENT_PROCESS = fileURLToPath(new URL('client.mjs', import.meta.url));
const CLIENT_MS_MAX = 300_000;
const WARM_UP_DIVISOR = 10;
/** For each request in flight: so many that no connection of the client has nothing to carry. */
const WARM_UP_TURNS_MIN = 10;

/** Resolves to one result for each client and round; `say` hears of each. */
export async function runRounds(setting, say) {
  const { rounds, requests, clients } = setting.options;
  const results = [];
  const bestPerSecond = new Map();
  const warmUpFaults = new Map();
  for (let round = 0; round <= rounds; round++) {
    const warmUp = round === 0;
    // Another one begins each time: nobody always runs after the same neighbour, on the same clock of the processor.
    const first = round % clients.length;
    for (const client of [...clients.slice(first), ...clients.slice(0, first)]) {
      const whole = Math.min(
        requests * (client.requestsTimes ?? 1),
        client.requestsMax ?? Number.POSITIVE_INFINITY,
      );
      const n = warmUp ? warmUpRequests(client, whole) : whole;
      const best = bestPerSecond.get(client.name) ?? 0;
      // For wrk, which takes seconds; in its first run one will do.
      const seconds = best === 0 ? 1 : Math.max(1, Math.round(n / best));
      const result = await runClient(setting, client, { requests: n, seconds, warmUp });
      // The best rate so far, not the last: after a disturbed second its next run would take far too long.
      bestPerSecond.set(client.name, Math.max(best, result.perSecond));
      // What is told only there is held against every round.
      if (warmUp) warmUpFaults.set(client.name, result.carriedFaults);
      else {
        result.faults.push(...warmUpFaults.get(client.name));
        results.push({ round, ...result });
      }
      say(`${warmUp ? 'warm-up' : `round ${round}`}  ${lineOf(client, result)}`);
    }
  }
  return results;
}

function warmUpRequests(client, whole) {
  return Math.max(Math.ceil(whole / WARM_UP_DIVISOR), groupOf(client).concurrency * WARM_UP_TURNS_MIN);
}

async function runClient(setting, client, { requests, seconds, warmUp }) {
  const { server, programs, folder, accountant } = setting;
  const { over, ...way } = wayOf(client);
  const { files, certificate } = server;
  const url = urlOf(server, over, warmUp);
  const context = {
    url,
    requests,
    seconds,
    ...way,
    folder,
    files,
    certificate,
    ...programs,
    ...client.given,
  };
  const module = new URL(client.peer ?? `../peers/${client.name}.mjs`, import.meta.url).href;
  const peer = client.program ? await import(module) : undefined;
  const argv = peer?.command(context) ?? [process.execPath, CLIENT_PROCESS, module, JSON.stringify(context)];
  // Every client of Node takes it from there, and checks it as it would any other.
  const env = over === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificate };
  const isLogged = warmUp && over === 'http2';
  const carried = isLogged ? watchCarried(server.carriedLog, way) : () => [];
  const cost = await runMeasured(argv, { accountant, timeoutMs: CLIENT_MS_MAX, env });
  const { told, faults } = readResult(server, peer, cost, context);
  return { ...resultOf(client, told, cost, faults), carriedFaults: carried() };
}

/** By which port, how many at a time, and how they are to travel. */
function wayOf(client) {
  const { over, concurrency, connections, httpVersion } = { ...groupOf(client), ...client };
  return { over, concurrency, connections, httpVersion };
}

function urlOf(server, over, warmUp) {
  if (over === 'http2') return warmUp ? server.loggedUrl : server.http2Url;
  return over === 'tls' ? server.tlsUrl : server.url;
}

/** What the client tells of itself, and what is wrong with it. */
function readResult(server, peer, cost, context) {
  const { requests } = context;
  const faults = [];
  let told = { requests, responses: 0, errors: 0 };
  try {
    told = { ...told, ...(peer === undefined ? JSON.parse(cost.stdout) : peer.read(cost, context)) };
  } catch (error) {
    faults.push(`it left no result (${error.message})`);
  }
  if (cost.code !== 0) faults.push(`it ended with ${cost.code}: ${cost.stderr.trim().slice(-1_000)}`);
  if (told.errors > 0) faults.push(`${told.errors} errors`, ...(told.problems ?? []));
  if (told.responses !== told.requests) faults.push(`${told.responses} good responses of ${told.requests}`);
  if (told.idSum !== undefined && told.idSum !== server.idSum(requests)) {
    faults.push(`the ids in its bodies add up to ${told.idSum} instead of ${server.idSum(requests)}`);
  }
  return { told, faults };
}

function resultOf(client, told, cost, faults) {
  const n = told.requests;
  const cpuUs = cost.cpuUs ?? told.ownCpuUs;
  return {
    client: client.name,
    requests: n,
    faults,
    cpuUsPerRequest: n > 0 && cpuUs !== undefined ? cpuUs / n : undefined,
    systemUsPerRequest: n > 0 && cost.cpuSystemUs !== undefined ? cost.cpuSystemUs / n : undefined,
    cpuBy: cost.cpuUs !== undefined ? 'system' : 'client',
    runCpuUsPerRequest: n > 0 && told.runCpuUs !== undefined ? told.runCpuUs / n : undefined,
    perSecond: n / (cost.wallMs / 1000),
    runPerSecond: told.runMs === undefined ? undefined : n / (told.runMs / 1000),
    wallMs: cost.wallMs,
    peakRssBytes: Math.max(cost.peakRssBytes, told.peakRssBytes ?? 0),
  };
}

function lineOf(client, { cpuUsPerRequest, requests, perSecond, faults: own, carriedFaults }) {
  const faults = [...own, ...carriedFaults];
  const cpu = cpuUsPerRequest === undefined ? '?' : cpuUsPerRequest.toFixed(2);
  const figures = `${requests} requests, ${cpu} µs CPU each, ${Math.round(perSecond)}/s`;
  return `${client.title.padEnd(41)} ${figures}${faults.length > 0 ? `  WRONG: ${faults.join('; ')}` : ''}`;
}
