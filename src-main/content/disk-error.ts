/** The code of a file system error such as `ENOSPC`, or null. */
export function errorCode(error: unknown): string | null {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : null;
}

/** The error in words a person can do something with; no capital and no full stop. */
export function explainDiskError(error: unknown): string {
  switch (errorCode(error)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full';
    case 'ENOENT':
      return 'the folder is gone';
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return 'writing there is not allowed';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
