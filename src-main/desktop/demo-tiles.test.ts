import { describe, expect, it } from 'vitest';
import { demoTiles } from './demo-tiles.ts';

describe('demoTiles', () => {
  it.each([
    [{ x: 0, y: 0, width: 1920, height: 1040 }, [0, 576], [576, 672], [1248, 672], 900],
    [{ x: 0, y: 25, width: 1440, height: 800 }, [0, 432], [432, 504], [936, 504], 800],
    [{ x: 1920, y: 0, width: 1600, height: 1200 }, [1920, 480], [2400, 560], [2960, 560], 900],
  ])('fills %j without an overlap', (area, desk, first, second, height) => {
    const tiles = demoTiles(area);
    const all = [tiles.desk, ...tiles.terminals];
    expect(all.map(({ x, width }) => [x, width])).toEqual([desk, first, second]);
    expect(all.every((tile) => tile.y === area.y && tile.height === height)).toBe(true);
  });

  it('lets windows overlap on a small screen, but none leave it', () => {
    const area = { x: 0, y: 0, width: 1024, height: 700 };
    const { desk, terminals } = demoTiles(area);
    expect(terminals.map(({ x, width }) => [x, width])).toEqual([
      [64, 480],
      [544, 480],
    ]);
    expect([desk.x, desk.width]).toEqual([0, 400]);
  });
});
