// Runs whose requests wait together for one connection: what goes wrong with one of them, or with who hears of it, ends
// that one or the run, and nothing else.

import net from 'node:net';
import { type FlurryOptions, flurry, type Outcome, type RequestInput } from 'flurry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LOCALHOST } from '../server/certificate.ts';
import { Http2Peer } from '../server/http2-server.ts';

const uncaught: unknown[] = [];
const take = (error: unknown) => uncaught.push(error);
let others: NodeJS.UncaughtExceptionListener[] = [];

beforeEach(() => {
  others = process.listeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', take);
});

afterEach(() => {
  process.removeListener('uncaughtException', take);
  for (const one of others) process.on('uncaughtException', one);
  expect(uncaught.splice(0)).toEqual([]);
});

/** Nobody listens there. */
async function closedPort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((done) => server.once('listening', done));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

function short(outcome: Outcome): string {
  return outcome.type === 'response'
    ? `${outcome.status} ${outcome.text()}`
    : `${outcome.phase}/${outcome.kind}`;
}

describe('requests that wait together for one connection', () => {
  it('end with a sink that throws at the first of their failures: the run fails with its error', async () => {
    const port = await closedPort();
    const run = flurry(`https://127.0.0.1:${port}/[1-3]`, { retry: 0 });
    const ended = run.to({
      write() {
        throw new Error('disk full');
      },
      full: false,
      onDrain: undefined,
      onError: undefined,
      async close() {},
    });
    await expect(ended).rejects.toThrow('disk full');
  });

  it('go on where one has a body that is already being read: it fails alone', async () => {
    const peer = await Http2Peer.open((one, { path }) => one.send(200, path));
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(new Uint8Array(4));
        controller.close();
      },
    });
    const requests: RequestInput[] = [
      { url: peer.url('/1'), method: 'POST', body },
      { url: peer.url('/2'), method: 'POST', body },
      peer.url('/3'),
    ];
    const options: FlurryOptions = { ca: LOCALHOST.cert, retry: 0, httpVersion: '2' };
    const outcomes = await flurry.all(requests, options);
    await peer.close();
    expect(outcomes.map(short).sort()).toEqual(['200 /1', '200 /3', 'send/invalid']);
  });
});
