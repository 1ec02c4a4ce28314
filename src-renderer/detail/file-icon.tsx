import type { FileRecord } from '../../src-main/ipc/contract.ts';

/**
 * The picture that came with an offer (RFC 5547 §8.8). It is a PNG, JPEG or GIF of a bounded size by its bytes; the
 * main process hands over nothing else.
 */
export function FileIcon({ file }: { readonly file: FileRecord }) {
  if (file.icon === null) return null;
  return (
    <img
      src={file.icon}
      alt={`Preview of ${file.name}`}
      className="float-left mr-3 mb-1 size-12 rounded-md border border-line bg-quiet-soft object-contain"
      draggable={false}
    />
  );
}
