// got with the agents it recommends for keeping connections, its promise of JSON, and a status that is no success as an
// error: https://github.com/sindresorhus/got/blob/v14.6.6/documentation/2-options.md#agent. It would send failed
// requests twice more; here each is sent once. HTTP/2 where the server chooses it by ALPN:
// https://github.com/sindresorhus/got/blob/v14.6.6/documentation/2-options.md#http2

import http from 'node:http';
import https from 'node:https';
import got from 'got';
import { Count, inLoops, told } from './counting.mjs';

const context = told();
const settings = { keepAlive: true, maxSockets: context.concurrency };
const client = got.extend({
  agent: { http: new http.Agent(settings), https: new https.Agent(settings) },
  http2: context.url.startsWith('https:'),
  responseType: 'json',
  retry: { limit: 0 },
});
const count = new Count();
await inLoops(context, count, async (n) => {
  const { statusCode, body } = await client(context.url + n);
  count.response(statusCode, body);
});
count.tell();
