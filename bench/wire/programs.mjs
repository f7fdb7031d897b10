// Which programs are there, and what cannot be measured without the others. Starts nothing to measure.

import { groupOf } from './clients.mjs';
import { findProgram } from './server.mjs';

/** Every program that some row needs, with the package of Debian and Ubuntu that has it. */
const PACKAGES = { nginx: 'nginx', wrk: 'wrk', openssl: 'openssl', h2load: 'nghttp2-client', curl: 'curl' };

/** The path of each; undefined where it is missing. */
export function findPrograms() {
  return Object.fromEntries(Object.keys(PACKAGES).map((name) => [name, findProgram(name)]));
}

/** The clients for which everything is there; `say` hears what is missing, who is left out, and what to install. */
export function measurable(clients, programs, say) {
  for (const [name, path] of Object.entries(programs)) {
    if (path !== undefined) continue;
    const without = clients.filter((client) => needs(client).includes(name)).map(({ title }) => title);
    const instead =
      name === 'nginx' ? ['the server is flurry serve: slower, so fewer requests come per turn'] : [];
    if (without.length > 0) instead.push(`left out: ${without.join('; ')}`);
    if (instead.length > 0)
      say(`${name} not found (apt-get install ${PACKAGES[name]}); ${instead.join('; ')}`);
  }
  return clients.filter((client) => needs(client).every((name) => programs[name] !== undefined));
}

function needs(client) {
  return [...(client.needs ?? []), ...groupOf(client).needs];
}
