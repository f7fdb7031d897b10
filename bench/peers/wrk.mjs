// wrk: the measure. It runs for a time, not for a number of requests, and looks at statuses, not at bodies.

export function command({ wrk, url, seconds, concurrency }) {
  return [wrk, '-t1', `-c${concurrency}`, `-d${seconds}s`, `${url}/todos/1`];
}

/** wrk prints `  59033 requests in 2.00s, 12.39MB read`, and lines about errors only where there were some. */
export function read({ stdout }) {
  const requests = Number(/^\s*(\d+) requests in /m.exec(stdout)?.[1] ?? 0);
  const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0);
  const sockets = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout);
  const errors = bad + (sockets === null ? 0 : sockets.slice(1).reduce((sum, n) => sum + Number(n), 0));
  return { requests, responses: requests - bad, errors };
}
