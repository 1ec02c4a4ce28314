import type { MsrpConnection } from './connection.ts';
import type { RequestHead } from './message.ts';
import type { MsrpUri } from './uri.ts';
import { standardComment, writeResponse } from './writer.ts';

/**
 * Answers a request as its Failure-Report header lets us (RFC 4975 §7.1.4, §7.2): `no` gets nothing,
 * `partial` gets errors alone, a REPORT is never answered. Returns whether a response was written.
 */
export function respond(
  connection: MsrpConnection,
  head: RequestHead,
  localUri: MsrpUri,
  code: number,
  comment = standardComment(code),
): boolean {
  if (head.method === 'REPORT' || head.failureReport === 'no') return false;
  if (head.failureReport === 'partial' && code === 200) return false;
  const back = head.method === 'SEND' ? head.fromPath.slice(0, 1) : head.fromPath;
  if (back.length === 0) return false;
  connection.write(
    writeResponse({ transactionId: head.transactionId, toPath: back, fromPath: [localUri], code, comment }),
  );
  return true;
}
