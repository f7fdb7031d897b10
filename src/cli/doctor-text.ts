// What `flurry doctor` says of its readings: a table, advice, and the same as one JSON object. Pure: it reads nothing.

import { connectionsMax, type Machine, portsMax } from '../engine/machine.ts';
import { byteSize, count, milliseconds } from '../model/text.ts';
import type { Paint } from '../view/terminal.ts';

export interface Readings {
  readonly version: string;
  /** Of Node.js, without its v. */
  readonly node: string;
  readonly platform: string;
  readonly features: { readonly zstd: boolean; readonly sqlite: boolean; readonly tls13: boolean };
  readonly machine: Machine;
  readonly dnsServers: readonly string[];
  /** A lookup of `localhost`; undefined where it failed. */
  readonly lookupMs: number | undefined;
  /** Those of the environment, without credentials. */
  readonly proxies: readonly string[];
  /** Hosts that are reached without them. */
  readonly noProxy: string;
  readonly configFiles: readonly string[];
  /** Names of variables that stand for flags. */
  readonly variables: readonly string[];
  readonly terminal: { readonly isTerminal: boolean; readonly color: boolean; readonly columns: number };
  /** What makes every run fail. */
  readonly problems: readonly string[];
}

/** Linux keeps the port of a connection that it closed itself for so long (TCP_TIMEWAIT_LEN). */
const TIME_WAIT_S = 60;
const DESCRIPTORS_SCARCE = 256;
const DESCRIPTORS_PLENTY = 4_096;
const HEAP_SMALL = 512 * 1024 * 1024;
const LOOKUP_SLOW_MS = 100;
const INDENT = '  ';

type Row = readonly [label: string, text: string];

export function doctorText(readings: Readings, paint: Paint): string {
  const rows = [...runtimeRows(readings), ...limitRows(readings.machine), ...surroundingRows(readings)];
  const width = Math.max(...rows.map(([label]) => label.length));
  const lines = rows.map(([label, text]) => `${INDENT}${paint('dim', label.padEnd(width))}${INDENT} ${text}`);
  const wrong = readings.problems.map((text) => `${paint('red', 'wrong')}  ${text}`);
  const advice = adviceOf(readings).map((text) => `${paint('yellow', 'advice')} ${text}`);
  const end = wrong.length + advice.length === 0 ? [paint('green', 'nothing stands in the way')] : [];
  return `${[paint('bold', `flurry ${readings.version}`), ...lines, ...wrong, ...advice, ...end].join('\n')}\n`;
}

function runtimeRows({ node, platform, features }: Readings): Row[] {
  const { zstd, sqlite, tls13 } = features;
  const has = [hasOrNot('zstd', zstd), hasOrNot('node:sqlite', sqlite), hasOrNot('TLS 1.3', tls13)].join(
    ', ',
  );
  return [['node', `${node} on ${platform}: ${has}`]];
}

function hasOrNot(name: string, there: boolean): string {
  return there ? name : `no ${name}`;
}

function limitRows(machine: Machine): Row[] {
  const { cores, descriptorsMax, descriptorsHardMax, descriptorsUsed, heapBytesMax, memoryBytesMax } =
    machine;
  const hard = descriptorsHardMax === undefined ? '' : `, at most ${amount(descriptorsHardMax)}`;
  const used = descriptorsUsed === undefined ? '' : `, ${count(descriptorsUsed)} in use`;
  return [
    ['cores', `${count(cores)}, of which one sends`],
    [
      'descriptors',
      descriptorsMax === undefined ? 'no limit known' : `${count(descriptorsMax)}${hard}${used}`,
    ],
    ['connections', `${amount(connectionsMax(machine))} at once by descriptors`],
    ...portRows(machine),
    ['memory', `${byteSize(memoryBytesMax)}, heap up to ${byteSize(heapBytesMax)}`],
  ];
}

function portRows(machine: Machine): Row[] {
  const { ports, portReuse } = machine;
  if (ports === undefined) return [['ports', 'unknown']];
  const n = portsMax(machine);
  const rests = portReuse === 'always' ? 'a port is used again at once' : `a port rests for ${TIME_WAIT_S} s`;
  const here = portReuse === 'loopback' ? ', on loopback for 1 s' : '';
  return [
    ['ports', `${ports.from}-${ports.to}: ${count(n)} connections at once to one address`],
    ['', `${newText(machine)} to one address where each serves one request: ${rests}${here}`],
  ];
}

