/** What a trace can be written as; each is the ending of its files too. */
export const EXPORT_FORMATS = ['pcapng', 'pcap', 'txt', 'jsonl', 'svg'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];
/** Those that can be written piece by piece while the trace grows. */
export type GrowingFormat = Exclude<ExportFormat, 'svg'>;

/** The format that a file's ending asks for; null when it is none. */
export function formatOf(path: string): ExportFormat | null {
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase();
  return EXPORT_FORMATS.find((format) => format === ending) ?? null;
}
