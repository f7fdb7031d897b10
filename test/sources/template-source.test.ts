// Requests from templates. The quick way past parseUrl has to give the very requests that parseUrl gives.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENDED } from '../../src/model/contracts.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { InvalidRequest } from '../../src/model/invalid.ts';
import { shown } from '../../src/model/origin.ts';
import { Failure } from '../../src/model/outcome.ts';
import { type Request, RequestFactory } from '../../src/model/request.ts';
import { TemplateSource } from '../../src/sources/template/source.ts';
import {
  compileTemplates,
  type Template,
  type TemplateOptions,
} from '../../src/sources/template/template.ts';
import { drain, type Item, shownItem, sourceContract } from '../contract/source.ts';
import { factory } from './fixture.ts';
import { OPTIONS, templateError } from './template-fixture.ts';

function sourceOf(texts: readonly string[], options: Partial<TemplateOptions> = {}): TemplateSource {
  return new TemplateSource(compileTemplates(texts, { ...OPTIONS, ...options }), factory);
}

/** How many requests of a template go past parseUrl: all or none. */
function isQuick(text: string, vars: Record<string, string> = {}): boolean {
  let plain = 0;
  let parsed = 0;
  class Counting extends RequestFactory {
    override plain(...args: Parameters<RequestFactory['plain']>): Request {
      plain++;
      return super.plain(...args);
    }
    override from(...args: Parameters<RequestFactory['from']>): Request {
      parsed++;
      return super.from(...args);
    }
  }
  const counting = new Counting({ method: undefined, headers: EMPTY_HEADERS, body: undefined });
  const source = new TemplateSource(compileTemplates([text], { ...OPTIONS, vars }), counting);
  for (let i = 0; i < source.count; i++) source.at(i);
  expect([0, source.count]).toContain(parsed);
  expect(parsed === 0 ? plain : parsed).toBe(source.count);
  return parsed === 0;
}

sourceContract('TemplateSource', (urls) => sourceOf(urls, { globoff: true }));

describe('TemplateSource', () => {
  it('walks one template after another, and finds any index', async () => {
    const source = sourceOf(['http://a/[1-3]', 'http://b/', 'http://{c,d}/x']);
    const urls = ['http://a/1', 'http://a/2', 'http://a/3', 'http://b/', 'http://c/x', 'http://d/x'];
    expect(source.count).toBe(6);
    expect(urls.map((_, i) => (source.at(i) as Request).url)).toEqual(urls);
    const items = await drain(source);
    expect(items.map((item) => [item.index, item.url])).toEqual(urls.map((url, i) => [i, url]));
  });

  it('has no request beyond its count, before 0 or between two', () => {
    const source = sourceOf(['http://a/[1-3]']);
    for (const index of [3, -1, 0.5, Number.NaN]) {
      expect(() => source.at(index)).toThrow(`no request has the index ${index}: there are 3`);
    }
    expect(() => sourceOf([]).at(0)).toThrow(RangeError);
  });

  it('reaches indices beyond 2^31 at once', () => {
    const source = sourceOf(['http://h/[1-100000]/[1-100000]', 'http://h/[a-z0-9]{10}']);
    expect(source.count).toBe(10 ** 10 + 36 ** 10);
    const item = source.at(10 ** 10 + 36 ** 10 - 1) as Request;
    expect([item.url, item.index]).toEqual(['http://h/9999999999', 10 ** 10 + 36 ** 10 - 1]);
    expect((source.at(10 ** 10 - 1) as Request).target).toBe('/100000/100000');
  });

  it('refuses more requests than can be numbered', () => {
    const error = templateError(() => sourceOf(['http://h/[1-9007199254740991]', 'http://h/']));
    expect(error.message).toContain('9,007,199,254,740,992 requests');
  });

  it('makes what is no request a failure, without its password', async () => {
    const items = await drain(sourceOf(['http://me:secret@{h,h h}/', '{ftp,http}://h/']));
    expect(items.map((item) => item.type)).toEqual(['request', 'failure', 'failure', 'request']);
    expect(items[1]).toMatchObject({ index: 1, phase: 'input', kind: 'invalid', url: 'http://h h/' });
    expect(items.map((item) => item.toString()).join()).not.toContain('secret');
  });

  it('says credentials of a URL in a header', () => {
    const request = sourceOf(['http://me:secret@h/[1-3]']).at(1) as Request;
    expect(request.headers.get('authorization')).toBe(`Basic ${btoa('me:secret')}`);
  });

  it('lets other errors of the factory pass', () => {
    const broken = {
      from: () => {
        throw new TypeError('broken');
      },
    } as unknown as RequestFactory;
    const templates = compileTemplates(['http://{a,b}/'], OPTIONS);
    expect(() => new TemplateSource(templates, broken).pull()).toThrow(TypeError);
  });

  it('prints where it stands', () => {
    const source = sourceOf(['http://a/[1-3]', 'http://b/']);
    source.pull();
    expect(source.toString()).toBe('templates 2, next 1 of 4');
    source.close();
    expect(source.pull()).toBe(ENDED);
  });
});

