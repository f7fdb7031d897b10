// A server that answers when the test says so.

import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HeldServer {
  readonly url: string;
  /** Resolves as soon as so many requests wait for their answer. */
  waiting(count: number): Promise<void>;
  /** Answers all that wait, and all that come from now on. */
  release(): void;
  close(): Promise<void>;
}

export async function heldServer(): Promise<HeldServer> {
  const held: ServerResponse[] = [];
  let watchers: { count: number; resolve: () => void }[] = [];
  let released = false;
  const server = createServer((_, response) => {
    if (released) {
      response.end('ok');
      return;
    }
    held.push(response);
    watchers = watchers.filter(({ count, resolve }) => {
      if (held.length < count) return true;
      resolve();
      return false;
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    waiting: (count) =>
      held.length >= count ? Promise.resolve() : new Promise((resolve) => watchers.push({ count, resolve })),
    release() {
      released = true;
      for (const response of held.splice(0)) response.end('ok');
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
