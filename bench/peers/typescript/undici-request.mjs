// undici's request on a Pool, the body read through its mixin: https://undici.nodejs.org/#/docs/api/Pool and
// https://undici.nodejs.org/#/docs/api/Dispatcher. HTTP/2 where the server chooses it by ALPN.

import { Pool } from 'undici';
import { Count, inLoops, told } from './counting.mjs';

const context = told();
const { origin, pathname, protocol } = new URL(context.url);
const pool = new Pool(origin, { connections: context.concurrency, allowH2: protocol === 'https:' });
const count = new Count();
await inLoops(context, count, async (n) => {
  const { statusCode, body } = await pool.request({ path: pathname + n, method: 'GET' });
  count.response(statusCode, await body.json());
});
count.tell();
