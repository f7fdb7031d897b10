// The process of one JavaScript client: node client.mjs <URL of its module> <context as JSON>. Runs it and prints one line
// of JSON: what it received, and its CPU around the run alone (without start-up).

import { readFileSync } from 'node:fs';

const [peer, context] = process.argv.slice(2);
const { run } = await import(peer);

const cpu = process.cpuUsage();
const startMs = performance.now();
const received = await run(JSON.parse(context));
const runMs = performance.now() - startMs;
const { user, system } = process.cpuUsage(cpu);

const whole = process.cpuUsage();
const report = {
  ...received,
  runMs,
  runCpuUs: user + system,
  ownCpuUs: whole.user + whole.system,
  peakRssBytes: peakRssBytes(),
};
process.stdout.write(`${JSON.stringify(report)}\n`);
// Idle connections would keep some of them alive for seconds.
process.exit(0);

/** VmHWM where there is /proc. process.resourceUsage() would count the memory of the parent that forked. */
function peakRssBytes() {
  try {
    return Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'latin1'))[1]) * 1024;
  } catch {
    return process.resourceUsage().maxRSS * 1024;
  }
}
