// What this machine and this process may use: descriptors, local ports, memory, cores. It reads and changes nothing;
// what the system does not tell is undefined.

import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { getHeapStatistics } from 'node:v8';

export interface Machine {
  /** Files and sockets that this process may have open (RLIMIT_NOFILE, the soft limit, which Node raises to the hard one). */
  readonly descriptorsMax: number | undefined;
  /** What the soft limit may be raised to; infinite where nothing forbids it. */
  readonly descriptorsHardMax: number | undefined;
  readonly descriptorsUsed: number | undefined;
  /** Local ports that the system takes for outgoing connections: each pair of addresses has them once. */
  readonly ports: { readonly from: number; readonly to: number } | undefined;
  /** Whether a port of a connection that was closed a moment ago may go to another (Linux, net.ipv4.tcp_tw_reuse). */
  readonly portReuse: 'never' | 'always' | 'loopback' | undefined;
  readonly heapBytesMax: number;
  /** Of the machine, or of the control group that this process is confined to. */
  readonly memoryBytesMax: number;
  readonly cores: number;
}

/** A control group without a limit says a number near 2^63. */
const UNLIMITED_BYTES = 2 ** 60;

const PORT_REUSE = ['never', 'always', 'loopback'] as const;

export function readMachine(): Machine {
  return {
    descriptorsMax: descriptorsMax(),
    descriptorsHardMax: descriptorsHardMax(),
    descriptorsUsed: descriptorsUsed(),
    ports: portRange(textOf('/proc/sys/net/ipv4/ip_local_port_range')),
    portReuse: PORT_REUSE[Number(textOf('/proc/sys/net/ipv4/tcp_tw_reuse')?.trim())],
    heapBytesMax: getHeapStatistics().heap_size_limit,
    memoryBytesMax: Math.min(totalmem(), groupMemory()),
    cores: availableParallelism(),
  };
}

/** What stays for files, name servers, pipes and the runtime itself. */
const DESCRIPTORS_RESERVED = 64;

/** Connections that may be open at once without running out of descriptors; at least one. */
export function connectionsMax({ descriptorsMax: max, descriptorsUsed: used }: Machine): number {
  if (max === undefined) return Number.POSITIVE_INFINITY;
  return Math.max(1, max - Math.max(DESCRIPTORS_RESERVED, used ?? 0));
}

/** Connections to one address and port from one local address. */
export function portsMax({ ports }: Machine): number {
  return ports === undefined ? Number.POSITIVE_INFINITY : ports.to - ports.from + 1;
}

function descriptorsMax(): number | undefined {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(textOf('/proc/self/limits') ?? '')?.[1];
  if (soft !== undefined) return soft === 'unlimited' ? undefined : Number(soft);
  return fromReport();
}

function descriptorsHardMax(): number | undefined {
  const hard = /^Max open files\s+\S+\s+(\d+|unlimited)/m.exec(textOf('/proc/self/limits') ?? '')?.[1];
  if (hard === undefined) return undefined;
  return hard === 'unlimited' ? Number.POSITIVE_INFINITY : Number(hard);
}

/** Where there is no /proc: Node's own report has the limits, and takes some milliseconds to make. */
function fromReport(): number | undefined {
  try {
    const report = process.report.getReport() as { userLimits?: { open_files?: { soft?: unknown } } };
    const soft = Number(report.userLimits?.open_files?.soft);
    return Number.isFinite(soft) ? soft : undefined;
  } catch {
    return undefined;
  }
}

function descriptorsUsed(): number | undefined {
  try {
    return readdirSync('/proc/self/fd').length;
  } catch {
    return undefined;
  }
}

function portRange(text: string | undefined): Machine['ports'] {
  const match = /^\s*(\d+)\s+(\d+)/.exec(text ?? '');
  return match === null ? undefined : { from: Number(match[1]), to: Number(match[2]) };
}

function groupMemory(): number {
  for (const path of ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']) {
    const bytes = Number(textOf(path)?.trim());
    if (bytes > 0 && bytes < UNLIMITED_BYTES) return bytes;
  }
  return Number.POSITIVE_INFINITY;
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
