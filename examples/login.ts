// Logs in with a form, fetches the 1,000 pages behind it, through a proxy where one is named, and keeps the cookies.

import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { flurry, Session } from 'flurry';

const [site = 'http://127.0.0.1:8080', proxy = '', jar = `${tmpdir()}/flurry-jar.txt`] =
  process.argv.slice(2);
const session = new Session({ proxy: [proxy] });
const login = await session.post(`${site}/login`, { form: { user: 'user', password: 'secret' } });
if (!login.ok) throw new Error(`the login was answered with ${login.status}: ${login.text()}`);
const run = flurry(`${site}/private/[1-1000]`, { session, failOn: ['status!=200'] });
for await (const outcome of run) {
  if (outcome.type === 'failure') console.warn(`${outcome.url}: ${outcome.message}`);
}
await writeFile(jar, session.saveCookies(), { encoding: 'latin1', mode: 0o600 });
await session.close();
console.log(`${run.summary.responses} pages; the cookies are in ${jar}`);
