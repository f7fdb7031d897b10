// What is asked of the peers: how many requests, of which target, with how many at once. Only data.

/** The seed's numbers were measured with so many at once. */
export const SEED_CONCURRENCY = 100;
const WIRE_CONCURRENCY = 60;

/**
 * `processS`: a peer that would take longer sends fewer requests (0: never fewer, it is left out instead). `peerS`: who
 * has used so much of it sits the other rounds out. `budgetS`: no further round begins that would not end within it.
 * `warmUp`: so many requests are sent first, to learn how fast a peer is; otherwise an earlier table of the same target
 * tells.
 */
export const TABLES = [
  {
    name: 'seed-40',
    target: 'away',
    title: 'The seed’s 40 requests, 20 ms away',
    requests: 40,
    concurrency: 40,
    full: { rounds: 5, processS: 10, peerS: 30, budgetS: 90 },
    quick: { rounds: 2, processS: 5, peerS: 5, budgetS: 40 },
  },
  {
    name: 'seed-1000',
    target: 'away',
    title: 'The seed’s 1,000 requests, 20 ms away, 100 at once',
    requests: 1_000,
    concurrency: SEED_CONCURRENCY,
    full: { rounds: 3, processS: 30, peerS: 50, budgetS: 150 },
    quick: { rounds: 2, processS: 2, peerS: 5, budgetS: 50 },
  },
  {
    name: 'seed-4000',
    target: 'away',
    title: 'The seed’s 4,000 requests, 20 ms away, 100 at once',
    requests: 4_000,
    concurrency: SEED_CONCURRENCY,
    full: { rounds: 5, processS: 120, peerS: 60, budgetS: 430 },
    quick: { rounds: 2, processS: 4, peerS: 8, budgetS: 70 },
  },
  {
    name: 'plain',
    target: 'plain',
    title: 'Next door: plain HTTP/1.1, 60 at once',
    requests: 100_000,
    concurrency: WIRE_CONCURRENCY,
    warmUp: 1_000,
    full: { rounds: 5, processS: 4, peerS: 30, budgetS: 340 },
    quick: { rounds: 2, processS: 1.2, peerS: 5, budgetS: 70 },
  },
  {
    name: 'tls',
    target: 'tls',
    title: 'Next door: TLS 1.3, HTTP/1.1, 60 at once',
    requests: 100_000,
    concurrency: WIRE_CONCURRENCY,
    warmUp: 500,
    full: { rounds: 3, processS: 3, peerS: 20, budgetS: 120 },
    quick: { rounds: 2, processS: 1, peerS: 5, budgetS: 50 },
  },
  {
    name: 'h2',
    target: 'h2',
    title: 'Next door: TLS 1.3, HTTP/2, 60 at once',
    requests: 100_000,
    concurrency: WIRE_CONCURRENCY,
    warmUp: 500,
    full: { rounds: 5, processS: 4, peerS: 30, budgetS: 80 },
    quick: { rounds: 2, processS: 1, peerS: 5, budgetS: 20 },
  },
];

/** Those that can in five minutes, as their rate next door tells. Left out of a quick run. */
export const HUGE = {
  name: 'huge',
  target: 'plain',
  title: 'All codes of four characters: 36⁴ = 1,679,616 requests next door, 60 at once',
  requests: 36 ** 4,
  concurrency: WIRE_CONCURRENCY,
  full: { rounds: 1, processS: 0, peerS: 300, budgetS: 330 },
};

const POWERS_OF_TWO = Array.from({ length: 13 }, (_, i) => 2 ** i);

/**
 * Goodput over the size of the semaphore. A point sends as many requests as `turns` of the whole semaphore would, at
 * least its size and at most `requestsMax` where that is more. `everybody`: or else flurry and the fastest of each
 * language in the table of 4,000.
 */
export const CURVES = [
  {
    name: 'curve',
    target: 'away',
    title: 'Goodput over the size of the semaphore, 20 ms away',
    everybody: true,
    autoRequests: 20_000,
    full: { sizes: POWERS_OF_TWO, turns: 40, requestsMax: 4_000, pointS: 5, budgetS: 480 },
    quick: { sizes: [1, 8, 64, 512, 4096], turns: 16, requestsMax: 1_500, pointS: 1.5, budgetS: 130 },
  },
  {
    name: 'limited',
    target: 'limited',
    title: 'Goodput over the size of the semaphore, a server with 60 workers’ worth',
    everybody: false,
    autoRequests: 12_000,
    full: { sizes: POWERS_OF_TWO, turns: 40, requestsMax: 4_000, pointS: 5, budgetS: 180 },
    quick: { sizes: [1, 8, 64, 512, 4096], turns: 16, requestsMax: 1_500, pointS: 2, budgetS: 40 },
  },
];
