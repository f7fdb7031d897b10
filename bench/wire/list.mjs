// The body of the gzip rows: 10 KB of JSON as an API sends a list, always the same, and the same in gzip.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const BYTES_MAX = 10 * 1024;
const WORDS =
  `delectus aut autem quis ut nam facilis et officia qui fugiat veniam minus porro tempora laboriosam mollitia
  enim quasi adipisci quia provident illum quo est ea illo expedita consequatur officiis ipsam vero molestiae rerum
  voluptatem quam eum deleniti sunt doloremque nihil possimus in accusamus similique repellat tenetur aliquid vel
  dolorum perspiciatis dignissimos non eos at debitis error sed nostrum libero ratione`.split(/\s+/);

/** Paths of both, below `folder`. */
export function writeList(folder) {
  const text = listText();
  const paths = { json: join(folder, 'list.json'), gzip: join(folder, 'list.json.gz') };
  writeFileSync(paths.json, text);
  writeFileSync(paths.gzip, gzipSync(text));
  return paths;
}

function listText() {
  const random = seeded(1);
  const below = (n) => Math.floor(random() * n);
  const items = [];
  for (let bytes = 1; ; ) {
    const title = Array.from({ length: 3 + below(6) }, () => WORDS[below(WORDS.length)]).join(' ');
    const completed = below(2) === 1;
    const item = JSON.stringify({ userId: 1 + below(10), id: items.length + 1, title, completed });
    bytes += item.length + 1;
    if (bytes > BYTES_MAX) return `[${items.join(',')}]`;
    items.push(item);
  }
}

/** The same numbers in every run: a linear congruential generator. */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
