// What `--concurrency auto` costs a request on its whole way through the engine: the same run with a fixed number in
// flight and with auto, whose most is that number, against a peer in memory that answers all that was written in a turn
// of the event loop in the next one. Run after a build: node bench/micro/control-engine.mjs [rounds].
// Fails above 500 ns of CPU per request.

import { RunCore } from '../../build/engine/run.js';
import { SessionCore } from '../../build/engine/session-core.js';
import { definitionOf, openSource, requestDefaults } from '../../build/engine/source-of.js';
import { systemClock } from '../../build/model/clock.js';
import { resolveOptions } from '../../build/model/options.js';

const ROUNDS = Number(process.argv[2] ?? 15);
const REQUESTS = 100_000;
const IN_FLIGHT = 60;
const NS_MAX = 500;
const BODY = '{"userId":1,"id":1,"title":"delectus aut autem","completed":false}';
const ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`,
  'latin1',
);

class Peer {
  #written = [];
  #spare = [];

  connect(_origin, _addresses, events) {
    setImmediate(() => events.onConnect());
    return {
      write: () => {
        if (this.#written.push(events) === 1) setImmediate(this.#answer);
        return true;
      },
      end: () => setImmediate(() => events.onClose(undefined)),
      destroy: () => setImmediate(() => events.onClose(undefined)),
      pause() {},
      resume() {},
      keepAlive() {},
      pendingBytes: 0,
      remoteAddress: '192.0.2.1:80',
    };
  }

  #answer = () => {
    const written = this.#written;
    this.#written = this.#spare;
    this.#spare = written;
    for (const events of written) events.onBytes(ANSWER, ANSWER.length);
    written.length = 0;
  };
}

async function nsPerRequest(options, template) {
  const settings = resolveOptions(options);
  const source = openSource(definitionOf(template), settings, requestDefaults(settings));
  const sink = { full: false, responses: 0, write: () => sink.responses++, close: () => Promise.resolve() };
  const session = new SessionCore(settings, { clock: systemClock, connector: new Peer() });
  const run = new RunCore(settings, source, sink, session);
  const cpu = process.cpuUsage();
  run.start();
  await run.done;
  const { user, system } = process.cpuUsage(cpu);
  const { summary } = run;
  if (summary.responses !== REQUESTS)
    throw new Error(`${summary.responses} responses of ${REQUESTS} requests`);
  if (summary.concurrency.max > IN_FLIGHT) throw new Error(`${summary.concurrency.max} in flight`);
  return { ns: ((user + system) * 1000) / REQUESTS, final: summary.concurrency.final };
}

const one = `http://192.0.2.1/todos/[1-${REQUESTS}]`;
const list = Array.from({ length: REQUESTS }, (_, i) => `http://192.0.2.1/todos/${i}`);
const INPUTS = [
  { name: 'a template', input: one },
  { name: 'a list of URLs', input: list },
];

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

console.log(
  `ns of CPU per request, median of ${ROUNDS} interleaved rounds of ${REQUESTS}, ${IN_FLIGHT} in flight, Node ${process.version}`,
);
for (const { name, input } of INPUTS) {
  const rounds = [];
  let final = 0;
  for (let round = -3; round < ROUNDS; round++) {
    const fixed = await nsPerRequest({ concurrency: IN_FLIGHT }, input);
    const auto = await nsPerRequest({ concurrency: 'auto', perHost: IN_FLIGHT }, input);
    final = auto.final;
    // The first rounds are for the compiler.
    if (round >= 0) rounds.push({ fixed: fixed.ns, auto: auto.ns, over: auto.ns - fixed.ns });
  }
  const of = (key) => median(rounds.map((round) => round[key]));
  console.log(
    `${name.padEnd(16)} fixed ${of('fixed').toFixed(0).padStart(5)}   auto ${of('auto').toFixed(0).padStart(5)}   over it ${of('over').toFixed(0).padStart(5)}   in flight at last ${final}`,
  );
  if (of('over') > NS_MAX) {
    console.error(`more than ${NS_MAX} ns over a fixed limit`);
    process.exitCode = 1;
  }
}
