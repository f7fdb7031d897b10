// One server or proxy of the gate: started, asked in every way that it can be, held against the manifest, ended.

import { flurry } from '../../dist/index.js';
import { gateHttp2 } from './gate-http2.mjs';
import { kindsWithout, manifestOf, overHttp2, plainCase } from './manifest.mjs';
import { OUTGOING } from './proxies.mjs';
import { put } from './report.mjs';
import { runManifest } from './run.mjs';
import { IDLE_MS } from './servers.mjs';
import { startNginx } from './starting.mjs';

/**
 * The ways to ask. `came`: in which version each response has to come, by the scheme of its URL; a redirect abroad changes
 * that, and then h2 is HTTP/1.1 for as long as it goes without TLS.
 */
const WAYS = {
  http: { scheme: 'http', httpVersion: '1.1', came: { http: '1.1', https: '1.1' } },
  https: { scheme: 'https', httpVersion: '1.1', came: { http: '1.1', https: '1.1' } },
  h2: { scheme: 'https', httpVersion: 'auto', came: { http: '1.1', https: '2' } },
  h2c: { scheme: 'http', httpVersion: '2', came: { http: '2', https: '2' } },
};
const PROXY_WAYS = ['http', 'https', 'h2'];
const WRONG_LOGINS = 20;

/** `context`: folder, programs, site, certificates, application; `report`: where runs and exceptions are put down. */
export async function gateServer(server, context, settings, report) {
  const { ways = Object.keys(WAYS), neverIdle = false } = server;
  const { requests, pauses, priorPauses, seed } = settings;
  const { http, https, prior = { http, https }, http2, stops } = await server.start(context);
  const answers = {};
  try {
    for (const way of ways) {
      const sending = {
        urls: way === 'h2c' ? prior : { http, https },
        options: { ca: context.tls.ca },
        pauses: neverIdle ? 0 : way === 'h2c' ? priorPauses : pauses,
        judge: cameOver(WAYS[way]),
        reference: way === 'h2' ? answers.https : undefined,
      };
      answers[way] = await gateRun(
        server,
        way,
        sending,
        { seed, count: requests, site: context.site },
        report,
      );
    }
    if (http2 !== undefined) await gateHttp2(server, http2, context, settings, cameOver(WAYS.h2), report);
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
    const { name, whyNotHttp2: why } = proxy;
    if (why !== undefined) {
      report.exceptions.push({ name, what: 'h2 is not asked', why, count: asking.count });
    }
    for (const way of PROXY_WAYS) {
      if (way === 'h2' && why !== undefined) continue;
      // Without TLS the proxy itself answers, in a version of its own.
      const came = { ...WAYS[way].came, http: undefined };
      const judge = (outcome) => [...judgePeer(outcome), ...cameOver({ came })(outcome)];
      await gateRun(proxy, way, { urls, options, pauses: asking.pauses, judge }, asking, report);
    }
    if (proxy.wrongUrl !== undefined) await gateWrongLogin(proxy, proxy.wrongUrl(PORT), urls, report);
  } finally {
    await stop();
  }
}

/** Gives back kinds and hashes of the answers; `reference`, where there is one, are those of another way. */
async function gateRun(server, way, sending, { seed, count, site }, report) {
  const { scheme, httpVersion } = WAYS[way];
  const { urls, reference } = sending;
  const options = { ...sending.options, httpVersion };
  const isHttp2 = httpVersion !== '1.1';
  const cannot = kindsWithout({ ...server.cannot, ...(isHttp2 ? server.cannotOverHttp2 : {}) });
  const hasTags = cannot.notModified === undefined;
  const etags = hasTags ? await etagsOf(site, urls[scheme], options) : noTags(site);
  const manifest = manifestOf({ seed, count, site, etags });
  const { fieldsMayDiffer = {} } = server;
  const cases = manifest.map((one, i) => {
    if (cannot[one.kind] !== undefined) return plainCase(site, i);
    return isHttp2 ? overHttp2(one) : one;
  });
  const { name, behind = name } = server;
  const except = (who, what, why, holds) => {
    report.exceptions.push({ name: who, what, why, count: manifest.filter(holds).length });
  };
  for (const [kind, why] of Object.entries(cannot)) {
    const where = isHttp2 && server.cannotOverHttp2?.[kind] !== undefined ? ' over HTTP/2' : '';
    except(behind, `${kind} gives way to plain GETs${where}`, why, (one) => one.kind === kind);
  }
  for (const [kind, why] of Object.entries(fieldsMayDiffer)) {
    for (const one of cases) if (one.kind === kind) one.expect.fields = {};
    except(name, `${kind} may differ in its fields`, why, (one) => one.kind === kind);
  }
  if (way === 'http' && server.closes !== undefined) {
    const { methods, why } = server.closes;
    const isClosing = ({ method }) => methods.includes(method);
    for (const one of cases.filter(isClosing)) one.headers = { ...one.headers, Connection: 'close' };
    except(name, `${methods.join(', ')} over http with Connection: close`, why, isClosing);
  }
  const result = await runManifest(flurry, { ...sending, options, scheme, cases, idleMs: IDLE_MS });
  if (reference !== undefined) compareAnswers(result, reference);
  put(report, { name, version: server.versionText, scheme: way, result });
  return result.answers;
}

/** What the manifest leaves open, such as the text of an error page, is the same over HTTP/2 too. */
function compareAnswers({ answers, differences }, reference) {
  for (const [index, answer] of answers.entries()) {
    const other = reference[index];
    if (answer === undefined || other === undefined || answer === other) continue;
    // Something else may have been asked, where the server cannot do it over HTTP/2.
    if (answer.split(' ')[0] !== other.split(' ')[0]) continue;
    const found = [{ what: 'SHA-256', expected: `${other}, as over HTTP/1.1`, got: answer }];
    differences.push({ index, url: '', kind: 'both versions', found });
  }
}

/** Says of a response that came in another version than it had to. */
function cameOver({ came }) {
  return ({ url, httpVersion }) => {
    const expected = came[url.slice(0, url.indexOf(':'))];
    return expected === undefined || expected === httpVersion
      ? []
      : [{ what: 'HTTP version', expected, got: httpVersion }];
  };
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

/** Stands where a server has no tags; what would be asked with it gives way. */
function noTags({ files }) {
  return new Map(files.map(({ path }) => [path, '"none"']));
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
  put(report, { name: `${proxy.name}, wrong`, version: '', scheme: 'http', result });
}
