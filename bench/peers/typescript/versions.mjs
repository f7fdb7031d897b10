// Prints the versions of the runtime and of the packages in the folders that are named, as seen from node_modules, or fails
// where one is missing.

import { readFileSync } from 'node:fs';
import process from 'node:process';

const runtime =
  process.versions.bun !== undefined
    ? `Bun ${process.versions.bun}`
    : process.versions.deno !== undefined
      ? `Deno ${process.versions.deno}`
      : `Node ${process.versions.node}`;
const packages = process.argv.slice(2).map((folder) => {
  const path = new URL(`../node_modules/${folder}/package.json`, import.meta.url);
  const { name: own, version } = JSON.parse(readFileSync(path, 'utf8'));
  return `${own} ${version}`;
});
console.log([runtime, ...packages].join(', '));
