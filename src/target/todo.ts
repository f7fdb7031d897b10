// Todos without end, in the shape of jsonplaceholder.typicode.com: a pure function of their number.

import { scatter } from './random.ts';

/** 64 words, so that six bits choose one. */
const WORDS =
  `delectus aut autem quis ut nam facilis et officia qui fugiat veniam minus laboriosam mollitia enim quasi adipisci
quia provident illum quo numquam consequatur ipsa dolore voluptatem fugit sunt vero ratione accusamus harum ea quaerat
tempora rerum dignissimos labore eius natus molestiae repellendus nemo esse earum cum odio ipsum modi maxime iste
nesciunt totam porro ullam sint magni error beatae velit hic alias itaque`.split(/\s+/);

const PER_USER = 20;
const NUMBER = /^[1-9]\d{0,15}$/;

/** The one that everybody knows, to the byte. */
const FIRST = '{"userId":1,"id":1,"title":"delectus aut autem","completed":false}';

/** JSON in ASCII, or undefined where no todo has that number. */
export function todoJson(text: string): string | undefined {
  if (text === '1') return FIRST;
  const id = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(id)) return undefined;
  const bits = scatter(id);
  const title = `${word(bits)} ${word(bits >>> 6)} ${word(bits >>> 12)}`;
  const userId = Math.ceil(id / PER_USER);
  return `{"userId":${userId},"id":${text},"title":"${title}","completed":${bits >>> 31 === 1}}`;
}

function word(bits: number): string {
  return WORDS[bits & 63]!;
}
