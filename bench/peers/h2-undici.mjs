// undici with `allowH2`, by its lowest door as in undici-dispatch.mjs: one Client for each connection, which has as many
// streams open as it may pipeline requests.

import { Client } from 'undici';

export function run({ url, requests, concurrency, connections }) {
  return new Promise((resolve) => {
    const counts = { responses: 0, errors: 0, idSum: 0 };
    const streams = Math.ceil(concurrency / connections);
    const options = { allowH2: true, pipelining: streams, maxConcurrentStreams: streams };
    const clients = Array.from({ length: connections }, () => new Client(url, options));
    let sent = 0;
    const next = (slot) => {
      if (sent === requests) return;
      sent++;
      slot.client.dispatch({ path: `/todos/${sent}`, method: 'GET' }, slot);
    };
    const settled = (slot, id) => {
      if (id === undefined) counts.errors++;
      else {
        counts.responses++;
        counts.idSum += id;
      }
      if (counts.responses + counts.errors === requests) resolve(counts);
      else next(slot);
    };
    for (let i = 0; i < concurrency; i++) next(new Slot(clients[i % connections], settled));
  });
}

/** One request after the other; undici takes it as the handler of each. */
class Slot {
  client;
  #settled;
  #status = 0;
  #body;

  constructor(client, settled) {
    this.client = client;
    this.#settled = settled;
  }

  onConnect() {
    this.#body = undefined;
  }

  onHeaders(status) {
    this.#status = status;
    return true;
  }

  onData(chunk) {
    this.#body = this.#body === undefined ? chunk : Buffer.concat([this.#body, chunk]);
    return true;
  }

  onComplete() {
    this.#settled(this, this.#status === 200 ? JSON.parse(this.#body.toString()).id : undefined);
  }

  onError() {
    this.#settled(this, undefined);
  }
}
