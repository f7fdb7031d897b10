// Field blocks of HTTP/2 and the code of their strings, both ways.

import { ErrorCode } from '../../src/transport/http2/errors.ts';
import type { Field } from '../../src/transport/http2/field.ts';
import { FieldMemo } from '../../src/transport/http2/field-memo.ts';
import { HpackDecoder } from '../../src/transport/http2/hpack-decoder.ts';
import { HpackEncoder, type Indexing } from '../../src/transport/http2/hpack-encoder.ts';
import { huffmanBytes, huffmanText, huffmanWrite } from '../../src/transport/http2/huffman.ts';
import { OutgoingOctets } from '../../src/transport/http2/outgoing-octets.ts';
import type { Pair } from '../fake/frame-octets.ts';
import { latin1 } from '../transport/http1/observe.ts';
import { NEXT, pairsOf, script } from './http2-script.ts';
import { BLOCK_BROKEN, PlainDecoder, plainHuffman } from './plain-hpack.ts';
import { type FuzzTarget, holds, same } from './target.ts';

const WIDE = { headerBytesMax: 1 << 28, headerCountMax: 1_000_000 };
const FEW = { headerBytesMax: 300, headerCountMax: 5 };
const SIZE = /^(\d+) entries, (\d+) of (\d+) octets$/;
const pairs = (fields: readonly Field[] | undefined) => fields?.map(({ name, value }): Pair => [name, value]);

function decodeIn(decoder: HpackDecoder, block: string): readonly Field[] | undefined {
  const before = decoder.fault;
  // Octets around it belong to something else.
  const octets = latin1(`\xff\xff${block}\xff\xff`);
  const fields = decoder.decode(octets, 2, octets.length - 2);
  octets.fill(0xdd);
  const { fault } = decoder;
  same(fields === undefined, fault !== undefined, 'a fault, or fields');
  holds(before === undefined || fault === before, 'a fault stays as it is');
  if (fault !== undefined) {
    same(fault.code, ErrorCode.COMPRESSION_ERROR, 'the code of a fault');
    holds(/^[ -~]{1,200}$/.test(fault.message), 'a message of one short line');
  }
  const [, count = '', bytes = '', bytesMax = ''] = SIZE.exec(String(decoder)) ?? [];
  holds(Number(bytes) <= Number(bytesMax) && Number(bytesMax) <= 8192, 'a table within its size');
  holds(Number(count) * 32 <= Number(bytes), 'a table of entries');
  return fields;
}

/** It has seen all blocks of all inputs. */
const usedMemo = new FieldMemo();

function checkBlocks(blocks: readonly string[], tableBytesMax: number): void {
  const plain = new PlainDecoder(tableBytesMax);
  const fresh = new HpackDecoder(WIDE, new FieldMemo(), tableBytesMax);
  const narrow = new HpackDecoder(FEW, usedMemo, tableBytesMax);
  for (const block of blocks) {
    if (block === 'ack') {
      for (const one of [plain, fresh, narrow]) one.onSettingsAck();
      continue;
    }
    let expected: Pair[] | undefined;
    try {
      expected = plain.decode(block);
    } catch (error) {
      if (error !== BLOCK_BROKEN) throw error;
    }
    same(pairs(decodeIn(fresh, block)), expected, 'the plainest reading');
    const few = decodeIn(narrow, block);
    same(narrow.fault, fresh.fault, 'limits and what was decoded before change no fault');
    if (expected === undefined || few === undefined) return;
    same(pairs(few), expected.slice(0, few.length), 'fields within the limits are the first ones');
    same(few.length < expected.length, narrow.excess !== undefined, 'all of them, or an excess');
    const bytes = few.reduce((sum, field) => sum + field.bytes, 0);
    holds(bytes <= FEW.headerBytesMax && few.length <= FEW.headerCountMax, 'fields within the limits');
    const size = `${plain.table.length} entries, ${plain.bytes} of ${plain.bytesMax} octets`;
    same([String(fresh), String(narrow)], [size, size], 'the table, whatever the limits');
  }
}

