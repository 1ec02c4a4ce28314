import { describe, expect, it } from 'vitest';
import { isDangerousType, numberedName, safeFileName } from './file-name.ts';

describe('safeFileName', () => {
  it.each([
    ['picture.jpg', 'picture.jpg'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Windows\\system32\\evil.dll', 'evil.dll'],
    ['C:evil.txt', 'evil.txt'],
    ['a\0b\nc.txt', 'abc.txt'],
    ['..', 'file'],
    ['', 'file'],
    ['   ...  ', 'file'],
    ['.bashrc', 'bashrc'],
    ['name. . .', 'name'],
    ['con', '_con'],
    ['COM1.txt', '_COM1.txt'],
    ['nul.', '_nul'],
    ['con .txt', '_con .txt'],
    ['Quarantine', '_Quarantine'],
    ['quarantine.txt', 'quarantine.txt'],
    ['console.txt', 'console.txt'],
    ['a<b>c:d"e|f?g*.txt', 'a_b_c_d_e_f_g_.txt'],
    ['photo\u202Egpj.exe', 'photogpj.exe'],
    ['zero\u200Bwidth', 'zerowidth'],
    ['u\u0308.txt', '\u00fc.txt'],
    ['日本語.txt', '日本語.txt'],
  ])('%j becomes %j', (name, safe) => {
    expect(safeFileName(name)).toBe(safe);
  });

  it('shortens long names, keeps the extension and never splits a character', () => {
    const safe = safeFileName(`${'😀'.repeat(300)}.jpeg`);
    expect(Buffer.byteLength(safe)).toBeLessThanOrEqual(200);
    expect(safe).toMatch(/^(?:😀)+\.jpeg$/u);
  });

  it('takes no longer for long runs of dots and spaces', () => {
    const start = performance.now();
    expect(safeFileName(`a${' .'.repeat(200_000)}b`)).toMatch(/^a/);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('gives a safe name whatever it gets', () => {
    let seed = 3;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    for (let round = 0; round < 5000; round += 1) {
      const name = String.fromCharCode(
        ...Array.from({ length: random(30) }, () => (random(4) === 0 ? random(0x3000) : random(128))),
      );
      const safe = safeFileName(name);
      expect(safe).not.toMatch(/[/\\\p{Cc}\u202a-\u202e]|^\.|[. ]$/u);
      expect(safe.length).toBeGreaterThan(0);
    }
  });
});

describe('numberedName', () => {
  it.each([
    ['a.txt', 'a (2).txt'],
    ['a', 'a (2)'],
    ['a.tar.gz', 'a.tar (2).gz'],
  ])('%s becomes %s', (name, numbered) => {
    expect(numberedName(name, 2)).toBe(numbered);
  });
});

describe('isDangerousType', () => {
  it.each([
    ['setup.EXE', null, true],
    ['x.docm', null, true],
    ['x.xll', null, true],
    ['x.SettingContent-ms', null, true],
    ['x', 'application/x-msdownload', true],
    ['x.txt', 'text/javascript; charset=utf-8', true],
    ['picture.jpg', 'image/jpeg', false],
    ['report.pdf', 'application/pdf', false],
    ['exe', null, false],
  ])('%s of type %s: %s', (name, type, dangerous) => {
    expect(isDangerousType(name, type)).toBe(dangerous);
  });
});
