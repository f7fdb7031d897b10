#!/usr/bin/env node
// The executable. Starts the program and sets the exit code; nothing else.

import { main } from './main.ts';

process.exitCode = await main(process.argv.slice(2));
