// A client with requests under way on one fake wire, whose server says what a script says, and what came of it.

import type { ContentTaker } from '../../src/model/contracts.ts';
import { Type } from '../fake/frame-octets.ts';
import { FramePeer } from '../fake/frame-peer.ts';
import { type FakeWire, systemError } from '../fake/wire.ts';
import { type Asked, FakeNetwork, settingsOf } from '../transport/fixture.ts';
import { type Step, stepOf } from './http2-script.ts';
import { holds, same } from './target.ts';

const LIMITS = {
  ...settingsOf().limits,
  headerBytesMax: 2000,
  headerCountMax: 10,
  interimMax: 3,
  bodyBytesMax: 1000,
  trailerBytesMax: 60,
};
const SETTINGS = settingsOf({ httpVersion: '2', h2Connections: 1, limits: LIMITS });
/** More than a connection that nobody accepts needs to end all requests. */
const ROUNDS_MAX = 100;
/** More than all deadlines of a request together. */
const SILENCE_MS = 3_600_000;
/** The rules hear of frames that the client may not have looked at. */
const UNSURE = /^stream \d+ is opened beside/;

/** Holds back after each piece, and has had enough at a head with the field `stop` and at an exclamation mark. */
function takerOf(pieces: string[], resumes: (() => void)[]): ContentTaker {
  let stop = () => {};
  return {
    onHead: (_request, head, control) => {
      stop = () => control.cancel();
      if (head.all('stop').length > 0) stop();
      resumes.push(() => control.resume());
      return true;
    },
    onContent: (b, start, end) => {
      holds(!pieces.at(-1)?.includes('!'), 'nothing comes for who has cancelled');
      pieces.push(b.toString('latin1', start, end));
      if (pieces.at(-1)!.includes('!')) stop();
      return false;
    },
  };
}

class Conversation {
  readonly net = new FakeNetwork(SETTINGS);
  readonly peers: FramePeer[] = [];
  readonly pieces: string[] = [];
  readonly #resumes: (() => void)[] = [];
  #readBytes = 0;
  #isSound = true;

  constructor() {
    const { net } = this;
    net.connector.onWire = (wire) => void this.peers.push(new FramePeer(wire));
    for (let i = 0; i < 3; i++) net.send(`http://host/${i}`);
    const taker = takerOf(this.pieces, this.#resumes);
    net.send('http://host/taken', (request) => Object.assign(request, { taker }));
    net.send({ url: 'http://host/up', method: 'POST', body: 'u'.repeat(400) });
    net.send({ url: 'http://host/6', method: 'HEAD' });
    this.#wire.connect();
    net.clock.advance(0);
  }

  get #wire(): FakeWire {
    return this.peers[0]!.wire;
  }

  /** All frames of a turn arrive in reads of so many octets. */
  run(steps: readonly Step[], readBytes: number): void {
    let octets: Buffer[] = [];
    for (const step of [...steps, stepOf('t')]) {
      this.#tellRules(step);
      octets.push(step.octets);
      if (step.act === undefined) continue;
      this.#receive(Buffer.concat(octets), readBytes);
      octets = [];
      this.#act(step.act);
      this.net.clock.advance(0);
    }
  }

  #receive(octets: Buffer, readBytes: number): void {
    for (let at = 0; at < octets.length && this.#wire.state !== 'destroyed'; at += readBytes) {
      const piece = octets.subarray(at, at + readBytes);
      this.#readBytes += piece.length;
      this.#wire.receive(piece);
    }
  }

  #act(act: string): void {
    const { net } = this;
    if (act === 's' && net.asked.length < 20) net.send('http://host/more');
    if (act === 'u' && net.asked.length < 20)
      net.send({ url: 'http://host/up', method: 'PUT', body: 'v'.repeat(300) });
    if (act === 'c') net.asked.find(({ done }) => !done)?.request.cancel();
    if (act === 'r') for (const resume of this.#resumes) resume();
    if (act === 'w') this.#wire.takes = false;
    if (act === 'd') this.#wire.drain();
    if (act === 'm') net.clock.advance(1000);
  }

  #tellRules({ act, type, flags, streamId, payload }: Step): void {
    const { rules } = this.peers[0]!;
    if (act === undefined && type < 0) this.#isSound = false;
    if (type === Type.PING && flags % 2 === 0) rules.sentPing(payload);
    if (type === Type.SETTINGS && flags % 2 === 0 && payload.length % 6 === 0) {
      rules.sentSettings(
        Array.from({ length: payload.length / 6 }, (_, i) => [
          payload.readUInt16BE(6 * i),
          payload.readUInt32BE(6 * i + 2),
        ]),
      );
    }
    if (type === Type.WINDOW_UPDATE && payload.length === 4)
      rules.sentWindowUpdate(streamId, payload.readUInt32BE(0) & 0x7fffffff);
    if ((type === Type.DATA || type === Type.HEADERS) && flags % 2 === 1) rules.sentEnd(streamId);
  }

  /** Nothing more comes, whoever waits for it. */
  fallSilent(): void {
    this.#act('r');
    this.net.clock.advance(SILENCE_MS);
  }

  /** The wire is over, and every other one is refused. */
  end(): void {
    const closed = new Set<FakeWire>();
    for (let round = 0; round < ROUNDS_MAX && this.net.asked.some(({ done }) => !done); round++) {
      for (const { wire } of this.peers) {
        if (closed.has(wire)) continue;
        closed.add(wire);
        wire.close(wire === this.#wire ? undefined : systemError('ECONNREFUSED'));
      }
      this.net.clock.advance(10);
    }
  }

  check(): void {
    for (const { outcomes, request } of this.net.asked) same(outcomes.length, 1, `outcomes of ${request}`);
    const [first] = this.peers;
    const requesting: readonly number[] = [Type.HEADERS, Type.CONTINUATION, Type.DATA];
    const answers = first!.frames.filter(({ type }) => !requesting.includes(type));
    const answerBytes = answers.reduce((sum, { payload }) => sum + 9 + payload.length, 0);
    const ownBytes = 200 + 13 * this.net.asked.length;
    holds(answerBytes <= ownBytes + 2 * this.#readBytes, `no more answers than questions: ${answerBytes}`);
    if (this.#isSound)
      same(
        first!.faults.filter((fault) => !UNSURE.test(fault)),
        [],
        'what the client did against the rules',
      );
  }
}

function shown({ outcome, short }: Asked): string {
  if (outcome.type === 'failure') return `${short} ${outcome.sent} ${outcome.message}`;
  return `${short} ${JSON.stringify([outcome.headers, outcome.trailers])}`;
}

export function converse(steps: readonly Step[], readBytes: number) {
  const conversation = new Conversation();
  conversation.run(steps, readBytes);
  if (steps.length % 2 === 0) conversation.fallSilent();
  else conversation.end();
  conversation.check();
  const frames = conversation.peers[0]!.frames.map(
    ({ type, flags, streamId, payload }) => `${type} ${flags} ${streamId} ${payload.toString('hex')}`,
  );
  return {
    outcomes: conversation.net.asked.map(shown),
    taken: conversation.pieces.join('').replace(/!.*/s, '!'),
    frames,
  };
}
