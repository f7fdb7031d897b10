// A target on a free port in virtual time, and a plain way to ask it. Follows no redirects, decodes nothing, and
// opens a connection only when all that it has are busy.

import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { startTarget, type Target } from '../../src/target/index.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  readonly text: string;
  readonly json: unknown;
}

export interface Asking {
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer | AsyncIterable<Buffer>;
}

export interface Fixture {
  readonly target: Target;
  readonly clock: VirtualClock;
  ask(path: string, asking?: Asking): Promise<Answer>;
  close(): Promise<void>;
}

export async function openTarget(seed?: number): Promise<Fixture> {
  const clock = new VirtualClock();
  const target = await startTarget({ clock, seed });
  const agent = new Agent({ keepAlive: true });
  return {
    target,
    clock,
    ask: (path, asking = {}) => ask(agent, target.url + path, asking),
    async close() {
      agent.destroy();
      await target.close();
    },
  };
}

async function ask(agent: Agent, url: string, asking: Asking): Promise<Answer> {
  const { body, headers = {}, method = body === undefined ? 'GET' : 'POST' } = asking;
  const outgoing = request(url, { agent, method, headers });
  const answered = once(outgoing, 'response');
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) outgoing.end(body);
  else await pipeline(Readable.from(body), outgoing);
  const [response] = (await answered) as [IncomingMessage];
  const bytes = Buffer.concat(await response.toArray());
  return {
    status: response.statusCode!,
    headers: response.headers,
    bytes,
    text: bytes.toString('utf8'),
    get json() {
      return JSON.parse(bytes.toString('utf8'));
    },
  };
}
