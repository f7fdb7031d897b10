// npm run fuzz [-- --seconds 60 --only response-parser --seed N]: the fuzz tests for as long as that, from a seed that is
// printed and is another one each time unless it is given.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    only: { type: 'string' },
    seed: { type: 'string', default: String(Date.now() % 4_294_967_296) },
  },
});
for (const name of ['seconds', 'seed']) {
  if (!/^\d+$/.test(values[name])) {
    process.stderr.write(`--${name} takes a whole number, not ${values[name]}\n`);
    process.exit(2);
  }
}
process.stdout.write(`fuzzing for ${values.seconds} s from seed ${values.seed}\n`);
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url));
const { status } = spawnSync(process.execPath, [vitest, 'run', 'test/fuzz'], {
  stdio: 'inherit',
  env: {
    ...process.env,
    FLURRY_FUZZ_SECONDS: values.seconds,
    FLURRY_FUZZ_SEED: values.seed,
    ...(values.only === undefined ? {} : { FLURRY_FUZZ_ONLY: values.only }),
  },
});
process.exit(status ?? 1);
