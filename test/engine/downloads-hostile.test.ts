// Whatever a server does between the attempts of a download (it breaks off, changes the body, ignores ranges, refuses
// them, lies about them), what is called whole is one version of the body, octet by octet.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type RawRequest, RawServer } from '../server/raw-server.ts';
import { temporaryFolder } from '../sinks/folder.ts';
import { download, rangeOf, reply } from './downloads-fixture.ts';

const path = temporaryFolder();
const RUNS = 200;
const RESUMES = 4;
const LENGTHS = [70, 300, 1500];

/** Each version differs from each other in every octet. */
const BODIES = LENGTHS.map((length, version) =>
  Array.from({ length }, (_, i) => String.fromCharCode(65 + version * 20 + ((i * 7) % 19))).join(''),
);

/** How an attempt that asks for a range is answered; `honest` goes by If-Range. */
const WAYS = [
  'honest',
  'honest',
  'honest',
  'ignores',
  'refuses',
  'fails',
  'starts elsewhere',
  'claims another length',
  'has no tag',
  'has the new tag',
  'has several parts',
  'sends more',
  'sends less',
] as const;

const attempt = fc.record({
  version: fc.nat(BODIES.length - 1),
  way: fc.constantFrom(...WAYS),
  /** After how many hundredths of it it breaks off; beyond them all it does not. */
  cut: fc.integer({ min: 0, max: 160 }),
  chunked: fc.boolean(),
  reset: fc.boolean(),
  validator: fc.constantFrom('tag', 'tag', 'weak tag', 'date', 'nothing'),
});
type Attempt = typeof attempt extends fc.Arbitrary<infer T> ? T : never;

function validatorOf({ version, validator }: Attempt): string {
  if (validator === 'tag') return `ETag: "v${version}"\r\n`;
  if (validator === 'weak tag') return `ETag: W/"v${version}"\r\n`;
  const day = 10 + version;
  const date = `Last-Modified: Tue, ${day} Jun 2025 10:00:00 GMT\r\nDate: Sun, 22 Jun 2025 10:00:00 GMT\r\n`;
  return validator === 'date' ? date : '';
}

/** What the attempt says: status, fields and octets. */
function answer(one: Attempt, request: RawRequest): { status: number; fields: string; body: string } {
  const body = BODIES[one.version]!;
  const own = validatorOf(one);
  const full = { status: 200, fields: own, body };
  const range = rangeOf(request);
  if (range === undefined || one.way === 'ignores') return full;
  if (one.way === 'refuses') return { status: 416, fields: '', body: 'none of it' };
  if (one.way === 'fails') return { status: 503, fields: '', body: 'later' };
  const same = own.includes(range.validator) && !own.includes('W/');
  if (one.way === 'honest' && (!same || range.start >= body.length)) return full;
  const start = Math.min(range.start, body.length - 1);
  const total = one.way === 'claims another length' ? body.length + 1 : body.length;
  const first = one.way === 'starts elsewhere' ? start + 1 : start;
  let part = body.slice(start);
  if (one.way === 'sends more') part += '!!';
  if (one.way === 'sends less') part = part.slice(0, -1);
  let fields = `Content-Range: bytes ${first}-${body.length - 1}/${total}\r\n`;
  // Who sends octets of one version under the name of another cannot be found out.
  fields += one.way === 'has no tag' ? '' : own;
  if (one.way === 'has several parts') fields += 'Content-Type: multipart/byteranges; boundary=x\r\n';
  return { status: 206, fields, body: part };
}

it('what is called whole is one version of the body', async () => {
  let plan: readonly Attempt[] = [];
  let nth = 0;
  const server = await RawServer.open((peer, request) => {
    const one = plan[Math.min(nth++, plan.length - 1)]!;
    const { status, fields, body } = answer(one, request);
    const at = Math.floor((one.cut * body.length) / 100);
    const cut = at < body.length ? at : undefined;
    reply(peer, { status, fields, body, cut, chunked: one.chunked, reset: one.reset });
  });
  const seen = { whole: 0, resumed: 0, failed: 0 };
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 6 }), async (attempts) => {
        plan = attempts;
        nth = 0;
        const { record, content, files } = await download(server.url(), path('out'), {
          downloadResumes: RESUMES,
        });
        expect(record['attempts']).toBeLessThanOrEqual(RESUMES + 1);
        if (record['status'] === 200) {
          expect(BODIES).toContain(content);
          expect(record['bytes']).toBe(content!.length);
          seen.whole++;
          if (record['attempts'] !== 1) seen.resumed++;
        } else if (record['status'] !== undefined) {
          expect([record['status'], content]).toEqual(
            record['status'] === 416 ? [416, 'none of it'] : [503, 'later'],
          );
        } else {
          expect(record['error']).toMatchObject({ phase: expect.stringMatching(/^(?:body|headers)$/) });
          seen.failed++;
        }
        expect(files.length).toBe(record['status'] === undefined ? 0 : 1);
        expect(files.filter((name) => name.endsWith('.part'))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  } finally {
    await server.close();
  }
  // It would prove nothing if all of them ended in the same way.
  expect(Math.min(seen.whole, seen.resumed, seen.failed)).toBeGreaterThan(RUNS / 30);
});
