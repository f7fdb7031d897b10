import * as zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { StreamDecoder, type StreamDecoderEvents } from '../../src/session/decoding.ts';
import { CODED, LIMITS, listing, noise, split } from './decoding-fixture.ts';

const bytes = noise(600_000);
const body = zlib.gzipSync(bytes);

function recorder(codings: readonly string[], over: Partial<StreamDecoderEvents> = {}) {
  const events: string[] = [];
  const out: Buffer[] = [];
  let wake: (() => void) | undefined;
  const note = (event: string) => {
    events.push(event);
    wake?.();
  };
  const decoder = new StreamDecoder(codings, LIMITS, {
    onData(chunk) {
      out.push(chunk);
      if (events.at(-1) !== 'data') note('data');
    },
    onEnd: () => note('end'),
    onFault: (fault) => note(`${fault.kind}: ${fault.message}`),
    onDrain: () => note('drain'),
    ...over,
  });
  /** Waits for an event; fails where the decoder ends otherwise. */
  const until = async (event: string) => {
    while (!events.includes(event) && !events.some((one) => one === 'end' || one.includes(':'))) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
    expect(events).toContain(event);
  };
  return { decoder, events, until, decoded: () => Buffer.concat(out) };
}

async function eventually(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}

/** Turns in which what must not come would have come: each one waits for work of the same kind on another thread. */
async function turns(): Promise<void> {
  for (let i = 0; i < 5; i++) {
    await new Promise((resolve) => zlib.inflateRaw(zlib.deflateRawSync(listing(50_000)), resolve));
  }
}