describe('the quick way', () => {
  it.each([
    'http://h/code/[a-z0-9]{4}',
    'http://h/',
    'http://h?x=[1-3]',
    'https://[::1]:8080/[1-3]/{a.jpg,b.jpg}?q={x,}&r=[a-c]',
    "http://h/x[._~!$&'()*+\\,;=\\:@/-]",
    'http://h/x{.jpg,.png}',
  ])('is taken by %s', (text) => {
    expect(isQuick(text.replace('[a-z0-9]{4}', '[ab]{4}'))).toBe(true);
  });

  it('is taken by a variable that is encoded, and where a host has one value', () => {
    expect(isQuick('http://h/?q={w|uri}', { w: 'a b,é,100%' })).toBe(true);
    expect(isQuick('http://h/x?q={w|uri}', { w: 'a/.b,c/' })).toBe(true);
    expect(isQuick('http://{host}/[1-3]', { host: 'example.com' })).toBe(true);
  });

  it.each([
    'http://{a,b}/',
    'http://h:[8080-8081]/',
    'http://h[1-2]/',
    'http://h',
    'http://h#/[1-2]',
    'http://h#x://h/[1-2]',
    'http://u@h/[1-2]',
    'http://u:p@h/[1-2]',
    'ftp://h/[1-2]',
    'nonsense/[1-2]',
    'http://h/%41[1-2]',
    'http://h/x y[1-2]',
    'http://h/[1-2]#x',
    'http://h/{a,\\[}',
    'http://h/{.,a}/',
    'http://h/{a,}.{b,c}',
    'http://h/{a,}{.,b}',
    'http://h/{a/,b}.x',
    'http://h/x[/.]{2}',
    'http://h/../[1-2]',
    'http://h/{a/.x,b}',
    'http://h/[ab]{0,1}.x',
  ])('is not taken by %s', (text) => {
    expect(isQuick(text)).toBe(false);
  });

  it('looks into the value of a variable', () => {
    expect(isQuick('http://h/{v}', { v: '{a,}{.,b}' })).toBe(false);
    expect(isQuick('http://h/{v}', { v: '{a,}{c,b}' })).toBe(true);
  });

  it('gives the same requests as taking each URL apart', () => {
    const characters = fc.constantFrom(...'ab01/.?&=#%2eé @:-~;+\'"<^|');
    const text = fc.string({ unit: characters, maxLength: 6 }).map((s) => s.replace(/%2e/g, '%2E'));
    const glob = fc.oneof(
      fc.array(text, { minLength: 2, maxLength: 3 }).map((values) => `{${values.join(',')},}`),
      fc
        .uniqueArray(fc.constantFrom(...'ab/.?é%'), { minLength: 2, maxLength: 3 })
        .map((c) => `[${c.join('')}]{0,2}`),
      fc.constantFrom('[1-3]', '[08-10]', '[a-c]', '{w}', '{w|uri}', '{one}'),
    );
    const start = fc.constantFrom(
      'http://h',
      'http://h/',
      'https://H:443/',
      'http://[::1]:81/x',
      'http://u:p@h/',
      'http://h?',
      'h/',
      'http://h#',
      'http://h\\x/',
      'ftp://h/',
    );
    let quick = 0;
    fc.assert(
      fc.property(start, fc.array(fc.oneof(text, glob), { maxLength: 4 }), (head, rest) => {
        const template = head + rest.join('');
        const vars = Object.fromEntries(
          Object.entries({ w: 'a b,./,é,/,x', one: '/..' }).filter(([name]) => template.includes(`{${name}`)),
        );
        const compiled = compileTemplates([template], { ...OPTIONS, vars });
        const source = new TemplateSource(compiled, factory);
        if (compiled[0]!.plain !== undefined) quick++;
        for (let i = 0; i < Math.min(100, source.count); i++) {
          expect(whole(source.at(i))).toBe(whole(fromUrl(compiled[0]!, i)));
        }
      }),
      { numRuns: 700 },
    );
    expect(quick).toBeGreaterThan(50);
  });
});

function fromUrl(template: Template, index: number): Item {
  try {
    return factory.from(index, template.at(index));
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error;
    return Failure.ofInput(index, shown(template.at(index)), error.message);
  }
}

function whole(item: Item): string {
  return item.type === 'failure' ? shownItem(item) : `${shownItem(item)} ${item.origin.key} ${item.target}`;
}

describe('one origin', () => {
  it('is told of templates that all go to one, known before the first request', () => {
    expect(sourceOf(['http://h/[1-9]']).oneOrigin).toBe(true);
    expect(sourceOf(['http://h/[1-9]', 'http://h/{a,b}']).oneOrigin).toBe(true);
    expect(sourceOf(['http://h/[1-9]', 'http://other/']).oneOrigin).toBe(false);
    expect(sourceOf(['http://h[1-9]/']).oneOrigin).toBe(false);
  });
});
