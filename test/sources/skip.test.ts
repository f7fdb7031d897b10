// Passing over items of an input: what is left is what pulling would have given, whatever the form and the chunks.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Source } from '../../src/model/contracts.ts';
import { FeedSource } from '../../src/sources/feed-source.ts';
import type { InputFormat } from '../../src/sources/input-format.ts';
import { openInput } from '../../src/sources/input-source.ts';
import { iterableSource } from '../../src/sources/iterable-source.ts';
import { select } from '../../src/sources/selection.ts';
import { drain, pullReady, shownItem } from '../contract/source.ts';
import { cutAt, factory, OPTIONS, streamOf } from './fixture.ts';

const URL_LINE = fc.nat(99).map((n) => `http://a.test/${n}`);
const ODD_LINE = fc.constantFrom(
  '',
  '  ',
  '\t',
  '# no',
  ' # no',
  'nonsense',
  '\r',
  'é',
  '\u00a0',
  'x'.repeat(200),
);
const JSON_LINE = fc.constantFrom(
  '{"url":"http://a.test/x"}',
  '"http://a.test/y"',
  '{',
  '[1]',
  '',
  ' ',
  '# a',
);
const CSV_LINE = fc.constantFrom(
  ...[
    'http://a.test/1,a',
    'http://a.test/2,"a,b"',
    '"http://a.test/3","two',
    'lines"',
    'one column',
    '',
    '  ',
  ],
  ...['http://a.test/4,a"b', '"never closed,', '"a"b,c', ',', 'x'.repeat(200)],
);
const HAR = JSON.stringify({
  log: {
    entries: Array.from({ length: 9 }, (_, i) => ({ request: i === 4 ? {} : { url: `http://a.test/${i}` } })),
  },
});

const INPUTS: readonly (readonly [InputFormat, fc.Arbitrary<string>])[] = [
  ['lines', fc.array(fc.oneof(URL_LINE, ODD_LINE)).map((lines) => lines.join('\n'))],
  ['jsonl', fc.array(JSON_LINE).map((lines) => lines.join('\r\n'))],
  ['csv', fc.array(CSV_LINE).map((lines) => ['url,b', ...lines].join('\n'))],
  ['har', fc.constant(HAR)],
];

describe.each(INPUTS)('%s', (format, text) => {
  it('gives the same with items passed over as when all are pulled', async () => {
    await fc.assert(
      fc.asyncProperty(
        text,
        fc.array(fc.nat(2000), { maxLength: 6 }),
        fc.array(fc.tuple(fc.nat(12), fc.nat(3)), { maxLength: 5 }),
        async (content, places, steps) => {
          const bytes = Buffer.concat([
            Buffer.from(content),
            Buffer.from(format === 'lines' ? '\n\xff' : '', 'latin1'),
          ]);
          const open = () =>
            openInput(
              streamOf(
                cutAt(
                  bytes,
                  places.map((place) => place % (bytes.length + 1)),
                ),
              ),
              {
                ...OPTIONS,
                format,
                lineBytesMax: 150,
              },
            );
          const whole = (await drain(open())).map(shownItem);
          const source = open();
          const given: string[] = [];
          const expected: string[] = [];
          let at = 0;
          for (const [skipped, pulled] of steps) {
            source.skip!(skipped);
            at += skipped;
            for (let i = 0; i < pulled; i++) {
              const item = await pullReady(source);
              if (item.type !== 'ended') given.push(shownItem(item));
              if (at < whole.length) expected.push(whole[at++]!);
            }
          }
          expect(given).toEqual(expected);
          expect((await drain(source)).map(shownItem)).toEqual(whole.slice(at));
        },
      ),
      { numRuns: 70 },
    );
  });
});

describe('requests that are fed', () => {
  const urls = ['http://a.test/0', 'http://a.test/1', 'http://a.test/2', 'http://a.test/3'];
  const part = (source: Source) =>
    select(source, {
      mixed: false,
      seed: 0,
      sample: undefined,
      first: undefined,
      shard: { index: 1, count: 2 },
    });
  const request = () => factory.from(0, 'http://a.test/fed');

  async function given(feed: FeedSource): Promise<string[]> {
    return (await drain(feed)).map((item) => `${item.index} ${item.url.slice('http://a.test/'.length)}`);
  }

  it('are numbered behind an input whose size is known, and leave its indices alone', async () => {
    const feed = new FeedSource(iterableSource(urls, factory));
    const first = [feed.pull()];
    feed.push(request());
    feed.push(request());
    feed.finish();
    expect(first).toMatchObject([{ index: 0 }]);
    expect(await given(feed)).toEqual(['4 fed', '1 1', '5 fed', '2 2', '3 3']);
  });

  it('are numbered behind the whole input of which a part is sent', async () => {
    const feed = new FeedSource(part(iterableSource(urls, factory)));
    feed.push(request());
    feed.finish();
    expect(await given(feed)).toEqual(['4 fed', '1 1', '3 3']);
  });

  it('move up what follows them in an input whose size is not known: no index comes twice', async () => {
    const feed = new FeedSource(iterableSource(new Set(urls), factory));
    feed.pull();
    feed.push(request());
    feed.push(request());
    feed.finish();
    expect(await given(feed)).toEqual(['1 fed', '2 1', '3 fed', '4 2', '5 3']);
  });

  it('wait for the end of a part of such an input', async () => {
    const feed = new FeedSource(part(iterableSource(new Set(urls), factory)));
    feed.push(request());
    feed.finish();
    expect(await given(feed)).toEqual(['1 1', '3 3', '4 fed']);
  });
});
