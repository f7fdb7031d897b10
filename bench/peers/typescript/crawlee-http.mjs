// Crawlee's HttpCrawler with JSON, from an array of URLs: https://crawlee.dev/js/api/http-crawler/class/HttpCrawler. It
// begins with as many at once as it may have, because it would need minutes to find that by itself, sends each
// request once, and keeps its queue in memory: https://crawlee.dev/js/docs/guides/configuration

import { Configuration, HttpCrawler, log } from '@crawlee/http';
import { Count, told } from './counting.mjs';

const { url, from, to, concurrency } = told();
log.setLevel(log.LEVELS.OFF);
const crawler = new HttpCrawler(
  {
    minConcurrency: concurrency,
    maxConcurrency: concurrency,
    maxRequestRetries: 0,
    requestHandler: ({ response, json }) => count.response(response.statusCode, json),
    failedRequestHandler: () => count.error(),
  },
  new Configuration({ persistStorage: false }),
);
const count = new Count();
await crawler.run(Array.from({ length: to - from + 1 }, (_, i) => url + (from + i)));
count.tell();