const hpackDecoder: FuzzTarget = {
  name: 'hpack-decoder',
  corpus: [
    script(
      '\x88\x61\x96\xdf\x69\x7e\x94\x0b\xaa\x43\x6c\xca\x08\x02\x12\x81\x66\xe3\x4f\xdc\x5c\x03\x31\x36\x36',
      '\x88\xbf\xbe',
    ),
    script(
      '\x40\x0acustom-key\x0dcustom-header\x04\x0c/sample/path\x10\x08password\x06secret',
      '\xbe\x7e\x01x',
      '\xbf\xbe',
    ),
    script(
      '\x3f\xe1\x1f\x88',
      '\x20\x3f\x45\x40\x01a\x01b\x40\x01a\x01c\xbe\xbf',
      'ack',
      '\x3f\x45\xbe',
      '\x20\x3f\x45\x88',
    ),
    script(
      '\x5f\x1dtext/html; charset=iso-8859-1\x58\x81\x07',
      '\xbf\xbe\xbe',
      '\x0f\x10\x01x\x0f\x2f\x82\x07\xff\x1f\x2f\x01y\xbf',
    ),
    script(
      `\x40\x01a\x7f\x80\x02${'x'.repeat(383)}${'\xbe'.repeat(20)}`,
      '\xbe'.repeat(10),
      'ack',
      '\x3f\x45',
    ),
  ],
  words: [
    ...[
      NEXT,
      `${NEXT}ack${NEXT}`,
      '\x88',
      '\xbe',
      '\xbf',
      '\xc0',
      '\x20',
      '\x3f\xe1\x1f',
      '\x3f\x45',
      '\x40\x01a\x01b',
      '\x7e\x01c',
    ],
    ...[
      '\x40\x81\x1f\x81\x1f',
      '\x00\x01a\x01b',
      '\x10\x01a\x00',
      '\x7f\x00',
      '\xff\x00',
      '\xff\x80\x80\x80\x80\x00',
      '\x7f\xff\xff\xff\x7f',
    ],
    ...['\x80', '\x0f\x00\x01a', '\xff\xff\xff\xff', '\x48\x03200', '\x5c\x820\x1f'],
  ],
  check(input) {
    const blocks = input.split(NEXT);
    for (const tableBytesMax of [4096, 100, 0, 8192]) checkBlocks(blocks, tableBytesMax);
  },
  floods: [
    [`\x40\x01a\x7f\x80\x02${'x'.repeat(383)}`, '\xbe', ''],
    ['', '\x20\x3f\xe1\x1f', '\x88'],
    ['', '\x40\x01a\x01b', ''],
    ['', '\x7e\x00', ''],
    ['', `\x88${NEXT}`, ''],
    ['', '\x40\x00\x00', ''],
    ['\x40\x01a\xff\xff\xff\x01', '\x1f', ''],
    ['\xff', '\x80', ''],
  ],
  floodBytes: 40_000,
};

const INDEXINGS: readonly Indexing[] = ['index', 'index', 'index', 'plain', 'never'];

function tableSizeOf(encoder: HpackEncoder): number {
  return Number(SIZE.exec(String(encoder))?.[3]);
}

