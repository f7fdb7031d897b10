// npm run demo: the embedded target on a free port, the command line over 4,000 URLs, the records in a file.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../dist/cli/bin.js', import.meta.url));
const node = process.execPath;
const REQUESTS = 4000;

if (!existsSync(bin)) {
  process.stderr.write('the demo runs what is built: npm run demo, or npm run build before it\n');
  process.exit(1);
}

const server = spawn(node, [bin, 'serve', '--port', '0'], { stdio: ['ignore', 'pipe', 'ignore'] });
process.once('exit', () => server.kill());
const url = await new Promise((resolve, reject) => {
  server.stdout.once('data', (line) => resolve(String(line).trim()));
  server.once('exit', (code) => reject(new Error(`the embedded target ended with code ${code}`)));
});
server.removeAllListeners('exit');

mkdirSync('demo-output', { recursive: true });
const args = [
  `${url}/todos/[1-${REQUESTS}]`,
  '-c',
  '60',
  '-o',
  'demo-output/todos.jsonl',
  '--summary',
  'demo-output/summary.json',
];
process.stdout.write(`$ flurry '${args[0]}' ${args.slice(1).join(' ')}\n\n`);
const code = await new Promise((resolve) => {
  spawn(node, [bin, ...args], { stdio: 'inherit' }).once('exit', resolve);
});
server.kill();
if (code !== 0) process.exit(code ?? 1);

const records = readFileSync('demo-output/todos.jsonl', 'utf8').trimEnd().split('\n');
const { requests, responses, wallMs } = JSON.parse(readFileSync('demo-output/summary.json', 'utf8'));
const count = (n) => n.toLocaleString('en-US');
process.stdout.write(`
Completed ${count(requests)} requests with ${count(responses)} responses, ${(wallMs / requests).toFixed(2)} ms per request.
The ${count(records.length)} records are in demo-output/todos.jsonl, the numbers in demo-output/summary.json. The first one:
${records[0]}
`);
if (records.length !== REQUESTS || responses !== REQUESTS) {
  process.stderr.write(`the demo expected ${count(REQUESTS)} responses\n`);
  process.exit(1);
}
