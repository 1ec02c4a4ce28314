import { Command, CommanderError } from 'commander';
import { FAULTS } from '../sandbox/sender/faults.ts';
import { PUSH_TAG } from '../sip/feature-tags.ts';
import { type CoreOptions, runCore } from './core.ts';
import { runDemo } from './demo.ts';
import { type HeadlessOptions, runHeadless } from './headless.ts';
import { type PapOptions, runPap } from './pap.ts';
import {
  type FilesOptions,
  type MessageOptions,
  type NotifyOptions,
  type PushOptions,
  type ReferOptions,
  runPushFiles,
  runPushMessage,
  runPushNotify,
  runPushOptions,
  runPushRefer,
} from './push.ts';
import { processStreams, type Streams, UsageError } from './streams.ts';

/** Sub-commands; the installed app's binary opens no window when called with one. */
export const SUB_COMMANDS = ['headless', 'push', 'core', 'pap', 'demo', 'help'] as const;

const USAGE_EXIT_CODE = 2;

/**
 * Runs a command line without the program's name. Answers the exit code: 0 when all held, 1 when not, 2 for a
 * mistake in the call. Never rejects.
 */
export async function runCli(args: readonly string[], streams: Streams = processStreams()): Promise<number> {
  let exitCode = 0;
  const program = makeProgram(streams, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : USAGE_EXIT_CODE;
    streams.errors.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof UsageError ? USAGE_EXIT_CODE : 1;
  }
}

