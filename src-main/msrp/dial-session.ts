import type { DialOptions } from './connection.ts';
import { dial } from './dial.ts';
import type { MsrpSession } from './session.ts';
import { type MsrpUri, newMessageId, newTransactionId } from './uri.ts';
import { writeBindingSend } from './writer.ts';

/**
 * Connects a session as the active side to the first URI of the peer's path (RFC 4975 §5.4, §8.3) and
 * binds it, if its certificate is one the session's peer has named; with `emptySend`, an empty SEND tells the peer at once. Rejects when the peer cannot be
 * reached. A session that `isTaken` meanwhile keeps what it has, and the new connection closes.
 */
export async function dialSession(
  session: MsrpSession,
  remotePath: readonly MsrpUri[],
  options: DialOptions & { readonly emptySend: boolean; readonly isTaken: () => boolean },
): Promise<void> {
  const [target] = remotePath;
  if (target === undefined) throw new Error('the peer gave no MSRP path');
  const lookup = (id: string) => (id === session.localUri.sessionId ? session : undefined);
  const connection = await dial(target, lookup, { ...options, fingerprints: session.peerFingerprints });
  if (options.isTaken()) {
    connection.close();
    return;
  }
  connection.attach(session);
  session.bind(connection);
  if (!options.emptySend) return;
  connection.write(
    writeBindingSend({
      transactionId: newTransactionId(),
      toPath: remotePath,
      fromPath: [session.localUri],
      messageId: newMessageId(),
    }),
  );
}
