// `--curl`: prints the curl command of each request, as they come, and sends nothing.

import { InputError, openSource, type SourceDefinition } from '../../engine/source-of.ts';
import type { BodyStream } from '../../model/body-stream.ts';
import type { Pulled, Source } from '../../model/contracts.ts';
import type { Settings } from '../../model/options.ts';
import type { Request } from '../../model/request.ts';
import { byteSize } from '../../model/text.ts';
import { EXIT } from '../exit-codes.ts';
import type { Surroundings } from '../surroundings.ts';
import { curlOf } from './printed.ts';
import { runWords } from './run-words.ts';

/** What a person may still want to see on a screen or in a file of commands. */
const STREAM_BYTES_MAX = 16 * 1024 * 1024;
const BATCH_CHARACTERS = 64 * 1024;
const SECRETS = 'these commands hold every secret of the requests: cookies, tokens, passwords';

export async function printCurl(
  definition: SourceDefinition,
  settings: Settings,
  around: Surroundings,
): Promise<number> {
  const source = openSource(definition, settings);
  const words = runWords(settings);
  const output = new Output(around.stdout);
  let told = false;
  try {
    for (let item = await next(source); item !== undefined; item = await next(source)) {
      if (!told && item.type === 'request') around.stderr.write(`flurry: ${SECRETS}\n`);
      told ||= item.type === 'request';
      const line = item.type === 'failure' ? comment(item.message) : await lineOf(item, words);
      if (!(await output.line(line))) break;
    }
    await output.flush();
  } finally {
    source.close();
    output.close();
  }
  return EXIT.done;
}

type Item = Extract<Pulled, { type: 'request' | 'failure' }>;

async function next(source: Source): Promise<Item | undefined> {
  for (;;) {
    const pulled = pull(source);
    if (pulled.type === 'ended') return undefined;
    if (pulled.type !== 'waiting') return pulled;
    await new Promise<void>((resolve) => {
      source.onReady = resolve;
    });
  }
}

function pull(source: Source): Pulled {
  try {
    return source.pull();
  } catch (error) {
    throw new InputError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

async function lineOf(request: Request, words: readonly string[]): Promise<string> {
  if (request.stream === undefined) return curlOf(request, request.body, words);
  try {
    return curlOf(request, await readOut(request.stream), words);
  } catch (error) {
    return comment(
      `${request.method} ${request.url}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** What is no request leaves a line too, so that the n-th line is the n-th of the input. */
function comment(text: string): string {
  return `# ${text.replace(/[\u0000-\u001f\u007f]/g, ' ')}`;
}

function readOut(stream: BodyStream): Promise<Buffer> {
  const reader = stream.open();
  const chunks: Uint8Array[] = [];
  let length = 0;
  return new Promise((resolve, reject) => {
    const fail = (error: Error) => {
      reader.close();
      reject(error);
    };
    const read = () =>
      reader.read((error, bytes) => {
        if (error !== undefined) return fail(error);
        if (bytes === undefined) {
          reader.close();
          return resolve(Buffer.concat(chunks));
        }
        length += bytes.length;
        if (length > STREAM_BYTES_MAX) {
          return fail(new Error(`its body is longer than ${byteSize(STREAM_BYTES_MAX)}, too long to print`));
        }
        chunks.push(bytes);
        read();
      });
    read();
  });
}

/** What a stream has that a caught output of a test may lack. */
interface Flowing {
  on?(event: 'drain' | 'error', call: () => void): unknown;
  off?(event: 'drain' | 'error', call: () => void): unknown;
}

/** Lines in large portions, and not faster than the reader takes them. */
class Output {
  readonly #stdout: Surroundings['stdout'] & Flowing;
  #batch = '';
  /** Nobody reads any more. The stream itself does not keep it in mind: standard output counts as open for ever. */
  #broken = false;
  #wake: (() => void) | undefined;

  constructor(stdout: Surroundings['stdout']) {
    this.#stdout = stdout;
    this.#stdout.on?.('error', this.#onError);
    this.#stdout.on?.('drain', this.#onDrain);
  }

  /** False when nobody reads any more. */
  async line(text: string): Promise<boolean> {
    this.#batch += `${text}\n`;
    if (this.#batch.length >= BATCH_CHARACTERS) await this.flush();
    return !this.#broken;
  }

  async flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = '';
    if (batch === '' || this.#broken || this.#stdout.write(batch) !== false) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
  }

  close(): void {
    this.#stdout.off?.('error', this.#onError);
    this.#stdout.off?.('drain', this.#onDrain);
  }

  readonly #onDrain = (): void => {
    this.#wake?.();
  };

  readonly #onError = (): void => {
    this.#broken = true;
    this.#wake?.();
  };
}
