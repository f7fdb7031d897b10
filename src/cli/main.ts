// From argv to an exit code. The only place that prints errors.

import { readFileSync } from 'node:fs';
import { InputError } from '../engine/source-of.ts';
import { OptionError } from '../model/option-kinds.ts';
import { OutputError } from '../sinks/output-error.ts';
import { TemplateError } from '../sources/template-error.ts';
import { EXIT, Exit } from './exit-codes.ts';
import { buildProgram, CommanderError } from './program.ts';
import { runCommand } from './run-command.ts';

export async function main(argv: readonly string[]): Promise<number> {
  let code: number = EXIT.done;
  const program = buildProgram(version(), {
    async run(urls, flags) {
      code = await runCommand(urls, flags);
    },
    async serve(flags) {
      const { serveCommand } = await import('./serve-command.ts');
      code = await serveCommand(flags);
    },
    completion(shell) {
      return import('./completion.ts').then(({ completionScript }) => {
        process.stdout.write(completionScript(shell));
      });
    },
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return code;
  } catch (error) {
    return report(error);
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return EXIT.done;
    return tell(EXIT.usage, `${error.message.replace(/^error: /, '')}\nsee flurry --help`);
  }
  if (error instanceof Exit) return tell(error.code, error.message);
  if (error instanceof OptionError || error instanceof TemplateError) return tell(EXIT.usage, error.message);
  if (error instanceof OutputError)
    return error.code === 'EPIPE' ? EXIT.done : tell(EXIT.disk, error.message);
  if (error instanceof InputError) return tell(EXIT.usage, error.message);
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return tell(EXIT.unexpected, `unexpected: ${text}`);
}

function tell(code: number, message: string): number {
  process.stderr.write(`flurry: ${message}\n`);
  return code;
}

function version(): string {
  const manifest = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}
