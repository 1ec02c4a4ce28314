import type { DialOptions, MsrpConnection } from './connection.ts';
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
  if (options.emptySend) greet(session, connection, remotePath);
}

/** Sends the empty SEND by which the passive side learns which session a connection is for (RFC 4975 §5.4). */
function greet(session: MsrpSession, connection: MsrpConnection, toPath: readonly MsrpUri[]): void {
  connection.write(
    writeBindingSend({
      transactionId: newTransactionId(),
      toPath,
      fromPath: [session.localUri],
      messageId: newMessageId(),
    }),
  );
}

/**
 * Binds a session as the active side to the connection with our relay, and tells the peer by an empty SEND to the whole
 * way: the relay's Use-Path, then the peer's path (RFC 4976 §5.1).
 */
export function bindThroughRelay(
  session: MsrpSession,
  connection: MsrpConnection,
  usePath: readonly MsrpUri[],
  remotePath: readonly MsrpUri[],
): void {
  if (session.connection !== null) return;
  connection.attach(session);
  session.bind(connection);
  greet(session, connection, [...usePath, ...remotePath]);
}
