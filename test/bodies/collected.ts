// Reads a body to its end, as whoever sends it does.

import type { BodyReader, BodyStream } from '../../src/model/body-stream.ts';

export function readOnce(reader: BodyReader): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    reader.read((error, bytes) => (error === undefined ? resolve(bytes) : reject(error)));
  });
}

export async function pieces(stream: BodyStream): Promise<Uint8Array[]> {
  const reader = stream.open();
  const all: Uint8Array[] = [];
  try {
    for (let bytes = await readOnce(reader); bytes !== undefined; bytes = await readOnce(reader)) {
      if (bytes.length === 0) throw new Error('an empty piece');
      all.push(bytes);
    }
  } finally {
    reader.close();
  }
  return all;
}

export async function octets(stream: BodyStream): Promise<Buffer> {
  return Buffer.concat(await pieces(stream));
}

export async function text(stream: BodyStream): Promise<string> {
  return (await octets(stream)).toString();
}
