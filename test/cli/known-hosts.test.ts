// What `flurry tune --save` found of a host is where a later run starts.

import { describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { profilesPath } from '../../src/cli/profiles-path.ts';
import { saveProfile } from '../../src/cli/tune-profiles.ts';
import { startTarget } from '../../src/target/index.ts';
import { temporaryFolder } from './folder.ts';
import { surroundings } from './in-process.ts';

const folder = temporaryFolder();
const target = await startTarget({ port: 0 });

/** The most in flight of a run that is over before it could find more by itself. */
async function inFlightMax(env: Record<string, string>): Promise<number> {
  const { around } = surroundings({ env });
  const argv = [`${target.url}/delay/50?[1-60]`, '-q', '-o', folder.at('out.jsonl'), '--durability', 'none'];
  expect(await main([...argv, '--summary', folder.at('summary.json')], around)).toBe(0);
  return (JSON.parse(folder.read('summary.json')) as { concurrency: { max: number } }).concurrency.max;
}

describe('a saved profile', () => {
  it('is where the number in flight begins, for its host alone', async () => {
    const env = { XDG_CONFIG_HOME: folder.at('config') };
    const profile = { concurrency: 40, goodput: 800, knee: 40, usl: undefined, date: '2026-01-01T00:00:00Z' };
    saveProfile(profilesPath(env), 'http://other.example', profile);
    const unknown = await inFlightMax(env);
    expect(unknown).toBeLessThan(40);
    saveProfile(profilesPath(env), new URL(target.url).origin, profile);
    expect(await inFlightMax(env)).toBeGreaterThanOrEqual(40);
  });

  it('that cannot be read is told of, and is no reason not to run', async () => {
    const env = { XDG_CONFIG_HOME: folder.at('broken') };
    folder.write('broken/flurry/profiles.json', 'nonsense');
    const caught = surroundings({ env });
    const argv = [`${target.url}/todos/1`, '-q', '-o', folder.at('out.jsonl'), '--durability', 'none'];
    expect(await main(argv, caught.around)).toBe(0);
    expect(caught.stderr()).toMatch(/profiles\.json holds no profiles of flurry tune/);
  });
});
