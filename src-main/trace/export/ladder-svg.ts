import type { TraceSummary } from '../summary.ts';

/** Rows of one picture; a longer ladder ends with a line that says so. */
export const MAX_LADDER_ROWS = 2_000;
/** Peers with a lane of their own; further ones share the last. */
const MAX_PEERS = 7;
const LANE_WIDTH = 280;
const LEFT = 150;
const TOP = 64;
const ROW = 46;
const COLOURS = { sip: '#2b5bd7', msrp: '#0a7a45', error: '#b3121d' } as const;
const FONT = 'Inter, system-ui, sans-serif';

/** The ladder of some messages as an SVG picture: a lane for each terminal and each peer, an arrow for each message. */
export function ladderSvg(summaries: readonly TraceSummary[]): string {
  const shown = summaries.filter(({ kind }) => kind !== 'keep-alive').slice(0, MAX_LADDER_ROWS);
  const terminals = [...new Set(shown.map(({ terminal }) => terminal))];
  const peers = [...new Set(shown.map((one) => peerOf(one)))].slice(0, MAX_PEERS);
  const lanes = [...terminals, ...peers];
  const x = (lane: string) =>
    LEFT + (lanes.includes(lane) ? lanes.indexOf(lane) : lanes.length - 1) * LANE_WIDTH;
  const left =
    summaries.length > MAX_LADDER_ROWS ? `${summaries.length - MAX_LADDER_ROWS} more are not drawn` : '';
  const height = TOP + shown.length * ROW + 40;
  const width = LEFT + Math.max(0, lanes.length - 1) * LANE_WIDTH + 150;
  const start = shown[0]?.at ?? 0;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${FONT}" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...Object.entries(COLOURS).map(
      ([name, colour]) =>
        `<marker id="${name}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" orient="auto"><path d="M0 0 8 4 0 8z" fill="${colour}"/></marker>`,
    ),
    ...lanes.flatMap((lane) => [
      text(x(lane), 28, lane, 'font-weight="600" text-anchor="middle"'),
      `<line x1="${x(lane)}" y1="40" x2="${x(lane)}" y2="${height - 20}" stroke="#cfd3dd"/>`,
    ]),
    ...shown.flatMap((one, index) => row(one, TOP + index * ROW + 20, x, start)),
    left === '' ? '' : text(LEFT, height - 8, left, 'fill="#585e6d"'),
    '</svg>',
    '',
  ].join('\n');
}

function row(one: TraceSummary, y: number, x: (lane: string) => number, start: number): readonly string[] {
  const [own, peer] = [x(one.terminal), x(peerOf(one))];
  const [from, to] = one.direction === 'out' ? [own, peer] : [peer, own];
  const kind = one.error ? 'error' : one.protocol;
  const middle = (own + peer) / 2;
  const dash = one.kind === 'gap' ? ' stroke-dasharray="4 4"' : '';
  return [
    text(12, y + 4, `+${((one.at - start) / 1_000_000).toFixed(6)} s`, 'fill="#585e6d" font-size="11"'),
    text(middle, y - 6, one.title, `text-anchor="middle" fill="${one.error ? COLOURS.error : '#16181f'}"`),
    `<line x1="${from}" y1="${y}" x2="${to}" y2="${y}" stroke="${COLOURS[kind]}" stroke-width="1.5" marker-end="url(#${kind})"${dash}/>`,
    one.note === ''
      ? ''
      : text(middle, y + 14, one.note, 'text-anchor="middle" fill="#585e6d" font-size="11"'),
  ];
}

function peerOf({ protocol, remote }: TraceSummary): string {
  return `${protocol === 'sip' ? 'Core' : 'MSRP'} ${remote}`;
}

function text(x: number, y: number, content: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escapeXml(content)}</text>`;
}

/** Pushed text is hostile: nothing in it is markup, and characters that XML cannot hold are left out. */
function escapeXml(content: string): string {
  return content
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/g, '');
}
