// What must not outlive the bench: processes and temporary folders. Undone last in, first out; on Ctrl-C too.

const steps = [];

/** Runs `undo` when the bench ends, however it ends; what it returns takes that back. */
export function onEnd(undo) {
  steps.push(undo);
  return () => {
    const at = steps.indexOf(undo);
    if (at >= 0) steps.splice(at, 1);
  };
}

function undoAll() {
  for (let undo = steps.pop(); undo !== undefined; undo = steps.pop()) {
    try {
      undo();
    } catch (error) {
      process.stderr.write(`while cleaning up: ${error.message}\n`);
    }
  }
}

process.once('exit', undoAll);
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
]) {
  process.once(signal, () => process.exit(code));
}

/** What ends a child by its pid; so does the end of the bench. */
export function ender(child) {
  const ended = new Promise((resolve) => {
    child.once('exit', resolve);
    child.once('error', resolve);
  });
  const disarm = onEnd(() => child.kill('SIGTERM'));
  return async () => {
    disarm();
    child.kill('SIGTERM');
    await ended;
  };
}
