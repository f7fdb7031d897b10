// The commands there are, by name. `run` is what is meant without one.

export const COMMANDS = [
  ...(['run', 'resume', 'retry', 'report', 'curl', 'tune', 'serve', 'doctor', 'completion', 'help'] as const),
] as const;
export type CommandName = (typeof COMMANDS)[number];

export function isCommand(word: string | undefined): word is CommandName {
  return (COMMANDS as readonly (string | undefined)[]).includes(word);
}
