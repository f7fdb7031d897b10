// One server or proxy of the gate: started, asked over http and over https, held against the manifest, ended.

import { flurry } from '../../dist/index.js';
import { kindsWithout, manifestOf, plainCase } from './manifest.mjs';
import { OUTGOING } from './proxies.mjs';
import { line } from './report.mjs';
import { runManifest } from './run.mjs';
import { IDLE_MS, startNginx } from './servers.mjs';

const SCHEMES = ['http', 'https'];
const WRONG_LOGINS = 20;

/** `context`: folder, programs, site and certificates; `report`: where runs and exceptions are put down. */
export async function gateServer(server, context, { requests, pauses, seed }, report) {
  const { http, https, stops } = await server.start(context);
  const urls = { http, https };
  const options = { ca: context.tls.ca };
  try {
    for (const scheme of SCHEMES) {
      const sending = { urls, scheme, options, pauses, idleMs: IDLE_MS };
      await gateRun(server, sending, { seed, count: requests, site: context.site }, report);
    }
  } finally {
    for (const stop of stops) await stop();
  }
}

/** Every proxy in front of one nginx. `guarded` runs one and puts down what breaks off. */
export async function gateProxies(proxies, context, { proxyRequests, proxyPauses, seed }, report, guarded) {
  const nginx = await startNginx(context);
  const urls = { http: nginx.http, https: nginx.https };
  const asking = { seed, count: proxyRequests, pauses: proxyPauses, site: context.site };
  try {
    for (const proxy of proxies) {
      await guarded(proxy, () => gateProxy(proxy, urls, context, asking, report));
    }
  } finally {
    for (const stop of nginx.stops) await stop();
  }
}

async function gateProxy(proxy, urls, context, asking, report) {
  const { PORT, stop } = await proxy.start(context);
  const options = { ca: context.tls.ca, proxy: [proxy.url(PORT)], noProxy: '' };
  try {
    for (const scheme of SCHEMES) {
      const sending = { urls, scheme, options, pauses: asking.pauses, idleMs: IDLE_MS, judge: judgePeer };
      await gateRun(proxy, sending, asking, report);
    }
    if (proxy.wrongUrl !== undefined) await gateWrongLogin(proxy, proxy.wrongUrl(PORT), urls, report);
  } finally {
    await stop();
  }
}

async function gateRun(server, sending, { seed, count, site }, report) {
  const { urls, scheme, options } = sending;
  const etags = await etagsOf(site, urls[scheme], options);
  const manifest = manifestOf({ seed, count, site, etags });
  const cannot = kindsWithout(server.cannot);
  const { fieldsMayDiffer = {} } = server;
  const cases = manifest.map((one, i) => (cannot[one.kind] === undefined ? one : plainCase(site, i)));
  const { name, behind = name } = server;
  const except = (who, what, why, holds) => {
    report.exceptions.push({ name: who, what, why, count: manifest.filter(holds).length });
  };
  for (const [kind, why] of Object.entries(cannot)) {
    except(behind, `${kind} gives way to plain GETs`, why, (one) => one.kind === kind);
  }
  for (const [kind, why] of Object.entries(fieldsMayDiffer)) {
    for (const one of cases) if (one.kind === kind) one.expect.fields = {};
    except(name, `${kind} may differ in its fields`, why, (one) => one.kind === kind);
  }
  if (scheme === 'http' && server.closes !== undefined) {
    const { methods, why } = server.closes;
    const isClosing = ({ method }) => methods.includes(method);
    for (const one of cases.filter(isClosing)) one.headers = { ...one.headers, Connection: 'close' };
    except(name, `${methods.join(', ')} over http with Connection: close`, why, isClosing);
  }
  put(name, server.versionText, scheme, await runManifest(flurry, { ...sending, cases }), report);
}

function put(name, version, scheme, result, report) {
  const run = { name, version, scheme, result };
  report.runs.push(run);
  console.log(line(run));
}

/** The one thing that only the server knows: by which tag it will know a file again. */
async function etagsOf(site, base, options) {
  const headers = { Connection: 'close' };
  const requests = site.files.map(({ path }) => ({ method: 'HEAD', url: base + path, headers }));
  const outcomes = await flurry.all(requests, options);
  const tags = outcomes.map((outcome, i) => {
    const tag = outcome.type === 'response' ? outcome.header('etag') : undefined;
    if (tag === undefined) throw new Error(`no ETag of ${requests[i].url}: ${outcome}`);
    return [site.files[i].path, tag];
  });
  return new Map(tags);
}

/** nginx adds the field once more where it makes an error page. */
function judgePeer(outcome) {
  const got = outcome.headerAll('x-peer');
  if (got.length > 0 && got.every((address) => address === OUTGOING)) return [];
  return [{ what: 'connection from', expected: OUTGOING, got: got.join(' and ') || 'nobody' }];
}

/** Every request has to end in a failure that blames the proxy, before anything of it is sent. */
async function gateWrongLogin(proxy, url, urls, report) {
  const startedMs = performance.now();
  const requests = Array.from({ length: WRONG_LOGINS }, (_, i) => `${urls.http}/files/none-${i}`);
  const outcomes = await flurry.all(requests, { proxy: [url], noProxy: '' });
  const differences = outcomes.flatMap((outcome, index) => {
    if (outcome.type === 'failure' && outcome.kind === 'proxy' && outcome.sent === 'none') return [];
    const found = [
      { what: 'outcome', expected: 'a failure of kind proxy, nothing sent', got: String(outcome) },
    ];
    return [{ index, url: outcome.url, kind: 'wrong password', found }];
  });
  const seconds = (performance.now() - startedMs) / 1000;
  const result = { requests: outcomes.length, failures: 0, connections: 0, differences, seconds };
  put(`${proxy.name}, wrong`, '', 'http', result, report);
}
