// Raw servers and the public API: what a lesson is told with.

import { Failure, type FlurryOptions, flurry, type Outcome, type RequestInput, Response } from 'flurry';
import { onTestFinished } from 'vitest';
import { RawServer, type RawServerOptions, type Script } from '../server/raw-server.ts';

export const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

/** Closed when the test is over. */
export async function serve(script: Script, options?: RawServerOptions): Promise<RawServer> {
  const server = await RawServer.open(script, options);
  onTestFinished(() => server.close());
  return server;
}

/** One request after the other. */
export function ask(requests: readonly RequestInput[], options: FlurryOptions = {}): Promise<Outcome[]> {
  return flurry.all(requests, { concurrency: 1, family: '4', ...options });
}

export async function one(request: RequestInput, options?: FlurryOptions): Promise<Outcome> {
  const [outcome] = await ask([request], options);
  if (outcome === undefined) throw new Error('no outcome');
  return outcome;
}

/** `200 hi` or `body/closed`. */
export function short(outcome: Outcome): string {
  if (outcome instanceof Response) return `${outcome.status} ${outcome.text()}`;
  if (outcome instanceof Failure) return `${outcome.phase}/${outcome.kind}`;
  throw new Error('neither a response nor a failure');
}

export function to(location: string, status = 302): string {
  return `HTTP/1.1 ${status} Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`;
}

/** The same server under another host name. */
export function asLocalhost(url: string): string {
  return url.replace('127.0.0.1', 'localhost');
}

/** The fields of one name in a request, in lower case. */
export function fieldsOf(head: string, name: string): string[] {
  const start = `${name.toLowerCase()}:`;
  return head.split('\r\n').filter((line) => line.toLowerCase().startsWith(start));
}
