// Follows the links of a site, each page once and no further than four clicks from where it starts.

import { flurry } from 'flurry';
import { links } from 'flurry/links';

const site = `${process.argv[2] ?? 'http://localhost:8080'}/site/`;
const run = flurry(site, { followRedirects: true, concurrency: 20 });
for await (const outcome of run) {
  if (outcome.type === 'failure') {
    console.warn(`${outcome.url}: ${outcome.message}`);
    continue;
  }
  for (const { url } of links(outcome)) {
    if (url.startsWith(site)) run.add(url, { from: outcome, depthMax: 4 });
  }
}
console.log(`${run.summary.responses} pages`);
