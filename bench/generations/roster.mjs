// Who takes part: the peers for which everything is there, with their versions, and what to install for the others.

import { spawnSync } from 'node:child_process';

const LOOK_MS_MAX = 20_000;

/** `missing`: one sentence for each peer that cannot run, with the command that mends it. */
export function rosterOf(peers) {
  const present = [];
  const missing = [];
  // Many ask for the same.
  const known = new Map();
  for (const peer of peers) {
    const lacking = peer.needs.filter((need) => !isThere(need, known));
    if (lacking.length > 0) {
      const what = lacking.map((need) => need.what).join(', ');
      const installs = [...new Set(lacking.map((need) => need.install))].join(' && ');
      missing.push(`${peer.title} (${peer.name}): ${what} not found: ${installs}`);
    } else present.push({ ...peer, version: versionOf(peer) });
  }
  return { present, missing };
}

function isThere({ test }, known) {
  const key = JSON.stringify(test);
  if (!known.has(key)) known.set(key, succeeds(test));
  return known.get(key);
}

function succeeds({ command, args }) {
  return spawnSync(command, args, { stdio: 'ignore', timeout: LOOK_MS_MAX }).status === 0;
}

/** The first line that it prints, on either stream. */
function versionOf({ versions }) {
  if (versions === undefined) return undefined;
  const { stdout, stderr, error } = spawnSync(versions.command, versions.args, {
    encoding: 'utf8',
    timeout: LOOK_MS_MAX,
  });
  if (error !== undefined) return undefined;
  return `${stdout}\n${stderr}`.trim().split('\n')[0].trim().slice(0, 120) || undefined;
}
