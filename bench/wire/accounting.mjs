// Who tells what a process has cost: the operating system, asked by the parent that waits for it. Node cannot ask
// (libuv reaps its children without their rusage), so a parent that can is put between. Measures nothing itself.

import { spawnSync } from 'node:child_process';

// Both write on descriptor 3: first the pid of the client, then the numbers when it has ended.

/** wait4 gives the client's own rusage in microseconds; posix_spawn does not charge it for a copy of Python. */
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

/** The second line of \`times\` is what the children have used, to the millisecond. The client is the only child. */
const BASH = `
start=$EPOCHREALTIME
"$@" 3>&- &
echo "$!" >&3
wait "$!"
code=$?
echo "$start $EPOCHREALTIME" >&3
times >&3
exit $code
`;

const ACCOUNTANTS = [
  ...['/usr/bin/python3', 'python3'].map((python) => ({
    name: 'wait4 (asked by Python, to the microsecond)',
    probe: [python, '-c', 'import os; os.posix_spawnp, os.wait4, os.waitstatus_to_exitcode'],
    wrap: (argv) => [python, '-c', PYTHON, ...argv],
    read([line]) {
      const [wallMs, user, system] = line.split(' ').map(Number);
      return { wallMs, userUs: user * 1e6, systemUs: system * 1e6 };
    },
  })),
  {
    name: 'times (asked by bash, to the millisecond)',
    probe: ['bash', '-c', 'test -n "$EPOCHREALTIME"'],
    wrap: (argv) => ['bash', '-c', BASH, 'bash', ...argv],
    read([line, , children]) {
      const [start, end] = line.split(' ').map((text) => Number(text.replace(',', '.')));
      const [user, system] = children.split(' ').map(seconds);
      return { wallMs: (end - start) * 1000, userUs: user * 1e6, systemUs: system * 1e6 };
    },
  },
];

/** The first that works here, or undefined. `wrap` makes the command line, `read` takes the lines of numbers. */
export function findAccountant() {
  return ACCOUNTANTS.find(({ probe: [program, ...args] }) => {
    return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
  });
}

/** `1m2.345s` → 62.345 */
function seconds(text) {
  const [, minutes, rest] = /^(\d+)m([\d.,]+)s$/.exec(text);
  return Number(minutes) * 60 + Number(rest.replace(',', '.'));
}
