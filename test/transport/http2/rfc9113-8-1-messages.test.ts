// RFC 9113 section 8.1: what makes a response, in which order its parts come, and what makes it malformed.

import { describe, expect, it } from 'vitest';
import { Code, type Pair } from '../../fake/frame-octets.ts';
import type { FramePeer } from '../../fake/frame-peer.ts';
import { settingsOf } from '../fixture.ts';
import {
  type Exchange,
  exchange,
  expectGoingOn,
  expectStreamError,
  Http2Network,
  STATUS_OK,
  uploading,
} from './fixture.ts';

type Act = (peer: FramePeer) => void;

function status(code: number, ...fields: readonly Pair[]): readonly Pair[] {
  return [[':status', String(code)], ...fields];
}

/** What makes the response on stream 1 malformed, and where its request stands then. */
const MALFORMED: readonly (readonly [name: string, phase: string, act: Act])[] = [
  ['DATA before its header section', 'headers', (peer) => peer.data(1, 'hi')],
  [
    'the end of the stream before its header section',
    'headers',
    (peer) => peer.data(1, '', { endStream: true }),
  ],
  [
    'an interim response that ends the stream',
    'headers',
    (peer) => peer.headers(1, status(103), { endStream: true }),
  ],
  ['a 100 that ends the stream', 'headers', (peer) => peer.headers(1, status(100), { endStream: true })],
  [
    'DATA behind an interim response',
    'headers',
    (peer) => {
      peer.headers(1, status(103));
      peer.data(1, 'hi');
    },
  ],
  ['101, which HTTP/2 does not have (8.6)', 'headers', (peer) => peer.headers(1, status(101))],
  [
    'two header sections',
    'body',
    (peer) => {
      peer.headers(1, STATUS_OK);
      peer.headers(1, STATUS_OK);
    },
  ],
  [
    'a second header section that ends the stream',
    'body',
    (peer) => {
      peer.headers(1, STATUS_OK);
      peer.headers(1, STATUS_OK, { endStream: true });
    },
  ],
  [
    'an interim response behind the final one',
    'body',
    (peer) => {
      peer.headers(1, STATUS_OK);
      peer.headers(1, status(103));
    },
  ],
  [
    'trailers that do not end the stream',
    'body',
    (peer) => {
      peer.headers(1, STATUS_OK);
      peer.data(1, 'hi');
      peer.headers(1, [['checksum', '1']]);
    },
  ],
  [
    'more content than content-length says (8.1.1)',
    'body',
    (peer) => {
      peer.headers(1, status(200, ['content-length', '3']));
      peer.data(1, 'four');
    },
  ],
  [
    'more content than content-length says, in pieces',
    'body',
    (peer) => {
      peer.headers(1, status(200, ['content-length', '3']));
      peer.data(1, 'abc');
      peer.data(1, 'd', { endStream: true });
    },
  ],
  [
    'less content than content-length says (8.1.1)',
    'body',
    (peer) => {
      peer.headers(1, status(200, ['content-length', '3']));
      peer.data(1, 'ab', { endStream: true });
    },
  ],
  [
    'none, where content-length says some',
    'body',
    (peer) => peer.headers(1, status(200, ['content-length', '3']), { endStream: true }),
  ],
  [
    'less content than content-length says, before trailers',
    'body',
    (peer) => {
      peer.headers(1, status(200, ['content-length', '3']));
      peer.data(1, 'ab');
      peer.headers(1, [['a', 'b']], { endStream: true });
    },
  ],
  ...['-1', '+1', '1.0', '1, 2', '0x1', '', 'one', '99999999999999999999'].map(
    (length) =>
      [
        `a content-length of ${JSON.stringify(length)}`,
        'body',
        (peer: FramePeer) => {
          peer.headers(1, status(200, ['content-length', length]));
          peer.data(1, 'x', { endStream: true });
        },
      ] as const,
  ),
  [
    'two values of content-length',
    'body',
    (peer) => {
      peer.headers(1, status(200, ['content-length', '1'], ['content-length', '2']));
      peer.data(1, 'x', { endStream: true });
    },
  ],
  [
    'content with 204',
    'body',
    (peer) => {
      peer.headers(1, status(204));
      peer.data(1, 'x', { endStream: true });
    },
  ],
  [
    'content with 304',
    'body',
    (peer) => {
      peer.headers(1, status(304));
      peer.data(1, 'x', { endStream: true });
    },
  ],
];

