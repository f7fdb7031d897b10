// Whole records behind the last commit are found, and what is torn or foreign ends them.

import { describe, expect, it } from 'vitest';
import { jsonLinesTail } from '../../src/sinks/json-lines-tail.ts';
import { FakeFiles } from '../fake/fake-files.ts';

const LINES = [
  '{"index":0,"status":200}\n',
  '{"index":2,"status":404,"body":"ä"}\n',
  '{"index":1,"error":{"kind":"x"}}\n',
];

async function tailOf(text: string, position: number) {
  const files = new FakeFiles();
  files.put('/out.jsonl', text);
  const { position: end, records } = await jsonLinesTail('/out.jsonl', position, files);
  return [end, records.map(({ index, outcome }) => `${index} ${outcome}`)];
}

describe('the tail of a file of JSON Lines', () => {
  const whole = Buffer.byteLength(LINES.join(''));

  it('has every whole record behind the position', async () => {
    expect(await tailOf(LINES.join(''), 0)).toEqual([whole, ['0 ok', '2 response', '1 failure']]);
    expect(await tailOf(LINES.join(''), LINES[0]!.length)).toEqual([whole, ['2 response', '1 failure']]);
    expect(await tailOf(LINES.join(''), whole)).toEqual([whole, []]);
  });

  it('ends at a record that is torn, at any octet of it', async () => {
    const torn = Buffer.from('{"index":3,"status":200,"body":"ä"}\n');
    for (let length = 1; length < torn.length; length++) {
      const text = Buffer.concat([Buffer.from(LINES.join('')), torn.subarray(0, length)]).toString('latin1');
      const files = new FakeFiles();
      files.put('/out.jsonl', Buffer.from(text, 'latin1'));
      expect((await jsonLinesTail('/out.jsonl', 0, files)).position).toBe(whole);
    }
  });

  it('trusts nothing behind a line that is no record', async () => {
    for (const bad of ['\0\0\0\0\n', '{"status":200}\n', '{"index":-1}\n', 'null\n', '{"index":1\n']) {
      expect(await tailOf(LINES[0] + bad + LINES[1], 0)).toEqual([LINES[0]!.length, ['0 ok']]);
    }
  });

  it('is empty where there is no file, and found in one that is longer than what is read at once', async () => {
    expect((await jsonLinesTail('/none', 5, new FakeFiles())).position).toBe(5);
    const line = `{"index":7,"status":200,"body":"${'x'.repeat(700_000)}"}\n`;
    expect(await tailOf(line.repeat(4), 0)).toEqual([4 * line.length, Array(4).fill('7 ok')]);
  });
});
