// node-fetch with an agent, without which it closes every connection after its response:
// https://github.com/node-fetch/node-fetch#custom-agent

import http from 'node:http';
import https from 'node:https';
import fetch from 'node-fetch';
import { Count, inLoops, told } from './counting.mjs';

const context = told();
const { Agent } = context.url.startsWith('https:') ? https : http;
const agent = new Agent({ keepAlive: true, maxSockets: context.concurrency });
const count = new Count();
await inLoops(context, count, async (n) => {
  const response = await fetch(context.url + n, { agent });
  count.response(response.status, await response.json());
});
count.tell();
