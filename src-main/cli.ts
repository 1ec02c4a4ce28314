#!/usr/bin/env node
import { runCli } from './cli/program.ts';

// Not exitCode: an input that is still open would keep the process alive.
process.exit(await runCli(process.argv.slice(2)));
