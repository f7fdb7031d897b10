// node:http2, one session and so many streams at once: https://nodejs.org/docs/latest-v20.x/api/http2.html#client-side-example

import { connect } from 'node:http2';
import { Count, inLoops, told } from './counting.mjs';

const context = told();
const { origin, pathname } = new URL(context.url);
const session = connect(origin);
// Each of its streams fails with it; without a listener the process would end.
session.on('error', () => {});
const count = new Count();
await inLoops(context, count, async (n) => {
  const { status, text } = await get(pathname + n);
  count.response(status, JSON.parse(text));
});
count.tell();

function get(path) {
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':path': path });
    let status = 0;
    let text = '';
    stream.setEncoding('utf8');
    stream.on('response', (headers) => {
      status = headers[':status'];
    });
    stream.on('data', (piece) => {
      text += piece;
    });
    stream.on('end', () => resolve({ status, text }));
    stream.on('error', reject);
    stream.on('aborted', () => reject(new Error('aborted')));
    stream.end();
  });
}
