// Digest authentication from the option to the wire and back: one challenge for an origin, and its answers.

import { createHash } from 'node:crypto';
import { flurry, type Outcome } from 'flurry';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RawServer } from '../server/raw-server.ts';
import { Network } from './fixture.ts';

const NONCE = 'n0nce';

/** Answers 200 to a right answer and 401 with a challenge to all else. */
async function guarded(): Promise<RawServer> {
  const server = await RawServer.open((peer, { method, target, head }) => {
    const field = /^authorization: Digest (.*)$/im.exec(head)?.[1] ?? '';
    const value = (name: string) => new RegExp(`${name}="?([^",]*)`).exec(field)?.[1] ?? '';
    const hash = (text: string) => createHash('sha256').update(text).digest('hex');
    const parts = [NONCE, value('nc'), value('cnonce'), 'auth', hash(`${method}:${target}`)];
    const right = hash([hash('user:r:secret'), ...parts].join(':'));
    if (field !== '' && value('response') === right)
      return peer.send('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    peer.send(
      `HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest realm="r", nonce="${NONCE}", qop="auth", algorithm=SHA-256\r\nContent-Length: 0\r\n\r\n`,
    );
  });
  onTestFinished(() => server.close());
  return server;
}

function statuses(outcomes: readonly Outcome[]): unknown[] {
  return outcomes.map((one) => (one.type === 'response' ? one.status : `${one}`));
}

describe('digest', () => {
  it('answers the challenge of an origin, and from then on at once', async () => {
    const server = await guarded();
    const outcomes = await flurry.all(`${server.url()}[1-20]`, {
      user: 'user:secret',
      digest: true,
      concurrency: 1,
    });
    expect(statuses(outcomes)).toEqual(Array(20).fill(200));
    expect(server.arrivals).toHaveLength(21);
    expect(outcomes.map(({ attempts }) => attempts)).toEqual([2, ...Array(19).fill(1)]);
  });

  it('sends a body with the answer', async () => {
    const server = await guarded();
    const post = { url: server.url(), method: 'POST', body: 'data' };
    expect(statuses(await flurry.all([post], { user: 'user:secret', digest: true }))).toEqual([200]);
    expect(server.arrivals.map(({ body }) => body)).toEqual(['data', 'data']);
  });

  it('with a wrong password ends in the 401', async () => {
    const server = await guarded();
    const outcomes = await flurry.all(server.url(), { user: 'user:wrong', digest: true });
    expect(statuses(outcomes)).toEqual([401]);
    expect(server.arrivals.length).toBeLessThanOrEqual(4);
  });

  it('that is challenged while the run stops still has its outcome', async () => {
    const challenge =
      'HTTP/1.1 401 No\r\nWWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\nContent-Length: 0\r\n\r\n';
    const network = new Network((peer, { nth }) => {
      if (nth > 0) return peer.send(['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'], 0);
      core.stop('caller');
      peer.send([challenge], 0);
    });
    const { ArraySink } = await import('./fixture.ts');
    const { core, sink } = network.run(
      ['http://a.test/'],
      { user: 'user:secret', digest: true },
      new ArraySink(),
    );
    await network.end(core);
    expect(sink.short).toEqual(['0 hi']);
  });
});
