/** A rectangle of the screen, in device-independent pixels. */
export type Tile = {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};

export type DemoTiles = { readonly desk: Tile; readonly terminals: readonly [Tile, Tile] };

/** Narrowest windows that show what they are for; below that they overlap. */
const MIN_TERMINAL_WIDTH = 480;
const MIN_DESK_WIDTH = 400;
/** Part of the width that the desk gets where there is room. */
const DESK_SHARE = 0.3;
const MAX_HEIGHT = 900;

/** Places two terminals side by side with the sender desk beside them, on the left, within a work area. */
export function demoTiles(area: Tile): DemoTiles {
  const height = Math.min(area.height, MAX_HEIGHT);
  const deskWidth = Math.max(MIN_DESK_WIDTH, Math.round(area.width * DESK_SHARE));
  const width = Math.max(MIN_TERMINAL_WIDTH, Math.floor((area.width - deskWidth) / 2));
  const right = area.x + area.width;
  const tile = (x: number, wide: number): Tile => ({
    x: Math.max(area.x, x),
    y: area.y,
    width: wide,
    height,
  });
  return {
    desk: tile(area.x, deskWidth),
    terminals: [tile(right - 2 * width, width), tile(right - width, width)],
  };
}
