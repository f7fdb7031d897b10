// Every sink of records, held to the contract: in memory, with bodies as files, and on real files.

import { openSync, readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import type { Sink } from '../../src/model/contracts.ts';
import { openBodyFiles } from '../../src/sinks/body-files.ts';
import { DescriptorTaker } from '../../src/sinks/bytes-taker.ts';
import { csvSink } from '../../src/sinks/csv.ts';
import { jsonLinesSink } from '../../src/sinks/json-lines.ts';
import { OutputFile } from '../../src/sinks/output-file.ts';
import type { RecordOptions } from '../../src/sinks/record-sink.ts';
import { type SinkUnderTest, sinkContract } from '../contract/sink.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { temporaryFolder } from './folder.ts';
import { GatedTaker } from './gated-taker.ts';

const path = temporaryFolder();

type MakeSink = (file: OutputFile, options: RecordOptions, clock: VirtualClock) => Sink | Promise<Sink>;
type ReadIndices = (text: string) => number[];

const FORMS: [string, MakeSink, ReadIndices][] = [
  ['JSON Lines', jsonLinesSink, (text) => lines(text).map((line) => JSON.parse(line).index)],
  ['CSV', csvSink, (text) => parse(text, { columns: true }).map((row) => Number(Object(row).index))],
];

for (const [name, make, read] of FORMS) {
  sinkContract(`${name} in memory`, async () => {
    return underTest(make, read, 'auto', new GatedTaker());
  });
  sinkContract(`${name} with bodies as files`, async () => {
    return underTest(make, read, await openBodyFiles(path('out')), new GatedTaker());
  });
  sinkContract(`${name} in a file`, async () => {
    const file = path('out');
    const gate = new GatedTaker(new DescriptorTaker(openSync(file, 'w'), true));
    return underTest(make, read, 'auto', gate, () => readFileSync(file, 'utf8'));
  });
}

async function underTest(
  make: MakeSink,
  read: ReadIndices,
  body: RecordOptions['body'],
  gate: GatedTaker,
  text = () => gate.text,
): Promise<SinkUnderTest> {
  const clock = new VirtualClock();
  const file = new OutputFile(gate, 'the output', clock);
  return {
    sink: await make(file, { body, headers: false, timings: false }, clock),
    hold: () => gate.shut(),
    release: () => gate.open(),
    breakWith: (code) => gate.break(code),
    letTimePass: () => clock.advance(200),
    stored: async () => read(text()),
  };
}

function lines(text: string): string[] {
  return text.split('\n').slice(0, -1);
}
