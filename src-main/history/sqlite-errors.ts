/** Whether an error is SQLite's with one of these primary codes, such as `SQLITE_BUSY`, or an extension of it. */
export function isSqliteError(error: unknown, ...codes: readonly string[]): boolean {
  if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) return false;
  const { code } = error;
  return codes.some((primary) => code === primary || code.startsWith(`${primary}_`));
}
