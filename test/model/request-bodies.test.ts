// The ways in which a request, or a run, names its body: one of them each, its octets, its media type, its method.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionError } from 'flurry';
import { afterAll, describe, expect, it } from 'vitest';
import { fileBody } from '../../src/bodies/file-body.ts';
import { definitionOf, openSource, requestDefaults, type SourceInput } from '../../src/engine/source-of.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { InvalidRequest } from '../../src/model/invalid.ts';
import { type RunOptions, resolveOptions } from '../../src/model/options.ts';
import { type Request, RequestFactory, type RequestObject } from '../../src/model/request.ts';
import { octets } from '../bodies/collected.ts';

const folder = mkdtempSync(join(tmpdir(), 'flurry-request-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, 'file.txt');
writeFileSync(path, 'content');

const url = 'http://h/';

function factoryFor(options: RunOptions): RequestFactory {
  return new RequestFactory(requestDefaults(resolveOptions(options)));
}

function requestsOf(input: SourceInput, options: RunOptions): Request[] {
  const source = openSource(definitionOf(input), resolveOptions(options));
  const requests: Request[] = [];
  for (let pulled = source.pull(); pulled.type === 'request'; pulled = source.pull()) requests.push(pulled);
  return requests;
}

async function shown({ method, headers, body, stream }: Request) {
  const bytes = stream === undefined ? body : await octets(stream);
  const type = headers.get('content-type')?.replace(/boundary=.*/, 'boundary=');
  return [method, type, bytes === undefined ? undefined : Buffer.from(bytes).toString()];
}

const once = () => new Blob(['once']).stream();

describe('a request object', () => {
  const FORM = 'application/x-www-form-urlencoded';

  it.each<[string, Omit<RequestObject, 'url'>, unknown[]]>([
    ['nothing', {}, ['GET', undefined, undefined]],
    ['text', { body: 'grüße' }, ['POST', undefined, 'grüße']],
    ['bytes', { body: new Uint8Array([65]) }, ['POST', undefined, 'A']],
    ['json', { json: { a: 1 } }, ['POST', 'application/json', '{"a":1}']],
    ['json null', { json: null }, ['POST', 'application/json', 'null']],
    ['a form', { form: { a: 1, b: ['x', 'y'] } }, ['POST', FORM, 'a=1&b=x&b=y']],
    ['URLSearchParams', { body: new URLSearchParams('a=1') }, ['POST', `${FORM};charset=UTF-8`, 'a=1']],
    ['a Blob', { body: new Blob(['b'], { type: 'text/css' }) }, ['POST', 'text/css', 'b']],
    ['a file', { bodyFile: path, method: 'PUT' }, ['PUT', undefined, 'content']],
    ['fileBody', { body: fileBody(path, { contentType: 'text/plain' }) }, ['POST', 'text/plain', 'content']],
    ['a stream', { body: once() }, ['POST', undefined, 'once']],
    ['its own type', { form: { a: 1 }, headers: { 'Content-Type': 'x/y' } }, ['POST', 'x/y', 'a=1']],
    ['no type', { form: { a: 1 }, headers: { 'Content-Type': null } }, ['POST', undefined, 'a=1']],
  ])('with %s', async (_, parts, expected) => {
    expect(await shown(factoryFor({}).from(0, { url, ...parts }))).toEqual(expected);
  });

  it('with parts', async () => {
    const form = new FormData();
    form.append('a', '1');
    for (const parts of [{ multipart: { a: '1' } }, { multipart: form }, { body: form }]) {
      const [method, type, body] = await shown(factoryFor({}).from(0, { url, ...parts }));
      expect([method, type]).toEqual(['POST', 'multipart/form-data; boundary=']);
      expect(body).toContain('name="a"\r\n\r\n1\r\n');
    }
  });

  it('has one body, and is told which two it has', () => {
    const bodies = { body: 'x', json: 1, form: {}, multipart: {}, bodyFile: path };
    const names = Object.keys(bodies) as (keyof typeof bodies)[];
    for (const [i, one] of names.entries()) {
      for (const other of names.slice(i + 1)) {
        const input = { url, [other]: bodies[other], [one]: bodies[one] };
        expect(() => factoryFor({}).from(0, input)).toThrow(
          new InvalidRequest(`a request has either ${one} or ${other}, not both`),
        );
      }
    }
  });

  it('takes null for left out', async () => {
    const input = { url, body: null, form: null, multipart: null, bodyFile: null };
    expect(await shown(factoryFor({}).from(0, input as never))).toEqual(['GET', undefined, undefined]);
  });

  it.each<[object, RegExp]>([
    [{ body: 5 }, /^a body is text, bytes, a Blob, .*, not number; for JSON use json$/],
    [{ body: { a: 1 } }, /not an object; for JSON use json$/],
    [{ form: 'a=1' }, /^form takes an object of names and values$/],
    [{ form: { a: {} } }, /^field "a" of form takes text/],
    [{ multipart: { a: {} } }, /^a part is text, a number, bytes/],
    [{ bodyFile: 5 }, /^bodyFile is the path of a file$/],
    [{ bodyFile: '/nonexistent' }, /^cannot read \/nonexistent: there is no such file$/],
    [{ form: {}, headers: { 'Content-Length': '3' } }, /^header Content-Length is set by flurry/],
  ])('%j is no request', (parts, message) => {
    const make = () => factoryFor({}).from(0, { url, ...parts } as RequestObject);
    expect(make).toThrow(InvalidRequest);
    expect(make).toThrow(message);
  });
});

describe('the body of a run', () => {
  it('goes with every request that has none of its own, with its type, which another body does not get', async () => {
    const inputs = [url, new URL(url), 'http://u:p@h/', { url }, { url, body: 'own' }, { url, json: 1 }];
    for (const options of [{ form: { a: 1 } }, { body: new Blob(['a=1'], { type: 'x/y' }) }]) {
      const requests = requestsOf(inputs, options);
      const type = 'form' in options ? 'application/x-www-form-urlencoded' : 'x/y';
      for (const request of requests.slice(0, 4)) expect(await shown(request)).toEqual(['POST', type, 'a=1']);
      expect(await shown(requests[4]!)).toEqual(['POST', undefined, 'own']);
      expect(await shown(requests[5]!)).toEqual(['POST', 'application/json', '1']);
      expect(requests[2]!.headers.get('authorization')).toBe('Basic dTpw');
    }
  });

  it('gives way to a Content-Type among the headers, and to a method', async () => {
    const options = { form: { a: 1 }, headers: { 'content-type': 'x/y' }, method: 'PUT' };
    for (const request of requestsOf([url, { url }], options)) {
      expect(await shown(request)).toEqual(['PUT', 'x/y', 'a=1']);
    }
  });

  it('is replayable where there are several requests, and told so', () => {
    const why = /^the body can be read only once, so it goes with one request alone/;
    for (const input of [[url, url], 'http://h/[1-2]', new Set([url])]) {
      expect(() => requestsOf(input, { body: once() })).toThrow(why);
      expect(() => requestsOf(input, { body: once() })).toThrow(OptionError);
    }
    expect(requestsOf([url], { body: once() })[0]!.stream).toMatchObject({ replayable: false });
    expect(requestsOf(new Set([url, url]), { body: once(), first: 1 })).toHaveLength(1);
    expect(requestsOf([url, url], { body: fileBody(path) })).toHaveLength(2);
  });

  it('is one, and can be sent', () => {
    const errors: [object, string][] = [
      [{ body: 'x', form: {} }, 'a request has one body: give either body or form'],
      [{ body: { a: 1 } }, 'body takes text, bytes, or another body that fetch takes'],
      [{ body: 5 }, 'body takes text, bytes, or another body that fetch takes, not 5'],
      [{ body: new Date(0) }, 'a body is text, bytes'],
      [{ form: [] }, 'form takes an object of names and values'],
      [{ form: { a: {} } }, 'field "a" of form takes text'],
    ];
    for (const [options, message] of errors) {
      expect(() => factoryFor(options)).toThrow(OptionError);
      expect(() => factoryFor(options)).toThrow(message);
    }
  });
});

describe('the factory alone', () => {
  const bare = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });

  it('knows text, bytes and JSON', async () => {
    expect(await shown(bare.from(0, { url, body: 'x' }))).toEqual(['POST', undefined, 'x']);
    expect(() => bare.from(0, { url, form: {} })).toThrow(
      new InvalidRequest('form is not known here; give body or json'),
    );
    expect(() => bare.from(0, { url, body: new Blob([]) })).toThrow(InvalidRequest);
  });

  it('changes targets, one change after another, whatever the request is made from', () => {
    const changed = bare.retargeted((target) => `${target}1`).retargeted((target) => `${target}2`);
    for (const input of ['http://h/a', 'http://u:p@h/a', { url: 'http://h/a' }]) {
      expect(changed.from(0, input).target).toBe('/a12');
    }
    expect(bare.from(0, 'http://h/a').target).toBe('/a');
  });
});
