import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SandboxCore } from '../../src-main/sandbox/core/core.ts';
import type { FilesRequest } from '../../src-main/sandbox/sender/files-request.ts';
import type { PushResult } from '../../src-main/sandbox/sender/results.ts';
import { PushSender } from '../../src-main/sandbox/sender/sender.ts';

const CREDENTIALS = { username: 'psa', password: 'secret' };

/** The sandbox's core and Push Sender Agent in the test's own process, so that they outlive the app. */
export class RealSender {
  readonly core: SandboxCore;
  readonly sender: PushSender;
  /** For files to push. */
  readonly folder: string;

  private constructor(core: SandboxCore, sender: PushSender, folder: string) {
    this.core = core;
    this.sender = sender;
    this.folder = folder;
  }

  static async open(): Promise<RealSender> {
    const folder = await mkdtemp(join(tmpdir(), 'push-terminal-files-'));
    const users = [
      { name: 'bob', password: 'secret' },
      { name: 'psa', password: 'secret' },
    ];
    const core = await SandboxCore.open({ host: '127.0.0.1', port: 0, domain: 'push.test', users });
    const sender = await PushSender.open({
      core: core.uri,
      as: 'sip:psa@push.test',
      credentials: CREDENTIALS,
      onResult: () => {},
    });
    return new RealSender(core, sender, folder);
  }

  /** What the form of a terminal needs to register here. */
  get profile(): Readonly<Record<string, string>> {
    return {
      Name: 'bob',
      'Address of record': 'sip:bob@push.test',
      Core: this.core.uri,
      'User name': 'bob',
      Password: 'secret',
    };
  }

  /** Offers files; answers how it ends. */
  push(files: FilesRequest['files'], options: Partial<FilesRequest> = {}): Promise<PushResult> {
    const request = { to: 'sip:bob@push.test', application: 'mms.ua', report: true, files, ...options };
    return this.sender.settled(this.sender.files(request).id);
  }

  async close(): Promise<void> {
    await this.sender.close();
    await this.core.close();
    await rm(this.folder, { recursive: true });
  }
}
