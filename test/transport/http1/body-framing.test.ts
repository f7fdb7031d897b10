// Bodies as HTTP/1.1 frames them: which octets, in which writes.

import { describe, expect, it } from 'vitest';
import type { BodyStream } from '../../../src/model/body-stream.ts';
import type { Wire } from '../../../src/model/contracts.ts';
import type { Request } from '../../../src/model/request.ts';
import { BodyFraming } from '../../../src/transport/http1/body-framing.ts';
import { makeRequest } from '../fixture.ts';

const HEAD = 'POST / HTTP/1.1\r\n\r\n';

class Writes {
  readonly all: string[] = [];
  takes = true;

  write(head: string, body: Uint8Array | undefined): boolean {
    this.all.push(head + Buffer.from(body ?? []).toString('latin1'));
    return this.takes;
  }
}

function framing(): { framing: BodyFraming; writes: Writes } {
  const writes = new Writes();
  return { writes, framing: new BodyFraming(writes as unknown as Wire) };
}

function inMemory(): Request {
  return makeRequest({ url: 'http://host/', body: 'ab' });
}

function produced(length: number | undefined): Request {
  const request = makeRequest({ url: 'http://host/', method: 'POST' });
  request.stream = { length, replayable: false, contentType: undefined } as BodyStream;
  return request;
}

const octets = (text: string) => Buffer.from(text, 'latin1');

describe('BodyFraming', () => {
  it('writes a head together with the first octets of a body in memory, and says what the wire says', () => {
    const { framing: one, writes } = framing();
    writes.takes = false;
    expect(one.begin(inMemory(), HEAD)).toBe(true);
    expect(writes.all).toEqual([]);
    expect(one.give(octets('a'))).toBe(false);
    writes.takes = true;
    expect(one.give(octets('b'))).toBe(true);
    expect(writes.all).toEqual([`${HEAD}a`, 'b']);
  });

  it('writes the head of a produced body at once, and says whether the wire takes more', () => {
    for (const takes of [true, false]) {
      const { framing: one, writes } = framing();
      writes.takes = takes;
      expect(one.begin(produced(undefined), HEAD)).toBe(takes);
      expect(writes.all).toEqual([HEAD]);
    }
  });

  it('writes each chunk whole, then the last one', () => {
    const { framing: one, writes } = framing();
    one.begin(produced(undefined), HEAD);
    one.give(octets('hello'));
    one.give(octets('x'.repeat(31)));
    one.end();
    expect(writes.all).toEqual([HEAD, '5\r\nhello\r\n', `1f\r\n${'x'.repeat(31)}\r\n`, '0\r\n\r\n']);
  });

  it('leaves octets under a length as they are, and ends them with nothing', () => {
    const { framing: one, writes } = framing();
    one.begin(produced(2), HEAD);
    one.give(octets('a'));
    one.give(octets('b'));
    one.end();
    expect(writes.all).toEqual([HEAD, 'a', 'b']);
  });

  it('writes no head twice: neither one that is out, nor that of the body before', () => {
    const { framing: one, writes } = framing();
    writes.takes = false;
    expect(one.begin(produced(undefined), '')).toBe(true);
    one.give(octets('a'));
    one.end();
    one.begin(inMemory(), HEAD);
    one.give(octets('ab'));
    one.begin(inMemory(), '');
    one.give(octets('ab'));
    expect(writes.all).toEqual(['1\r\na\r\n', '0\r\n\r\n', `${HEAD}ab`, 'ab']);
  });
});
