// Programs that use a session: what lies idle in it does not keep the process alive, and what it waits for does.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it, onTestFinished } from 'vitest';
import { LOCALHOST } from '../server/certificate.ts';
import { RawServer } from '../server/raw-server.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

let plain: RawServer;
let secure: RawServer;
beforeAll(async () => {
  const script: Parameters<typeof RawServer.open>[0] = (peer, { target }) => {
    if (target === '/silent') return;
    if (target === '/from') peer.send('HTTP/1.1 302 Found\r\nLocation: /to\r\nContent-Length: 0\r\n\r\n');
    else peer.send(OK);
  };
  plain = await RawServer.open(script);
  secure = await RawServer.open(script, { tls: LOCALHOST });
});
afterAll(() => Promise.all([plain.close(), secure.close()]));

/** What a program says until it ends by itself; `empty` where nothing was left to wait for. */
async function said(program: string): Promise<string[]> {
  const index = pathToFileURL(join(dirname(inject('flurryBin')), '../index.js')).href;
  const code = `
    import { flurry, Session } from ${JSON.stringify(index)};
    const say = (text) => process.stdout.write(text + '\\n');
    process.once('beforeExit', () => say('empty'));
    const turns = async (n) => { for (; n > 0; n--) await new Promise((next) => setImmediate(next)); };
    const [http, https] = ${JSON.stringify([plain.url(''), secure.url('')])};
    const session = new Session({ keepAliveMs: 600_000, timeoutMs: 600_000, firstByteTimeoutMs: 600_000, insecure: true });
    ${program}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {},
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (piece: string) => (text += piece));
  const [exit] = await once(child, 'close');
  return [...text.trim().split('\n'), `exit ${exit}`];
}

describe('a program with a session that it never closes', () => {
  it.each(['http', 'https'])('ends at once after single requests over %s', async (scheme) => {
    const program = `
      for (const path of ['/a', '/b', '/from']) say(String((await session.get(${scheme} + path)).status));
      await Promise.all(['/c', '/d', '/e'].map((path) => session.get(${scheme} + path)));`;
    expect(await said(program)).toEqual(['200', '200', '200', 'empty', 'exit 0']);
  });

  it('ends at once after a run, a fetch that is not read, and an upload', async () => {
    const program = `
      for await (const { status } of flurry(http + '/[1-3]', { session })) say(String(status));
      say(String((await session.fetch(http + '/f')).status));
      await session.post(http + '/g', { body: (async function* () { yield 'a'; await turns(2); yield 'b'; })() });`;
    expect(await said(program)).toEqual(['200', '200', '200', '200', 'empty', 'exit 0']);
  });

  it('ends at once after requests that were aborted, whatever they were about to do', async () => {
    const program = `
      await session.get(http + '/a');
      const abort = new AbortController();
      await turns(20);
      // It lay idle, so this one waits for a poll; the others connect, or wait for a server that is silent.
      const gone = ['/b', '/silent', '/silent'].map((path) =>
        session.get(http + path, { signal: abort.signal }).catch(({ name }) => say(name)));
      abort.abort();
      await Promise.all(gone);
      const late = new AbortController();
      const silent = session.get(http + '/silent', { signal: late.signal }).catch(({ name }) => say(name));
      await turns(20);
      late.abort();
      await silent;`;
    expect(await said(program)).toEqual([...Array(4).fill('AbortError'), 'empty', 'exit 0']);
  });

  it.each(['http', 'https'])(
    'waits for the answer to a request on a connection that had been at rest, over %s',
    async (scheme) => {
      const program = `
      await session.get(${scheme} + '/a');
      await turns(50);
      session.get(${scheme} + '/b').then(({ status }) => say(String(status)));`;
      expect(await said(program)).toEqual(['200', 'empty', 'exit 0']);
    },
  );

  it('ends while a run of it waits for an input that nothing brings', async () => {
    const program = `
      await session.get(http + '/a');
      const run = flurry((async function* () { yield http + '/b'; await new Promise(() => {}); })(), { session });
      (async () => { for await (const { status } of run) say(String(status)); })();`;
    expect(await said(program)).toEqual(['200', 'empty', 'exit 0']);
  });

  it('that is closed ends when what it was waiting for has come', async () => {
    const program = `
      const got = session.get(http + '/a').then(({ status }) => say(String(status)));
      await session.close();
      say('closed');
      await got;`;
    expect(await said(program)).toEqual(['200', 'closed', 'empty', 'exit 0']);
  });
});

describe('a request that waits to be sent again', () => {
  it('keeps the process alive, though no connection is open', async () => {
    let asked = 0;
    const server = await RawServer.open((peer) => {
      const status = asked++ === 0 ? '500 -' : '200 OK';
      peer.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi`);
    });
    onTestFinished(() => server.close());
    const lines = await said(`
      const [outcome] = await flurry.all(${JSON.stringify(server.url())}, { retryDelayMs: 60 });
      say(String(outcome.status));`);
    expect(lines).toEqual(['200', 'empty', 'exit 0']);
  });
});
