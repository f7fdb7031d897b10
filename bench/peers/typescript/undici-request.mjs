// undici's request on a Pool, the body read through its mixin: https://undici.nodejs.org/#/docs/api/Pool and
// https://undici.nodejs.org/#/docs/api/Dispatcher.

import { Pool } from 'undici';
import { Count, inLoops, told } from './counting.mjs';
import { poolOptions } from './undici-pool.mjs';

const context = told();
const { origin, pathname } = new URL(context.url);
const pool = new Pool(origin, poolOptions(context));
const count = new Count();
await inLoops(context, count, async (n) => {
  const { statusCode, body } = await pool.request({ path: pathname + n, method: 'GET' });
  count.response(statusCode, await body.json());
});
count.tell();
