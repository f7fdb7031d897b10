import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const at = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: {
      'flurry/links': at('./src/inspection/links.ts'),
      'flurry/target': at('./src/target/index.ts'),
      flurry: at('./src/index.ts'),
    },
  },
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/cli/build.ts'],
    testTimeout: 20_000,
    pool: 'threads',
  },
});
