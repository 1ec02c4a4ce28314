import type { ContentView, PartView, ReferenceRecord } from '../../src-main/ipc/contract.ts';

/** A part of plain text. */
export function examplePart(change: Partial<PartView> = {}): PartView {
  return {
    depth: 0,
    kind: 'leaf',
    label: 'Text',
    contentType: 'text/plain',
    declared: 'text/plain',
    parameters: [],
    sniffedType: 'text/plain',
    isMismatch: false,
    disposition: null,
    fileName: null,
    contentId: null,
    role: null,
    headers: [],
    bytes: 5,
    text: 'hello',
    charset: 'utf-8',
    isTruncated: false,
    pretty: null,
    fields: null,
    image: null,
    html: null,
    hex: '',
    isHexTruncated: false,
    warnings: [],
    saveName: 'content.txt',
    runsPrograms: false,
    canOpen: false,
    ...change,
  };
}

export function exampleContent(...parts: readonly PartView[]): ContentView {
  const raw = {
    bytes: 9,
    text: 'raw bytes',
    charset: 'utf-8',
    isTextTruncated: false,
    hex: '00000000  72 61 77',
    isHexTruncated: false,
  };
  return { kind: 'parts', parts, raw };
}

export function exampleReference(change: Partial<ReferenceRecord> = {}): ReferenceRecord {
  return {
    place: 0,
    url: 'https://lab.test/files/news.txt?day=1',
    contentType: 'text/plain',
    bytes: 200,
    hash: 'a'.repeat(40),
    expires: '2026-11-22T12:00:00.000Z',
    received: 0,
    sha256: null,
    fetchedType: null,
    warnings: [],
    optional: false,
    problem: null,
    ...change,
  };
}
