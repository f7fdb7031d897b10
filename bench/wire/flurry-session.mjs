// flurry as flurry-library.mjs uses it, with a session that keeps cookies, follows redirects and decodes: against a
// target that sets no cookie, redirects nowhere and encodes nothing, it should cost the same.

import { flurry, Session } from '../../dist/index.js';

export async function run({ url, requests, concurrency }) {
  const session = new Session({ concurrency, cookies: true, followRedirects: true, compressed: true });
  let responses = 0;
  let errors = 0;
  let idSum = 0;
  for await (const outcome of flurry(`${url}/todos/[1-${requests}]`, { session })) {
    if (outcome.type === 'response' && outcome.status === 200) {
      responses++;
      idSum += outcome.json().id;
    } else errors++;
  }
  await session.close();
  return { responses, errors, idSum };
}
