#!/usr/bin/env node
// The executable. Starts the program in the process's own surroundings and sets the exit code; nothing else.

import { main } from './main.ts';
import { processSurroundings } from './surroundings.ts';

process.exitCode = await main(process.argv.slice(2), processSurroundings());
