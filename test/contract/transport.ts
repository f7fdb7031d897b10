// What every Transport must do. Run over each of them; whoever writes a new one adds a line that runs it too.

import { afterEach, describe, expect, it } from 'vitest';
import type { Transport } from '../../src/model/contracts.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { type Request, RequestFactory } from '../../src/model/request.ts';

/** What the peer does with a request, by its path. */
export const PEER_PATHS = {
  '/ok': 'answers 200 with the query as its body and keeps the connection',
  '/missing': 'answers 404 and keeps the connection',
  '/last': 'answers 200 and says close',
  '/cut': 'sends half of a response and closes',
  '/reset': 'resets without an octet',
  '/garbage': 'sends what is not HTTP',
  '/silent': 'never answers',
} as const;

export type PeerPath = keyof typeof PEER_PATHS;

export interface TransportUnderTest {
  readonly transport: Transport;
  /** A place where a peer does as PEER_PATHS says. */
  readonly base: string;
  /** A place where nobody listens. */
  readonly nobody: string;
  /** Lets go on what goes on by itself, until the condition holds; rejects if it never will. */
  until(condition: () => boolean): Promise<void>;
  /** Connections that are open. */
  open(): number;
  /** Requests that have come and will have no answer. */
  unanswered(): number;
  /** One connection carries several requests at once: what breaks it breaks them all. */
  readonly shares?: boolean;
  close(): Promise<void>;
}

/** What ends a connection without a whole response. */
const BREAKING: ReadonlySet<PeerPath> = new Set(['/cut', '/reset', '/garbage']);
const PATHS = ['/ok', '/missing', '/last', '/cut', '/reset', '/garbage'] as const;

interface Sent {
  readonly request: Request;
  readonly outcomes: Outcome[];
}

const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });

