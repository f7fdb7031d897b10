import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LOOKED_AT_BYTES_MAX } from '../../src/inspection/content.ts';
import type { Response } from '../../src/model/outcome.ts';
import { inspection, type ResponseParts, refusal, response, untouchable } from './response.ts';

function fails(failOn: unknown, parts: ResponseParts): boolean {
  return inspection({ failOn }).inspect(response(parts)).type === 'failure';
}

const json = { headers: ['Content-Type: Application/JSON; charset=utf-8'] };
const tagged = { headers: ['Server: nginx/1.22', 'ETag: "a"', 'X-Two: one', 'x-two: two'] };

describe('a condition', () => {
  it.each<[string, ResponseParts, boolean]>([
    ['5xx,429', { status: 503 }, true],
    ['5xx,429', { status: 429 }, true],
    ['5xx,429', { status: 404 }, false],
    ['status=404', { status: 404 }, true],
    ['status == 404', { status: 404 }, true],
    ['status!=200', { status: 200 }, false],
    ['status!=200', { status: 201 }, true],
    ['status != 200,3xx', { status: 302 }, false],
    ['STATUS!=2xx', { status: 500 }, true],
    ['body~error', { body: 'an error' }, true],
    ['body~error', { body: 'an Error' }, false],
    ['body~(?i)error', { body: 'an Error' }, true],
    ['body~(?is)a.b', { body: 'A\nB' }, true],
    ['body~ x', { body: 'x' }, false],
    ['body~ x', { body: ' x' }, true],
    ['body~x ', { body: 'x' }, false],
    ['body!~"ok":true', { body: '{"ok":true}' }, false],
    ['body!~"ok":true', { body: '{}' }, true],
    ['body~ü', { body: Uint8Array.of(0xfc), headers: ['Content-Type: text/plain; charset=latin1'] }, true],
    ['body~^$', {}, true],
    ['header:server~nginx', tagged, true],
    ['header:Server~^nginx$', tagged, false],
    ['header:Server!~nginx', tagged, false],
    ['header:Server!~apache', tagged, true],
    ['header:X-None!~x', tagged, true],
    ['header:X-None~x', tagged, false],
    ['header:X-Two~^two$', tagged, true],
    ['header:ETag', tagged, true],
    ['header: ETag', tagged, true],
    ['header:etag2', tagged, false],
    ['!header:ETag', tagged, false],
    ['! header:X-None', tagged, true],
    ['size<3', { body: 'ab' }, true],
    ['size<3', { body: 'abc' }, false],
    ['size<=3', { body: 'abc' }, true],
    ['size>3', { body: 'abc' }, false],
    ['size>=3', { body: 'abc' }, true],
    ['size=0', {}, true],
    ['size!=0', {}, false],
    ['size > 1kb', { body: 'x'.repeat(1025) }, true],
    ['size > 1kb', { body: 'x'.repeat(1024) }, false],
    ['size<100', { body: 'é'.repeat(50) }, false],
    ['type!=application/json', json, false],
    ['type=application/JSON', json, true],
    ['type!=application/json', {}, true],
    ['type=text/html', json, false],
  ])('%j holds for %j: %j', (condition, parts, expected) => {
    expect(fails(condition, parts)).toBe(expected);
  });

  it('is one of several, each of which is enough', () => {
    const failOn = ['5xx', 'body~no such'];
    expect(fails(failOn, { status: 500 })).toBe(true);
    expect(fails(failOn, { body: 'no such user' })).toBe(true);
    expect(fails(failOn, { status: 404 })).toBe(false);
  });

  it('never touches the body where status or head tell', () => {
    const failOn = ['5xx', 'status!=200', 'type!=text/html', 'header:A~b', '!header:Content-Type'];
    const one = inspection({ failOn });
    expect(one.readsBody).toBe(false);
    expect(one.inspect(untouchable({ headers: ['Content-Type: text/html'] })).type).toBe('response');
    expect(String(inspection({ failOn: 'size=0' }).inspect(untouchable()))).toMatch(/size=0 threw Error$/);
    expect(inspection({ failOn: 'body~x' }).readsBody).toBe(true);
  });

  it('decodes the text once for all that look at it', () => {
    let decoded = 0;
    const one = response({ body: 'abc' });
    const text = one.text.bind(one);
    one.text = () => {
      decoded++;
      return text();
    };
    const all = inspection({ failOn: ['body~x', 'body~y'], match: 'b', filter: 'z', extract: ['a=regex:a'] });
    all.inspect(one);
    expect(all.passes(one)).toBe(true);
    expect(decoded).toBe(1);
  });

  it('does not mistake one response for the one before', () => {
    const all = inspection({ failOn: 'body~error', extract: ['id=/id'], match: 'id' });
    const [first, second] = [response({ body: '{"id":1}' }), response({ body: '{"id":2,"error":1}' })];
    expect(all.inspect(first)).toBe(first);
    expect(all.inspect(second).type).toBe('failure');
    expect(all.passes(response({ body: 'none' }))).toBe(false);
  });

  it('looks at no more of a body than it may', () => {
    const body = Buffer.alloc(LOOKED_AT_BYTES_MAX + 10, 'a');
    body.write('needle', LOOKED_AT_BYTES_MAX - 3);
    expect(fails('body~nee', { body })).toBe(true);
    expect(fails('body~needle', { body })).toBe(false);
    expect(fails(`size>${LOOKED_AT_BYTES_MAX}`, { body })).toBe(true);
  });

  it.each([
    ['', 'failOn: a condition is missing; write it as'],
    ['  ', 'a condition is missing'],
    ['stauts=200', 'failOn: no condition at character 1 of "stauts=200"; did you mean status?'],
    ['heder:Age', 'did you mean header?'],
    ['~x', 'no condition at character 1 of "~x"; write it as'],
    ['body=x', 'body takes ~ !~ at character 5 of "body=x"'],
    ['body', 'body takes ~ !~ at character 5'],
    ['size~1', 'size takes < <= > >= = != at character 5'],
    ['size>', 'a size is missing at character 6 of "size>"'],
    ['size > big', 'no size "big" at character 8 of "size > big"'],
    ['status!=20', 'no status "20" at character 9 of "status!=20"'],
    ['200,abc', 'no status "abc" at character 5 of "200,abc"'],
    ['type=json', 'no media type at character 6 of "type=json"; write it without parameters'],
    ['body~', 'a regular expression is missing at character 6'],
    ['body~a(', 'no regular expression (Unterminated group) at character 6 of "body~a("'],
    ['body~(?i)', 'a regular expression is missing'],
    ['header:', 'no field name at character 8 of "header:"'],
    ['header:A B', 'no field name at character 8'],
    ['header:A~(', 'no regular expression (Unterminated group) at character 10'],
    ['!header:A~b', 'either ! in front or a regular expression at character 10'],
    ['!body~x', 'no condition at character 1 of "!body~x"'],
    ['constructor=1', 'no condition'],
  ])('%j is refused, with the place and what to write', (condition, problem) => {
    expect(refusal({ failOn: condition })).toContain(problem);
  });

  it('never throws anything but an OptionError for any text', () => {
    const start = fc.constantFrom('', 'status', 'header:', '!header:', 'body', 'size', 'type', '5xx');
    const operator = fc.constantFrom('', '=', '!=', '~', '!~', '<', '>=', ',', ' ');
    fc.assert(
      fc.property(start, operator, fc.string({ maxLength: 12 }), (a, b, c) => {
        expect(refusal({ failOn: a + b + c })).toMatch(/^(?:failOn: |accepted$)/);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the failure', () => {
  it('says which condition and which status, and shows nothing of the body', () => {
    const failure = inspection({ failOn: 'body~s[e]cret' }).inspect(response({ body: 'the secret' }));
    expect({ ...failure }).toEqual({
      type: 'failure',
      index: 7,
      id: 'mine',
      url: 'http://localhost:8080/a?b=1',
      method: 'GET',
      phase: 'body',
      kind: 'unexpected',
      sent: 'response',
      status: 200,
      history: undefined,
      message: 'status 200 meets the condition body~s[e]cret',
      cause: undefined,
      attempts: 2,
      ms: 1.5,
      line: undefined,
      resend: false,
    });
  });
});

describe('a condition in code', () => {
  const asked = (check: (one: Response) => unknown) =>
    inspection({ failOn: check })
      .inspect(response({ status: 201, body: '<top secret>' }))
      .toString();

  it('says true, or why', () => {
    expect(asked(() => true)).toBe(
      'failure 7 body/unexpected sent response: status 201 meets a condition in code',
    );
    expect(asked((one) => one.status === 201 && 'not made')).toMatch(/: status 201: not made$/);
    expect(asked(() => 'x'.repeat(5000)).length).toBeLessThan(600);
    for (const fine of [false, undefined, '']) expect(asked(() => fine)).toMatch(/^response 7 201/);
  });

  it('stands in a list beside texts', () => {
    const failOn = ['5xx', (one: Response) => one.body.length === 3];
    expect(fails(failOn, { body: 'abc' })).toBe(true);
    expect(fails(failOn, { status: 500 })).toBe(true);
    expect(fails(failOn, {})).toBe(false);
  });

  it('fails the response where it throws; the message quotes no body, the cause is there', () => {
    const failure = inspection({ failOn: (one: Response) => one.json() === 1 }).inspect(
      response({ body: '<top secret>' }),
    );
    expect(failure).toMatchObject({ message: 'status 200: a condition in code threw SyntaxError' });
    expect(failure).toHaveProperty('cause', expect.any(SyntaxError));
    expect(asked(() => Promise.resolve(false))).toMatch(
      /a condition in code gave a promise; it must give true/,
    );
    expect(asked(() => 1)).toMatch(/gave number/);
    expect(asked(() => null)).toMatch(/gave null/);
  });
});

it('a regular expression that runs out of stack fails the response, and drops or extracts nothing', () => {
  const body = Buffer.alloc(LOOKED_AT_BYTES_MAX, 'ab');
  expect(inspection({ failOn: 'body~^(a|b)*$' }).inspect(response({ body })).toString()).toMatch(
    /status 200: the condition body~\^\(a\|b\)\*\$ threw RangeError$/,
  );
  const one = response({ body });
  const all = inspection({ filter: '^(a|b)*$', extract: ['a=regex:^(a|b)*$', 'b=regex:^a'] });
  expect(all.inspect(one)).toBe(one);
  expect(all.passes(one)).toBe(true);
  expect(one.extracted).toEqual({ a: null, b: 'a' });
});
