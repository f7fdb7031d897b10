// Who tells what a process has cost: the operating system, asked by the parent that waits for it. Node cannot ask
// (libuv reaps its children without their rusage), so a parent that can is put between. Starts nothing itself.

import { spawnSync } from 'node:child_process';

// Both write on descriptor 3: first the pid of the client, then one line of numbers when it has ended.

/** wait4 gives the client's own rusage in microseconds. posix_spawn does not charge it for a copy of Python. */
const PYTHON = `
import os, signal, sys, time
os.set_inheritable(3, False)
start = time.monotonic()
pid = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ)
signal.signal(signal.SIGINT, signal.SIG_IGN)
os.write(3, b"%d\\n" % pid)
_, status, used = os.wait4(pid, 0)
wall = time.monotonic() - start
os.write(3, b"%.3f %.6f %.6f\\n" % (wall * 1000, used.ru_utime, used.ru_stime))
code = os.waitstatus_to_exitcode(status)
sys.exit(code if code >= 0 else 128 - code)
`;

/** \`times\` tells in its second line what the waited-for children have used, to the millisecond. */
const BASH = `
start=$(date +%s%N)
"$@" 3>&- &
pid=$!
echo "$pid" >&3
wait "$pid"
code=$?
end=$(date +%s%N)
times | tail -n 1 | tr -d s | sed -E 's/([0-9]+)m([0-9.]+) ([0-9]+)m([0-9.]+)/\\1 \\2 \\3 \\4/' >&3
exit $code
`;

/** The first that works here. `wrap` makes the command line, `read` takes the line of numbers. */
export function findAccountant() {
  for (const python of ['/usr/bin/python3', 'python3']) {
    if (works(python, ['-c', 'import os; os.posix_spawnp; os.wait4; os.waitstatus_to_exitcode'])) {
      return {
        name: 'wait4 (rusage of the whole process, by Python)',
        wrap: (argv) => [python, '-c', PYTHON, ...argv],
        read(line) {
          const [wallMs, user, system] = line.split(' ').map(Number);
          return { wallMs, cpuUs: (user + system) * 1e6 };
        },
      };
    }
  }
  return undefined;
}

function works(program, args) {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
