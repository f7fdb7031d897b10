// How records show redirects that were followed.

import { expect, it } from 'vitest';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { REUSED, Response } from '../../src/model/outcome.ts';
import { Request } from '../../src/model/request.ts';
import { ResponseHead } from '../../src/model/response-head.ts';
import { RecordFormat } from '../../src/sinks/record.ts';

it('tells the URL that was asked for, and each hop', () => {
  const { origin, target } = parseUrl('http://b.test/end');
  const request = new Request(3, 'GET', origin, target, EMPTY_HEADERS, undefined, undefined);
  request.hops = [{ url: 'http://a.test/"start"', status: 302, location: 'http://b.test/end#part' }];
  const framing = {
    contentLength: 0,
    transferEncoding: 'none',
    keepAlive: true,
    keepAliveMs: undefined,
  } as const;
  const head = new ResponseHead(200, '1.1', 'OK', '', framing);
  const response = new Response(request, head, Buffer.alloc(0), '', 1, 1, REUSED, '127.0.0.1:80');
  const record = new RecordFormat({ body: 'none', headers: false, timings: false }).line(response);
  expect(JSON.parse(record)).toEqual({
    index: 3,
    url: 'http://a.test/"start"',
    method: 'GET',
    redirects: [{ status: 302, location: 'http://b.test/end#part' }],
    status: 200,
    ms: 1,
    bytes: 0,
    attempts: 0,
  });
});