function makeProgram(streams: Streams, exit: (code: number) => void): Command {
  const program = new Command('push-terminal')
    .description('A Push Receiver Agent test terminal for OMA SIP Push.')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.output.write(text),
      writeErr: (text) => streams.errors.write(text),
    });
  program
    .command('headless')
    .description('terminals without a window: JSON events on stdout, JSON commands on stdin')
    .requiredOption('--profile <file>', 'profile to run, may be given more than once', collect)
    .option('--data <folder>', 'where history and files go; a temporary folder when absent')
    .option('--allow-commands', 'run the commands that profiles name for their applications')
    .option('--allow-webhooks', 'send pushes to the local webhooks that profiles name')
    .option('--trace <file>', 'write SIP and MSRP there while it runs: .pcapng, .pcap, .txt or .jsonl')
    .option('--keep-pushes <n>', 'remove the oldest pushes beyond so many')
    .option('--keep-days <n>', 'remove pushes older than so many days')
    .option('--keep-bytes <n>', 'remove the oldest pushes beyond so many bytes of content and files')
    .action(async (options: HeadlessOptions) => exit(await runHeadless(options, streams)));
  const push = program.command('push').description('send as the Push Sender Agent');
  addAddressing(addPushOptions(push.command('message')))
    .description('push a message')
    .option('--text <text>', 'the content itself')
    .option('--body <file>', 'a file that holds the content')
    .option('--type <type>', 'Content-Type; text/plain, or by the ending of --body')
    .option(
      '--by-reference',
      'offer the content over HTTP, and refer to it; always above 1300 bytes of request',
    )
    .option('--inline', 'send the content in the MESSAGE, however large it is')
    .option('--wait <seconds>', 'how long referenced content has to be fetched; 30 when absent')
    .action(async (options: MessageOptions) => exit(await runPushMessage(options, streams)));
  addPushOptions(push.command('notify'))
    .description('push by NOTIFY to terminals that have subscribed to ua-profile')
    .option('--text <text>', 'the content itself')
    .option('--body <file>', 'a file that holds the content')
    .option('--type <type>', 'Content-Type; text/plain, or by the ending of --body')
    .option('--by-reference', 'offer the content over HTTP, and refer to it')
    .option('--effective-by <seconds>', 'when it is to take effect')
    .option('--wait <seconds>', 'how long to wait for a subscription and for a fetch; 30 when absent')
    .action(async (options: NotifyOptions) => exit(await runPushNotify(options, streams)));
  addAddressing(addPushOptions(push.command('files')))
    .description('offer files and send those that are accepted')
    .argument('<files...>', 'files to offer')
    .option('--report', 'ask for a success report and wait for it')
    .option('--cpim', 'wrap each file in message/cpim')
    .option('--tls', 'offer MSRP over TLS')
    .option('--icon <file>', 'picture to show with each file: PNG, JPEG or GIF, small')
    .option(
      '--from <byte>',
      'offer the files from this byte on (file-range), to go on with a broken transfer',
    )
    .option('--relay <uri>', 'go through an MSRP relay, e.g. msrp://127.0.0.1:2855;tcp')
    .option('--chunk <bytes>', 'bytes of one SEND; 65536 when absent')
    .option('--window <count>', 'SENDs on their way without an answer; 1 is no pipelining, 32 when absent')
    .option('--failure-report <yes|no|partial>', 'when a failure is to be told; yes when absent')
    .action(async (files: string[], options: FilesOptions) =>
      exit(await runPushFiles(files, options, streams)),
    );
  addPushOptions(push.command('refer'))
    .description('ask by REFER to subscribe to pushes, and take the subscription')
    .option('--target <uri>', 'whom to subscribe to; the sender when absent')
    .option('--silent', 'ask for no report (Refer-Sub: false)')
    .option('--wait <seconds>', 'how long to wait for the last NOTIFY about it; 120 when absent')
    .action(async (options: ReferOptions) => exit(await runPushRefer(options, streams)));
  addPushOptions(push.command('options'))
    .description('ask by OPTIONS what a terminal can do')
    .action(async (options: PushOptions) => exit(await runPushOptions(options, streams)));
  program
    .command('core')
    .description('run the sandbox core')
    .requiredOption(
      '--listen <address>',
      'HOST:PORT for TCP and UDP, or tcp:, udp:, tls:, ws: or wss: before it; may be given more than once',
      collect,
    )
    .requiredOption('--domain <domain>', 'domain of its users')
    .option('--cert <file>', 'certificate for tls: and wss:, PEM')
    .option('--key <file>', 'its key, PEM')
    .option('--user <name:password>', 'a user, may be given more than once', collect, [])
    .option('--allow-any-sender', 'forward pushes of strangers, without an asserted identity')
    .option('--application-server <aor>', 'user told of push registrations by third-party REGISTER')
    .option('--filter <tag>', `feature tag that makes it so; ${PUSH_TAG} when absent`)
    .option('--relay <address>', 'HOST:PORT or tls:HOST:PORT of an MSRP relay for the users')
    .option('--embed', 'embed the REGISTER and its 200 in the third-party REGISTER as message/sip')
    .action(async (options: CoreOptions) => exit(await runCore(options, streams)));
  program
    .command('pap')
    .description(
      'serve push initiators by the OMA Push Access Protocol over HTTP, and push as the Push Sender Agent',
    )
    .requiredOption('--listen <address>', 'HOST:PORT for HTTP')
    .requiredOption('--core <uri>', 'the core, e.g. sip:127.0.0.1:5060;transport=tcp')
    .requiredOption('--as <aor>', 'address to send as')
    .requiredOption('--app <id>', 'application of content without X-Wap-Application-Id, e.g. mms.ua')
    .option('--auth <user:password>', 'digest credentials')
    .action(async (options: PapOptions) => exit(await runPap(options, streams)));
  program
    .command('demo')
    .description('play the whole story on the console and check every step')
    .action(async () => exit(await runDemo(streams)));
  return program;
}

function addPushOptions(command: Command): Command {
  return command
    .requiredOption('--core <uri>', 'the core, e.g. sip:127.0.0.1:5060;transport=tcp')
    .requiredOption('--as <aor>', 'address to send as')
    .requiredOption('--to <uri>', 'AOR or GRUU to push to, may be given more than once', collect)
    .requiredOption('--app <id>', 'Application Resource Identifier, e.g. mms.ua')
    .option('--auth <user:password>', 'digest credentials')
    .option('--all-terminals', 'push to each terminal by its GRUU, as the core tells by reg event')
    .option('--first', 'push to one terminal after the other, until one takes it');
}

/** Options of pushes that choose terminals and name the sender. */
function addAddressing(command: Command): Command {
  return command
    .option('--icsi <urn>', 'communication service (ICSI), may be given more than once', collect)
    .option('--iari <urn>', 'application reference (IARI), may be given more than once', collect)
    .option('--require', 'only terminals that fit may get it (Accept-Contact require)')
    .option('--explicit', 'only terminals that say they fit may get it (Accept-Contact explicit)')
    .option('--asserted', 'say P-Asserted-Identity, as inside a trust domain')
    .option('--fault <name>', `do something wrong: ${FAULTS.join(', ')}`);
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