describe('8.1 a response with', () => {
  it.each(MALFORMED)('%s is malformed: PROTOCOL_ERROR of its stream', (_, phase, act) => {
    const all = exchange(2);
    act(all.peer);
    expectStreamError(all, 1, Code.PROTOCOL_ERROR);
    expect(all.first.failure.phase).toBe(phase);
    expect(all.first.failure.sent).toBe('response');
    expect(all.first.failure.resend).toBe(false);
    all.peer.respond(3, 200, 'hi');
    expect(all.asked[1]!.short).toBe('200 hi');
  });
});

describe('8.1 a response', () => {
  it('is a header section, content and trailers, which are kept apart', () => {
    const { peer, first } = exchange();
    peer.headers(1, status(200, ['a', '1'], ['content-length', '4']));
    peer.data(1, 'he');
    peer.data(1, '');
    peer.data(1, 'hi');
    peer.headers(
      1,
      [
        ['checksum', 'x'],
        ['a', '2'],
      ],
      { endStream: true },
    );
    expect(first.short).toBe('200 hehi');
    expect(first.response.header('a')).toBe('1');
    expect(first.response.trailers).toEqual([
      ['checksum', 'x'],
      ['a', '2'],
    ]);
  });

  it('may have trailers and no content, and an empty trailer section', () => {
    const { peer, asked } = exchange(2);
    peer.headers(1, STATUS_OK);
    peer.headers(1, [['a', 'b']], { endStream: true });
    peer.headers(3, STATUS_OK);
    peer.headers(3, [], { endStream: true });
    expect(asked.map(({ response }) => response.trailers)).toEqual([[['a', 'b']], []]);
  });

  it('may come behind interim ones, whose fields are not its own', () => {
    const { peer, first } = exchange();
    peer.headers(1, status(100));
    peer.headers(1, status(103, ['link', '</a.css>']));
    peer.headers(1, status(199));
    peer.respond(1, 200, 'hi', [['a', 'b']]);
    expect(first.short).toBe('200 hi');
    expect(first.response.headers).toEqual([['a', 'b']]);
  });

  it('has more interim ones before it than may be: its request fails, the stream is cancelled', () => {
    const all = exchange(2);
    for (let i = 0; i < 10_000 && !all.first.done; i++) all.peer.headers(1, status(103));
    expectStreamError(all, 1, all.peer.framesOf(3)[0]?.payload.readUInt32BE(0) ?? Code.CANCEL, 'too-large');
    expect(all.peer.request(1).reset).toBeOneOf([Code.CANCEL, Code.ENHANCE_YOUR_CALM]);
  });

  it.each([200, 299, 404, 418, 500, 599, 600, 999])('has any final status: %i', (code) => {
    const { peer, first } = exchange();
    peer.respond(1, code, 'hi');
    expect([first.short, first.response.reason]).toEqual([`${code} hi`, '']);
  });

  it('says its content-length once, or the same several times', () => {
    const { peer, asked } = exchange(3);
    peer.respond(1, 200, 'hi', [['content-length', '2']]);
    peer.respond(3, 200, 'hi', [
      ['content-length', '2'],
      ['content-length', '2'],
    ]);
    peer.respond(5, 200, 'hi', [['content-length', '2, 2']]);
    expect(asked.map(({ short }) => short)).toEqual(['200 hi', '200 hi', '200 hi']);
  });

  it.each([
    ['HEAD', 200, '5'],
    ['HEAD', 404, '0'],
    ['GET', 204, '0'],
    ['GET', 304, '5'],
  ])('to %s with %i has no content, whatever content-length says', (method, code, length) => {
    const net = new Http2Network();
    const one = net.send({ url: 'http://host/1', method });
    const two = net.send({ url: 'http://host/2', method });
    const peer = net.accept();
    peer.headers(1, status(code, ['content-length', length]), { endStream: true });
    peer.headers(3, status(code, ['content-length', length]));
    peer.data(3, '', { endStream: true });
    expect([one.short, two.short]).toEqual([`${code} `, `${code} `]);
    expect(one.response.header('content-length')).toBe(length);
  });

  it('to HEAD with content is malformed', () => {
    const net = new Http2Network();
    const first = net.send({ url: 'http://host/', method: 'HEAD' });
    const peer = net.accept();
    peer.headers(1, STATUS_OK);
    peer.data(1, 'x', { endStream: true });
    expectStreamError({ net, peer, asked: [first], first }, 1, Code.PROTOCOL_ERROR);
  });

  it('may be larger than what is kept: too-large, and the stream is cancelled', () => {
    const all = exchange(2, { limits: { ...settingsOf().limits, bodyBytesMax: 10 } });
    all.peer.headers(1, STATUS_OK);
    all.peer.data(1, 'x'.repeat(11));
    expect(all.first.short).toBe('body/too-large');
    all.net.turn();
    expect(all.peer.request(1).reset).toBe(Code.CANCEL);
    expectGoingOn(all);
  });
});

