// Responses that are cut, against a real server, at every octet: what is not whole is never a success.

import { describe, expect, it } from 'vitest';
import { ELSEWHERE, LOCALHOST } from '../server/certificate.ts';
import { RawServer } from '../server/raw-server.ts';
import { ask, loopback, short } from './real.ts';

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const TEXT = 'the whole body';
const FRAMED = {
  'Content-Length': `HTTP/1.1 200 OK\r\nContent-Length: ${TEXT.length}\r\n\r\n${TEXT}`,
  chunked: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nthe w\r\n9\r\nhole body\r\n0\r\nA: b\r\n\r\n`,
};
const TO_THE_END = `HTTP/1.1 200 OK\r\nServer: x\r\n\r\n${TEXT}`;

const { serve, connect } = loopback();

/** `/first` is answered and its connection kept; then `/cut/<n>` gets n octets and the end; a second try gets all. */
function cutting(how: 'reset' | 'end', response: string) {
  return serve((peer, { target, before }) => {
    const at = /^\/cut\/(\d+)/.exec(target)?.[1];
    if (at === undefined) peer.send(OK);
    else if (before > 0) peer.send(response);
    else peer[how](response.slice(0, Number(at)));
  });
}

describe('a keep-alive response that is cut', () => {
  for (const how of ['reset', 'end'] as const) {
    for (const [framing, response] of Object.entries(FRAMED)) {
      it(`by ${how} at any octet is a failure, or sent again where nothing had come (${framing})`, async () => {
        const server = await cutting(how, response);
        const transport = connect();
        for (let at = 0; at <= response.length; at++) {
          expect(short(await ask(transport, server.url('/first')))).toBe('200 hi');
          const outcome = await ask(transport, server.url(`/cut/${at}`));
          const arrived = server.arrivals.filter(({ target }) => target === `/cut/${at}`).length;
          if (at === 0) {
            expect(`${short(outcome)} ${outcome.attempts}`).toBe(`200 ${TEXT} 2`);
            expect(arrived).toBe(2);
            continue;
          }
          expect(arrived).toBe(1);
          if (at === response.length) expect(short(outcome)).toBe(`200 ${TEXT}`);
          else expect(short(outcome)).toMatch(/^(headers|body)\/(reset|closed)$/);
        }
      });

      it(`by ${how} never lets a POST arrive twice (${framing})`, async () => {
        const server = await cutting(how, response);
        const transport = connect();
        for (const at of [0, 1, 20, response.length - 1]) {
          await ask(transport, server.url('/first'));
          const url = server.url(`/cut/${at}`);
          const outcome = await ask(transport, { url, method: 'POST', body: 'pay' });
          expect(short(outcome)).toMatch(/^(headers|body)\/(reset|closed)$/);
        }
        const posts = server.arrivals.filter(({ method }) => method === 'POST');
        expect(posts.map(({ before }) => before)).toEqual([0, 0, 0, 0]);
      });
    }
  }

  it('by reset at any octet is a failure where the body ends with the connection, even at its end', async () => {
    const server = await cutting('reset', TO_THE_END);
    const transport = connect();
    for (let at = 1; at <= TO_THE_END.length; at++) {
      await ask(transport, server.url('/first'));
      const outcome = await ask(transport, server.url(`/cut/${at}`));
      expect(short(outcome)).toMatch(/^(headers|body)\/reset$/);
    }
  });

  it('by a clean end is whole where the body ends with the connection, but not inside of its head', async () => {
    const server = await cutting('end', TO_THE_END);
    const transport = connect();
    const head = TO_THE_END.indexOf('\r\n\r\n') + 4;
    for (let at = head - 2; at <= TO_THE_END.length; at++) {
      const outcome = await ask(transport, server.url(`/cut/${at}`));
      const expected = at < head ? 'headers/closed' : `200 ${TO_THE_END.slice(head, at)}`;
      expect(short(outcome)).toBe(expected);
    }
  });

  it('between pipelined responses is sent again for what was not answered, and only that', async () => {
    const stream = [1, 2, 3, 4].map((n) => `HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n${n}`).join('');
    const one = stream.length / 4;
    for (const how of ['reset', 'end'] as const) {
      for (let at = 0; at <= stream.length; at += 3) {
        const server = await serve((peer, { target, nth, before }) => {
          if (target === '/first') peer.send(OK);
          else if (before > 0) peer.send(stream.slice(0, one).replace(/.$/, target.slice(-1)));
          else if (nth === 4) peer[how](stream.slice(0, at));
        });
        const transport = connect({ settings: { pipeline: 4, perOriginMax: 4 } });
        await ask(transport, server.url('/first'));
        const outcomes = await Promise.all([1, 2, 3, 4].map((n) => ask(transport, server.url(`/${n}`))));
        outcomes.forEach((outcome, i) => {
          const cutHere = at > i * one && at < (i + 1) * one;
          if (cutHere) expect(short(outcome)).toMatch(/^(headers|body)\/(reset|closed)$/);
          else expect(`${short(outcome)} ${outcome.attempts}`).toBe(`200 ${i + 1} ${at > i * one ? 1 : 2}`);
        });
      }
    }
  });
});

describe('under TLS', () => {
  const tls = LOCALHOST;
  const trusting = { tls: { ca: LOCALHOST.cert } };

  it('a body that ends with the connection is whole when TLS was ended', async () => {
    const server = await serve((peer) => peer.end(TO_THE_END), { tls });
    const transport = connect(trusting);
    const first = await ask(transport, server.url('/1'));
    expect(`${short(first)} ${first.attempts}`).toBe(`200 ${TEXT} 2`);
    // From here on the end of a connection to this origin can be told at the first attempt.
    for (let i = 2; i < 5; i++) {
      const next = await ask(transport, { url: server.url(`/${i}`), method: 'POST', body: 'x' });
      expect(`${short(next)} ${next.attempts}`).toBe(`200 ${TEXT} 1`);
    }
  });

  it('and never when TCP alone was ended, whatever of it had come', async () => {
    const head = TO_THE_END.length - TEXT.length;
    for (let at = head; at <= TO_THE_END.length; at += 7) {
      const server = await serve((peer) => peer.cut(TO_THE_END.slice(0, at)), { tls });
      const transport = connect(trusting);
      expect(short(await ask(transport, server.url()))).toBe('body/reset');
      expect(short(await ask(transport, server.url('/again')))).toBe('body/reset');
      const post = await ask(transport, { url: server.url('/post'), method: 'POST', body: 'x' });
      expect(short(post)).toBe('body/reset');
      expect(server.arrivals.filter(({ method }) => method === 'POST')).toHaveLength(1);
    }
  });

  it('a wire that can tell carries all that others do: large bodies, refusals, silence', async () => {
    const large = 'x'.repeat(1_000_000);
    const server = await serve(
      (peer, { target, body }) => {
        if (target === '/to-the-end') peer.end(TO_THE_END);
        else if (target === '/echo')
          peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      },
      { tls },
    );
    const transport = connect(trusting);
    expect(short(await ask(transport, server.url('/to-the-end')))).toBe(`200 ${TEXT}`);
    for (let i = 0; i < 3; i++) {
      const echo = await ask(transport, { url: server.url('/echo'), body: large });
      expect(short(echo)).toBe(`200 ${large}`);
      expect(echo.type === 'response' && echo.remoteAddress).toMatch(/^(127\.0\.0\.1|\[::1\]):/);
    }
    expect(server.connections).toBe(3);
    const silent = ask(transport, server.url('/silent'));
    await server.until(() => server.arrivals.length === 6);
    transport.abort();
    expect(short(await silent)).toBe('headers/aborted');
    await server.until(() => server.open === 0);
  });

  it('a wire that can tell also says whose certificate it does not trust, and who refuses', async () => {
    const server = await serve((peer) => peer.end(TO_THE_END), { tls });
    const { port } = server;
    const url = server.url();
    const transport = connect(trusting);
    expect(short(await ask(transport, url))).toBe(`200 ${TEXT}`);
    await server.close();
    const other = await RawServer.open(() => {}, { tls: ELSEWHERE, port });
    expect(short(await ask(transport, url))).toBe('tls/certificate');
    await other.close();
    expect(short(await ask(transport, url))).toBe('connect/refused');
  });

  it('a POST whose answer ends with the connection is not sent twice to find out', async () => {
    const server = await serve((peer) => peer.end(TO_THE_END), { tls });
    const transport = connect(trusting);
    const outcome = await ask(transport, { url: server.url(), method: 'POST', body: 'pay' });
    expect(short(outcome)).toBe('body/closed');
    expect(server.arrivals).toHaveLength(1);
    expect(String(outcome)).toContain('nothing shows that the end of the connection was its own');
  });

  it.each(Object.entries(FRAMED))(
    'a body that says its length needs no end of TLS (%s)',
    async (_, response) => {
      const server = await serve((peer) => peer.cut(response), { tls });
      const transport = connect(trusting);
      const outcome = await ask(transport, server.url());
      expect(`${short(outcome)} ${outcome.attempts}`).toBe(`200 ${TEXT} 1`);
    },
  );

  it.each(Object.entries(FRAMED))('but is not whole before (%s)', async (_, response) => {
    const server = await serve((peer) => peer.cut(response.slice(0, -1)), { tls });
    const transport = connect(trusting);
    expect(short(await ask(transport, server.url()))).toBe('body/closed');
  });
});
