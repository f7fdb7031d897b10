// undici's lowest door, dispatch on a Pool with a handler for each request:
// https://undici.nodejs.org/#/docs/api/Dispatcher?id=dispatcherdispatchoptions-handler. (bench:wire has the cheapest way to
// use it, which no documentation shows.)

import { Pool } from 'undici';
import { Count, inLoops, told } from './counting.mjs';
import { poolOptions } from './undici-pool.mjs';

class Get {
  #resolve;
  #reject;
  #status = 0;
  #chunks = [];

  constructor(resolve, reject) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  onRequestStart() {}

  onResponseStart(_controller, status) {
    this.#status = status;
  }

  onResponseData(_controller, chunk) {
    this.#chunks.push(chunk);
  }

  onResponseEnd() {
    this.#resolve({ status: this.#status, body: Buffer.concat(this.#chunks) });
  }

  onResponseError(_controller, error) {
    this.#reject(error);
  }
}

const context = told();
const { origin, pathname } = new URL(context.url);
const pool = new Pool(origin, poolOptions(context));
const count = new Count();
await inLoops(context, count, async (n) => {
  const { status, body } = await new Promise((resolve, reject) => {
    pool.dispatch({ path: pathname + n, method: 'GET' }, new Get(resolve, reject));
  });
  count.response(status, JSON.parse(body.toString()));
});
count.tell();