describe('a stream decoder', () => {
  it('hands out what it can before the end', async () => {
    const { decoder, events, until } = recorder(['gzip']);
    decoder.write(body.subarray(0, body.length >> 1));
    await until('data');
    expect(events).toEqual(['data']);
    expect(String(decoder)).toMatch(
      /^decoder of gzip: open, 300,\d{3} octets in, [\d,]+ out, [\d,]+ waiting$/,
    );
    decoder.write(body.subarray(body.length >> 1));
    decoder.end();
    await until('end');
    expect(String(decoder)).toMatch(/^decoder of gzip: ended, 600,\d{3} octets in, 600,000 out, 0 waiting$/);
  });

  it('says stop when much waits, and drain once it is consumed', async () => {
    const { decoder, events, until } = recorder(['gzip']);
    const chunks = split(body, 64 * 1024);
    expect(chunks.map((chunk) => decoder.write(chunk))).toEqual(chunks.map((_, i) => i < 4));
    await until('drain');
    expect(events.filter((event) => event === 'drain')).toHaveLength(1);
    expect(decoder.write(Buffer.alloc(1))).toBe(true);
  });

  it('says stop when many small chunks wait', () => {
    const { decoder } = recorder(['gzip']);
    const taken = split(body.subarray(0, 100), 1).map((chunk) => decoder.write(chunk));
    // One is under way.
    expect(taken.indexOf(false)).toBe(65);
    decoder.close();
  });

  it('decodes no more than a few pieces ahead of a reader that rests', async () => {
    const { decoder, until, decoded } = recorder(['gzip', 'br']);
    const long = zlib.brotliCompressSync(zlib.gzipSync(Buffer.from(noise(1000).toString('hex').repeat(500))));
    decoder.pause();
    decoder.write(long);
    decoder.end();
    await turns();
    expect(decoded()).toHaveLength(0);
    expect(String(decoder)).toMatch(/^decoder of gzip, br: ending, paused, [\d,]+ octets in, 0 out/);
    decoder.resume();
    await until('end');
    expect(decoded()).toHaveLength(1_000_000);
  });

  it.each(CODED)('comes to its end after padding, read while paused or before: $name', async (form) => {
    for (const size of [100, 40_000, 65_536, 200_000]) {
      for (const paused of [true, false]) {
        const { decoder, until, decoded } = recorder([form.coding]);
        const content = listing(size);
        if (paused) decoder.pause();
        decoder.write(Buffer.concat([form.encode(content), Buffer.alloc(5)]));
        await turns();
        decoder.write(Buffer.alloc(10));
        decoder.end();
        await turns();
        decoder.resume();
        await until('end');
        expect(decoded().equals(content)).toBe(true);
      }
    }
  });

  // The stream of the inner layer may tell that it has ended before it tells how much of its last piece it took.
  it('sees octets behind the content of an inner layer, however the pieces fall', async () => {
    for (const size of [100, 65_500, 65_536, 70_000, 131_072, 140_000, 200_000]) {
      const { decoder, until } = recorder(['deflate', 'gzip']);
      const inner = Buffer.concat([zlib.deflateSync(noise(size)), Buffer.from('more')]);
      decoder.write(zlib.gzipSync(inner));
      decoder.end();
      await until('protocol: octets after the end of its deflate content');
    }
  });

  // A stream that is paused at its last chunk still ends at once: the next layer was told so in the midst of its work.
  it('is whole where a layer ends while the next one works', async () => {
    const content = noise(20_000);
    const { decoder, until, decoded } = recorder(['gzip', 'gzip', 'gzip']);
    for (const chunk of split(zlib.gzipSync(zlib.gzipSync(zlib.gzipSync(content))), 100))
      decoder.write(chunk);
    decoder.end();
    await until('end');
    expect(decoded().equals(content)).toBe(true);
  });

  it('can be paused from within its data', async () => {
    const seen: number[] = [];
    const { decoder, until } = recorder(['gzip'], {
      onData(chunk) {
        seen.push(chunk.length);
        decoder.pause();
        setImmediate(() => {
          expect(seen).toHaveLength(count + 1);
          count++;
          decoder.resume();
        });
      },
    });
    let count = 0;
    decoder.write(body);
    decoder.end();
    await until('end');
    expect(seen.reduce((sum, length) => sum + length)).toBe(bytes.length);
  });

  it('without a coding passes chunks on, paused or not', () => {
    const { decoder, events, decoded } = recorder([]);
    decoder.write(Buffer.from('one'));
    decoder.pause();
    decoder.write(Buffer.from('two'));
    decoder.end();
    expect(String(decoded())).toBe('one');
    expect(String(decoder)).toBe('decoder of identity: ending, paused, 6 octets in, 3 out, 3 waiting');
    decoder.resume();
    expect(String(decoded())).toBe('onetwo');
    expect(events).toEqual(['data', 'end']);
  });

  it('is silent after close', async () => {
    for (const codings of [['gzip'], ['gzip', 'gzip'], []]) {
      const { decoder, events } = recorder(codings);
      decoder.pause();
      decoder.write(body);
      decoder.close();
      decoder.resume();
      expect(decoder.write(body)).toBe(true);
      decoder.end();
      await turns();
      expect(events).toEqual([]);
      expect(String(decoder)).toMatch(/: closed, /);
    }
  });

  it('can be closed from within its data', async () => {
    let chunks = 0;
    const { decoder, events } = recorder(['gzip'], {
      onData() {
        chunks++;
        decoder.close();
      },
    });
    decoder.write(body);
    decoder.end();
    await eventually(() => chunks > 0);
    await turns();
    expect([chunks, events]).toEqual([1, []]);
  });

  it('hands out nothing after it was closed, though more lies ready', async () => {
    const flushed = zlib.createDeflate();
    const parts: Buffer[] = [];
    flushed.on('data', (part: Buffer) => parts.push(part));
    for (let i = 0; i < 5; i++) {
      flushed.write(listing(1000, i));
      await new Promise<void>((resolve) => flushed.flush(resolve));
    }
    let chunks = 0;
    const { decoder } = recorder(['deflate'], {
      onData() {
        chunks++;
        decoder.close();
      },
    });
    decoder.pause();
    for (const part of parts) decoder.write(part);
    await turns();
    decoder.resume();
    await eventually(() => chunks > 0);
    await turns();
    expect(chunks).toBe(1);
  });

  it('tells one fault, and nothing after it', async () => {
    const { decoder, events } = recorder(['br', 'gzip']);
    decoder.write(zlib.gzipSync('no brotli at all'));
    decoder.write(Buffer.from('and no gzip either'));
    decoder.end();
    await eventually(() => events.length > 0);
    await turns();
    // Which of the three comes first is up to the threads that decode.
    expect(events).toEqual([
      expect.stringMatching(/^protocol: (?:br content that|octets after|gzip content that)/),
    ]);
    decoder.end();
    decoder.close();
    expect(String(decoder)).toContain('faulty');
  });

  it('refuses unknown codings with the first octet, not before', () => {
    const { decoder, events } = recorder(['gzip', 'no-such']);
    expect(events).toEqual([]);
    decoder.write(Buffer.from('x'));
    expect(events).toEqual([expect.stringContaining('protocol: content in the coding "no-such"')]);
  });
});
