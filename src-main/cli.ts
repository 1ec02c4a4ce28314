#!/usr/bin/env node
import { runCli } from './cli/program.ts';

// A fault of our own in one connection must not end the terminal; it is said and the run goes on.
process.on('uncaughtException', (error) => process.stderr.write(`Fault: ${error.message}\n`));
// Not exitCode: an input that is still open would keep the process alive.
process.exit(await runCli(process.argv.slice(2)));
