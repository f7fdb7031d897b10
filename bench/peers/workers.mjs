// As many loops as there are connections, each awaiting one request after the other: how clients of promises are
// kept at a concurrency for the least cost.

/** `makeAsk()` gives a worker its `ask(n)`, which resolves to the id in the body, or to undefined for a bad status. */
export async function runWorkers(requests, concurrency, makeAsk) {
  let sent = 0;
  let responses = 0;
  let errors = 0;
  let idSum = 0;
  const worker = async (ask) => {
    while (sent < requests) {
      sent++;
      try {
        const id = await ask(sent);
        if (id === undefined) errors++;
        else {
          responses++;
          idSum += id;
        }
      } catch {
        errors++;
      }
    }
  };
  await Promise.all(Array.from({ length: concurrency }, () => worker(makeAsk())));
  return { responses, errors, idSum };
}