export function transportContract(name: string, make: () => Promise<TransportUnderTest>): void {
  describe(`${name} keeps the contract of a transport`, () => {
    const made: TransportUnderTest[] = [];
    let index = 0;

    const start = async () => {
      const world = await make();
      made.push(world);
      const sent: Sent[] = [];
      const send = (url: string, then?: (outcome: Outcome) => void): Sent => {
        const one: Sent = { request: factory.from(index++, url), outcomes: [] };
        sent.push(one);
        world.transport.send(one.request, (request, outcome) => {
          expect(request).toBe(one.request);
          one.outcomes.push(outcome);
          then?.(outcome);
        });
        return one;
      };
      const to = (path: PeerPath, query = '', then?: (outcome: Outcome) => void) =>
        send(`${world.base}${path}?${query}`, then);
      const done = () => sent.every(({ outcomes }) => outcomes.length > 0);
      return { ...world, sent, send, to, done };
    };

    afterEach(async () => {
      for (const world of made.splice(0)) {
        world.transport.abort();
        await world.close();
      }
    });

    it('calls done exactly once for each send, with the outcome that is right', async () => {
      const { sent, send, to, until, done, nobody, shares } = await start();
      for (let i = 0; i < 60; i++) {
        const path = PATHS[i % PATHS.length]!;
        const isAlone = shares === true && BREAKING.has(path);
        if (isAlone) await until(done);
        to(path, String(i));
        if (isAlone) await until(done);
      }
      send(`${nobody}/`);
      await until(done);
      expect(sent.map(({ outcomes }) => outcomes.length)).toEqual(sent.map(() => 1));
      const kinds = sent.map(({ outcomes }) => {
        const outcome = outcomes[0]!;
        return outcome.type === 'response' ? `${outcome.status}` : `${outcome.phase}/${outcome.kind}`;
      });
      const expected = ['200', '404', '200', 'body/closed', 'headers/reset', 'headers/protocol'];
      expect(kinds).toEqual([...Array.from({ length: 60 }, (_, i) => expected[i % 6]), 'connect/refused']);
      sent.forEach(({ outcomes }, i) => {
        const outcome = outcomes[0]!;
        if (i % 6 === 0 && outcome.type === 'response') expect(outcome.text()).toBe(String(i));
      });
    });

    it('calls done exactly once for each send, also where what one of them breaks is shared', async () => {
      const { sent, to, until, done } = await start();
      for (let i = 0; i < 60; i++) to(PATHS[i % PATHS.length]!, String(i));
      await until(done);
      expect(sent.map(({ outcomes }) => outcomes.length)).toEqual(sent.map(() => 1));
      sent.forEach(({ outcomes: [outcome] }, i) => {
        const path = PATHS[i % PATHS.length]!;
        if (outcome!.type === 'failure') expect(['closed', 'reset', 'protocol']).toContain(outcome!.kind);
        else expect([BREAKING.has(path), outcome!.status]).toEqual([false, path === '/missing' ? 404 : 200]);
      });
    });

    it('says of each outcome what it belongs to and what it cost', async () => {
      const { sent, to, until, done } = await start();
      to('/ok');
      to('/garbage');
      await until(done);
      for (const { request, outcomes } of sent) {
        const [outcome] = outcomes;
        expect(outcome).toMatchObject({ index: request.index, url: request.url, method: 'GET', attempts: 1 });
        expect(outcome!.ms).toBeGreaterThanOrEqual(0);
      }
    });

    it('says how many connections it has opened, and which', async () => {
      const { send, to, until, done, transport, nobody } = await start();
      expect(transport.usage).toEqual({ http1Connections: 0, http2Connections: 0, streamsMax: 0 });
      to('/ok');
      await until(done);
      const { usage } = transport;
      expect(usage.http1Connections + usage.http2Connections).toBe(1);
      expect(usage.streamsMax).toBe(usage.http2Connections);
      to('/ok');
      send(`${nobody}/`);
      await until(done);
      expect(transport.usage).toEqual(usage);
    });

    it('takes requests from inside of done', async () => {
      const { sent, to, until } = await start();
      const chain = (left: number): void => {
        if (left > 0) to('/ok', String(left), () => chain(left - 1));
      };
      chain(30);
      await until(() => sent.length === 30 && sent.every(({ outcomes }) => outcomes.length === 1));
      const texts = sent.map(({ outcomes: [outcome] }) => outcome!.type === 'response' && outcome!.text());
      expect(texts).toEqual(Array.from({ length: 30 }, (_, i) => String(30 - i)));
    });

    it('fails all that is under way as aborted when it is aborted, and all that comes later', async () => {
      const { sent, to, until, transport, open, unanswered } = await start();
      to('/ok');
      await until(() => sent[0]!.outcomes.length === 1);
      for (let i = 0; i < 10; i++) to('/silent', String(i));
      await until(() => unanswered() > 5);
      transport.abort();
      to('/ok');
      transport.abort();
      const outcomes = sent.slice(1).map(({ outcomes: all }) => all);
      expect(outcomes.map((all) => all.length)).toEqual(outcomes.map(() => 1));
      for (const [outcome] of outcomes) expect(outcome).toMatchObject({ type: 'failure', kind: 'aborted' });
      await until(() => open() === 0);
      expect(transport.toString()).toBe('0 origins, 0 idle connections');
    });

    it('fails at once what is aborted before anything was opened', async () => {
      const { sent, to, transport, open, until } = await start();
      for (let i = 0; i < 3; i++) to('/ok');
      transport.abort();
      expect(sent.map(({ outcomes }) => outcomes.length)).toEqual([1, 1, 1]);
      await until(() => open() === 0);
    });

    it('closes what is idle when it is closed, and the rest when it ends', async () => {
      const { sent, to, until, done, transport, open } = await start();
      for (let i = 0; i < 5; i++) to('/ok', String(i));
      await until(done);
      to('/ok', 'under way');
      transport.close();
      to('/ok', 'after');
      transport.close();
      await until(done);
      expect(sent.map(({ outcomes: [outcome] }) => outcome!.type)).toEqual(sent.map(() => 'response'));
      await until(() => open() === 0);
      expect(transport.toString()).toBe('0 origins, 0 idle connections');
    });

    it('leaves nothing open when every request has failed', async () => {
      const { to, send, until, done, open, nobody, transport } = await start();
      for (const path of ['/cut', '/reset', '/garbage'] as const) to(path);
      send(`${nobody}/`);
      await until(done);
      await until(() => open() === 0);
      expect(transport.toString()).toBe('0 origins, 0 idle connections');
    });
  });
}