function newText(machine: Machine): string {
  const n = newPerSecond(machine);
  return n === undefined ? 'any number of new ones' : `about ${count(n)} new ones per second`;
}

/** Where each connection serves one request and this side closes it; undefined where ports do not rest, or nobody knows. */
function newPerSecond(machine: Machine): number | undefined {
  if (machine.ports === undefined || machine.portReuse === 'always') return undefined;
  return Math.floor(portsMax(machine) / TIME_WAIT_S);
}

function surroundingRows(readings: Readings): Row[] {
  const { dnsServers, lookupMs, proxies, noProxy, configFiles, variables, terminal } = readings;
  const without = noProxy === '' ? '' : `, not for ${noProxy}`;
  const kind = terminal.isTerminal ? `${terminal.columns} columns` : 'none';
  return [
    [
      'dns',
      `${list(dnsServers)}; localhost ${lookupMs === undefined ? 'not found' : `in ${milliseconds(lookupMs)}`}`,
    ],
    ['proxies', proxies.length === 0 ? 'none' : `${proxies.join(', ')}${without}`],
    ['config files', list(configFiles)],
    ['variables', list(variables)],
    ['terminal', `${kind}, ${terminal.color ? 'with' : 'without'} colour`],
  ];
}

/** What could be better, each with what to type. */
export function adviceOf({ machine, features, lookupMs }: Readings): string[] {
  const advice = [...descriptorAdvice(machine), ...portAdvice(machine)];
  if (machine.heapBytesMax < HEAP_SMALL) {
    advice.push(
      `the heap is small (${byteSize(machine.heapBytesMax)}): NODE_OPTIONS=--max-old-space-size=1024 allows more`,
    );
  }
  if (lookupMs === undefined) advice.push('localhost has no address: look at /etc/hosts');
  else if (lookupMs > LOOKUP_SLOW_MS) {
    advice.push(
      `a lookup of localhost took ${milliseconds(lookupMs)}: look at /etc/resolv.conf, or name servers with --dns-servers`,
    );
  }
  if (!features.zstd) advice.push('zstd bodies need Node.js 22.15 or newer');
  return advice;
}

function descriptorAdvice(machine: Machine): string[] {
  const { descriptorsMax: max, descriptorsHardMax: hard } = machine;
  if (max === undefined || max >= DESCRIPTORS_PLENTY) return [];
  const scarce = max < DESCRIPTORS_SCARCE ? 'very few' : 'few';
  const raise =
    hard === undefined || hard > max
      ? `ulimit -n ${DESCRIPTORS_PLENTY * 4}`
      : `LimitNOFILE=${DESCRIPTORS_PLENTY * 4} in the systemd unit, or a line in /etc/security/limits.conf: the hard limit is as low`;
  return [
    `${scarce} descriptors (${count(max)}), enough for ${amount(connectionsMax(machine))} connections: ${raise}`,
  ];
}

function portAdvice(machine: Machine): string[] {
  const n = portsMax(machine);
  if (n >= connectionsMax(machine) || n > 20_000) return [];
  return [
    `few local ports (${count(n)}): sysctl -w net.ipv4.ip_local_port_range="1024 65535", or more addresses with --interface`,
  ];
}

export function doctorJson(readings: Readings): string {
  const { machine, ...rest } = readings;
  const limits = {
    ...machine,
    descriptorsHardMax: finite(machine.descriptorsHardMax),
    connectionsMax: finite(connectionsMax(machine)),
    portsMax: finite(portsMax(machine)),
    newConnectionsPerSecond: newPerSecond(machine),
  };
  return `${JSON.stringify({ ...rest, machine: limits, advice: adviceOf(readings) }, nullOf)}\n`;
}

/** The keys are always the same ones. */
function nullOf(_: string, value: unknown): unknown {
  return value === undefined ? null : value;
}

function finite(n: number | undefined): number | undefined {
  return n === Number.POSITIVE_INFINITY ? undefined : n;
}

function amount(n: number): string {
  return n === Number.POSITIVE_INFINITY ? 'any number' : count(n);
}

function list(items: readonly string[]): string {
  return items.length === 0 ? 'none' : items.join(', ');
}
