// On what it was measured, in a few lines. A number without its machine says nothing.

import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os';

const TMPFS = 0x01021994;

export function describeMachine(folder) {
  const load = loadavg()[0];
  return {
    cpu: `${availableParallelism()} × ${cpus()[0]?.model.trim() ?? 'unknown processor'}`,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()}${distribution()}`,
    node: process.version,
    load,
    busy: load > availableParallelism() / 4,
    recordsOn: statfsSync(folder).type === TMPFS ? 'memory (tmpfs)' : 'a disk',
    date: new Date().toISOString(),
  };
}

function distribution() {
  try {
    return `, ${/^PRETTY_NAME="(.+)"$/m.exec(readFileSync('/etc/os-release', 'utf8'))[1]}`;
  } catch {
    return '';
  }
}

export function machineText(machine) {
  const lines = [
    `${machine.cpu}, ${machine.memoryGiB} GiB, ${machine.system}, Node ${machine.node}; records go to ${machine.recordsOn}`,
  ];
  if (machine.busy) {
    lines.push(
      `This machine is busy (load ${machine.load.toFixed(1)}): the numbers will be worse than they are on a quiet one.`,
    );
  }
  return lines.join('\n');
}