const hpackEncoder: FuzzTarget = {
  name: 'hpack-encoder',
  corpus: [
    script(
      ':method=GET\n:path=/a?b\nuser-agent=flurry',
      ':method=GET\n:path=/c\nuser-agent=flurry',
      '#0',
      'a=b\na=b\na=b',
      '#4096',
    ),
    script(
      'cookie=a=b\ncookie=c=d\nauthorization=S3cret',
      'cookie=a=b',
      'cookie=a=b\n=\n==',
      '#60',
      '#100',
      '#70',
      'x=y\nx=y\nx=y',
    ),
    script(
      'a=\xff\xfe\0\r',
      `x=${'y'.repeat(300)}\nx=${'y'.repeat(2100)}`,
      `x=${'y'.repeat(300)}\nz=\x81\x82\x83`,
    ),
  ],
  words: [
    NEXT,
    '\n',
    '=',
    `${NEXT}#`,
    '0',
    'a=b\n',
    ':path=/',
    'accept-encoding=gzip, deflate',
    'x=yyyyyyyyyy\n',
    '\xff',
  ],
  check(input) {
    const encoder = new HpackEncoder();
    const decoder = new HpackDecoder(WIDE, usedMemo);
    const out = new OutgoingOctets();
    let [tableBytesMax, smallest] = [4096, 4096];
    for (const block of input.split(NEXT)) {
      if (block.startsWith('#')) {
        tableBytesMax = Math.min(0xffff_ffff, Number.parseInt(block.replace(/\D/g, ''), 10) || 0);
        smallest = Math.min(smallest, tableBytesMax);
        encoder.setTableBytesMax(tableBytesMax);
        continue;
      }
      const fields = pairsOf(block);
      const before = tableSizeOf(encoder);
      encoder.begin(out);
      for (const [name, value] of fields) {
        encoder.field(out, name, value, INDEXINGS[(name.length + value.length) % INDEXINGS.length]!);
      }
      const octets = Buffer.from(out.take());
      holds(octets.length <= 10 + block.length + 12 * fields.length, 'no block longer than its fields');
      same(pairs(decoder.decode(octets, 0, octets.length)), fields, 'what was encoded and decoded');
      same(String(encoder), String(decoder), 'the table on both sides');
      same(
        tableSizeOf(encoder),
        Math.min(4096, tableBytesMax),
        'a table of the size that the peer asked for',
      );
      const isTold = (octets[0]! & 0xe0) === 0x20;
      same(isTold, smallest < before || tableSizeOf(encoder) !== before, 'a change of the size is told');
      smallest = 4096;
    }
  },
  floods: [
    ['', `a=b${NEXT}`, ''],
    ['', `#0${NEXT}#4096${NEXT}`, ''],
    ['', 'a=b\n', ''],
    ['a=', 'x', ''],
    ['a=', '\xff', ''],
  ],
};

const huffman: FuzzTarget = {
  name: 'huffman',
  corpus: [
    '\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff',
    '\xff\xff\xff\xff',
    '\x9d\x29\xad\x17\x18\x63\xc7\x8f\x0b\x97\xc8\xe9\xae\x82\xae\x43\xd3',
    'www.example.com\0\r\n"\\{}~\x7f\x80\xfe',
  ],
  words: ['\xff', '\xff\xff\xff\xfc', '\x1f', '\0', '\x3f', '\x7f', '\xfe', '\xff\xff\xff\xff'],
  check(input) {
    const octets = latin1(`\xff${input}\0`);
    same(
      huffmanText(octets, 1, octets.length - 1),
      plainHuffman([...latin1(input)]),
      'the reading bit by bit',
    );
    const out = Buffer.alloc(input.length + 8, 0xee);
    const end = huffmanWrite(input, out, 2);
    same(end >= 0, huffmanBytes(input) < input.length, 'it is written where that is shorter');
    same(
      [...out.subarray(0, 2), ...out.subarray(input.length + 6)],
      [0xee, 0xee, 0xee, 0xee],
      'the octets around it',
    );
    if (end < 0) return;
    same(end, 2 + huffmanBytes(input), 'its length');
    same(huffmanText(out, 2, end), input, 'what was written and read');
  },
  floods: [
    ['', '\xff', ''],
    ['', '\0', ''],
    ['', '\x1f', ''],
    ['', '\xff\xff\xff\xfc', ''],
  ],
};

export const HPACK_TARGETS: readonly FuzzTarget[] = [hpackDecoder, hpackEncoder, huffman];