describe('8.1 a response before the end of its request', () => {
  function early(then: (all: Exchange) => void): Exchange {
    const all = uploading();
    all.peer.respond(1, 200, 'enough');
    then(all);
    all.net.turn();
    expect(all.first.short).toBe('200 enough');
    expect(all.peer.request(1).ended).toBe(false);
    all.peer.windowUpdate(0, 200_000);
    expectGoingOn(all);
    return all;
  }

  it('stands, and the rest of the request is not sent', () => {
    const { peer } = early(() => {});
    expect(peer.request(1).reset).toBe(Code.CANCEL);
  });

  it('stands where RST_STREAM(NO_ERROR) follows at once', () => {
    early(({ peer }) => peer.rst(1, Code.NO_ERROR));
  });

  it('stands where RST_STREAM(NO_ERROR) follows in the same read', () => {
    const { net, peer, first } = uploading();
    peer.together(() => {
      peer.respond(1, 413, 'too much');
      peer.rst(1, Code.NO_ERROR);
    });
    net.turn();
    expect(first.short).toBe('413 too much');
    peer.windowUpdate(0, 200_000);
    expectGoingOn({ net, peer });
  });

  it('that is not whole when RST_STREAM(NO_ERROR) comes is none', () => {
    const { peer, first } = uploading();
    peer.headers(1, STATUS_OK);
    peer.rst(1, Code.NO_ERROR);
    expect(first.short).toBe('body/reset');
  });

  it('does not stop the request as long as it is not whole itself', () => {
    const { net, peer, first } = uploading();
    peer.headers(1, STATUS_OK);
    peer.data(1, 'he');
    peer.windowUpdate(1, 200_000);
    peer.windowUpdate(0, 200_000);
    net.turn();
    expect(peer.request(1).ended).toBe(true);
    peer.data(1, 'hi', { endStream: true });
    expect(first.short).toBe('200 hehi');
    expect(peer.request(1).reset).toBeUndefined();
  });
});

describe('8.1 a request', () => {
  it('has the control data of its URL, and content-length', () => {
    const net = new Http2Network();
    net.send({
      url: 'http://host:8080/a/b?c=d',
      method: 'PUT',
      body: 'hi',
      headers: { 'X-A': 'b', Host: 'other' },
    });
    const { peer } = net;
    net.wire.connect();
    net.turn();
    const { fields } = peer.request(1);
    expect(fields.slice(0, 4).sort()).toEqual([
      [':authority', 'other'],
      [':method', 'PUT'],
      [':path', '/a/b?c=d'],
      [':scheme', 'http'],
    ]);
    expect(peer.request(1).field('x-a')).toBe('b');
    expect(peer.request(1).field('content-length')).toBe('2');
    expect(peer.request(1).body.toString()).toBe('hi');
  });

  it('without content ends with its header section', () => {
    const net = new Http2Network();
    net.send('http://host/');
    net.send({ url: 'http://host/', method: 'POST', body: '' });
    const peer = net.accept();
    expect(peer.requests.map(({ ended, body }) => [ended, body.length])).toEqual([
      [true, 0],
      [true, 0],
    ]);
    expect(peer.framesOf(0)).toEqual([]);
  });

  it('that expects 100 Continue sends its content when that comes', () => {
    const net = new Http2Network({ expectContinueBytes: 1, expectTimeoutMs: 10_000 });
    const asked = net.send({ url: 'http://host/', method: 'POST', body: 'hi' });
    const peer = net.accept();
    expect(peer.request(1).field('expect')).toBe('100-continue');
    expect(peer.request(1).body.length).toBe(0);
    peer.headers(1, status(100));
    net.turn();
    expect([peer.request(1).body.toString(), peer.request(1).ended]).toEqual(['hi', true]);
    peer.respond(1, 200, 'ok');
    expect(asked.short).toBe('200 ok');
  });

  it('that expects 100 Continue in vain sends its content after a while, and none where it is answered', () => {
    const net = new Http2Network({ expectContinueBytes: 1, expectTimeoutMs: 500 });
    const one = net.send({ url: 'http://host/1', method: 'POST', body: 'hi' });
    const two = net.send({ url: 'http://host/2', method: 'POST', body: 'hi' });
    const peer = net.accept();
    peer.respond(3, 403, 'no');
    net.clock.advance(600);
    expect(two.short).toBe('403 no');
    expect(peer.requests.map(({ body }) => body.toString())).toEqual(['hi', '']);
    peer.respond(1, 200, 'ok');
    expect(one.short).toBe('200 ok');
  });
});
