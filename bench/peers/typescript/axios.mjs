// axios with an instance and agents that keep connections; it parses JSON by itself, and a status that is no success is
// an error: https://axios-http.com/docs/instance and https://axios-http.com/docs/req_config (httpAgent, httpsAgent).

import http from 'node:http';
import https from 'node:https';
import axios from 'axios';
import { Count, inLoops, told } from './counting.mjs';

const context = told();
const settings = { keepAlive: true, maxSockets: context.concurrency };
const client = axios.create({
  httpAgent: new http.Agent(settings),
  httpsAgent: new https.Agent(settings),
});
const count = new Count();
await inLoops(context, count, async (n) => {
  const { status, data } = await client.get(context.url + n);
  count.response(status, data);
});
count.tell();
