// A name server on loopback (RFC 1035, over UDP) that answers as a table says, or not at all. It logs what it was asked.

import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

export type RecordType = 'A' | 'AAAA';

/** Addresses, an error by its code in the answer, or silence. No addresses: the name exists, but has none. */
export type NameAnswer = readonly string[] | 'NXDOMAIN' | 'SERVFAIL' | 'REFUSED' | 'silence';

interface Query {
  readonly query: Buffer;
  readonly from: RemoteInfo;
}

const CODES: Readonly<Record<string, number>> = { SERVFAIL: 2, NXDOMAIN: 3, REFUSED: 5 };
const TYPES: Readonly<Record<number, RecordType>> = { 1: 'A', 28: 'AAAA' };

export class NameServer {
  /** As `A name`, in the order of arrival. */
  readonly asked: string[] = [];
  /** By `A name`; what is not in it does not exist. */
  readonly answers = new Map<string, NameAnswer>();
  readonly #socket: Socket;
  /** Met with silence. */
  #unanswered: Query[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (query, from) => this.#onQuery(query, from));
  }

  static async start(): Promise<NameServer> {
    const socket = createSocket('udp4');
    socket.bind(0, '127.0.0.1');
    await once(socket, 'listening');
    return new NameServer(socket);
  }

  /** As `--dns-servers` takes it. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  /** Answers what was met with silence, by what the table says now. */
  answerLate(): void {
    const queries = this.#unanswered;
    this.#unanswered = [];
    for (const { query, from } of queries) this.#answer(query, from);
  }

  close(): void {
    this.#socket.close();
  }

  #onQuery(query: Buffer, from: RemoteInfo): void {
    const { name, type } = questionOf(query);
    this.asked.push(`${type} ${name}`);
    this.#answer(query, from);
  }

  #answer(query: Buffer, from: RemoteInfo): void {
    const { name, type, end } = questionOf(query);
    const answer = this.answers.get(`${type} ${name}`) ?? 'NXDOMAIN';
    if (answer === 'silence') this.#unanswered.push({ query, from });
    else this.#socket.send(reply(query, end, type, answer), from.port, from.address);
  }
}

/** RFC 1035 section 4.1.2; questions hold no compressed names. */
function questionOf(query: Buffer): { name: string; type: RecordType; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at]!; length > 0; length = query[at]!) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const type = TYPES[query.readUInt16BE(at + 1)]!;
  return { name: labels.join('.').toLowerCase(), type, end: at + 5 };
}

function reply(query: Buffer, end: number, type: RecordType, answer: Exclude<NameAnswer, 'silence'>): Buffer {
  const addresses = typeof answer === 'string' ? [] : answer;
  const head = Buffer.alloc(12);
  query.copy(head, 0, 0, 2);
  // A response to a standard query, recursion desired and available.
  head.writeUInt16BE(0x8180 | (typeof answer === 'string' ? CODES[answer]! : 0), 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  return Buffer.concat([head, query.subarray(12, end), ...addresses.map((one) => record(type, one))]);
}

/** Section 4.1.3, with a pointer to the name of the question. */
function record(type: RecordType, address: string): Buffer {
  const data = type === 'A' ? Buffer.from(address.split('.').map(Number)) : ipv6(address);
  const head = Buffer.from([0xc0, 12, 0, type === 'A' ? 1 : 28, 0, 1, 0, 0, 0, 60, 0, data.length]);
  return Buffer.concat([head, data]);
}

function ipv6(address: string): Buffer {
  const [front = '', back] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const before = groups(front);
  const after = groups(back ?? '');
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const all = [...before, ...zeros, ...after].map((group) => Number.parseInt(group, 16));
  return Buffer.from(all.flatMap((group) => [group >> 8, group & 255]));
}
