// undici's lowest door. Of its documented ways the cheapest, each measured at 12 to 14 µs of CPU per request: one
// Client for each connection (a Pool costs 1 µs more), handlers with onConnect … onComplete (with onRequestStart …
// onResponseEnd undici takes the header fields apart for each response: 1 µs more), and a handler used again for the
// next request.

import { Client } from 'undici';

export function run({ url, requests, concurrency }) {
  return new Promise((resolve) => {
    const work = new Work(requests, resolve);
    for (let i = 0; i < concurrency; i++) new Connection(new Client(url, { pipelining: 1 }), work).next();
  });
}

class Work {
  sent = 0;
  responses = 0;
  errors = 0;
  idSum = 0;
  #requests;
  #resolve;

  constructor(requests, resolve) {
    this.#requests = requests;
    this.#resolve = resolve;
  }

  get isLeft() {
    return this.sent < this.#requests;
  }

  settled() {
    const { responses, errors, idSum } = this;
    if (responses + errors === this.#requests) this.#resolve({ responses, errors, idSum });
  }
}

class Connection {
  #client;
  #work;
  #status = 0;
  #body;

  constructor(client, work) {
    this.#client = client;
    this.#work = work;
  }

  next() {
    if (!this.#work.isLeft) return;
    this.#work.sent++;
    this.#client.dispatch({ path: `/todos/${this.#work.sent}`, method: 'GET' }, this);
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
    const { id } = JSON.parse(this.#body.toString());
    if (this.#status === 200) {
      this.#work.responses++;
      this.#work.idSum += id;
    } else this.#work.errors++;
    this.#work.settled();
    this.next();
  }

  onError() {
    this.#work.errors++;
    this.#work.settled();
    this.next();
  }
}
