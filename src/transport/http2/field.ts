// One header field as HPACK has it: octets of name and value, one character each, and what it takes in a table.
// Never checks what HTTP makes of them.

/** What an entry counts beyond its octets (RFC 7541 section 4.1). */
const ENTRY_BYTES = 32;

/** Immutable but for what is found out about it, and shared: by the table, by what remembers octets, and by all responses that have it. */
export class Field {
  readonly name: string;
  readonly value: string;
  /** Its size in a table and in a header list (RFC 9113 section 6.5.2). */
  readonly bytes: number;
  /** What is wrong with it in a response, '' where nothing is; undefined until somebody has looked. */
  fault: string | undefined = undefined;

  constructor(name: string, value: string) {
    this.name = name;
    this.value = value;
    this.bytes = name.length + value.length + ENTRY_BYTES;
  }
}
