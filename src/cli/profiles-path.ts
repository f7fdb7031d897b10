// Where profiles of hosts are kept. Apart from what reads them: every run looks whether there is such a file.

import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment } from '../view/terminal.ts';

export function profilesPath(env: Environment): string {
  return join(env['XDG_CONFIG_HOME'] || join(homedir(), '.config'), 'flurry', 'profiles.json');
}
