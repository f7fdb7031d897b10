// The options of `flurry tune`: its own, and those of a run that say what a request is and how it travels.

import { choice, duration, flag, integer, list, type OptionRow, text } from '../model/option-kinds.ts';
import { isSize, SIZE_MAX } from '../engine/tune-budget.ts';
import { readWords } from './arguments.ts';
import { usage } from './exit-codes.ts';
import { RUN_SWITCHES, type RunSwitch, type RunWords, readAs, switchOfRow, type Values } from './run-flags.ts';
