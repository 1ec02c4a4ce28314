const CHARACTERS = '":- .@/\\%_*()\u0000äß漢😀x0';

/** Texts like the sample with characters changed, lost and doubled, from a fixed seed. */
export function* mangledTexts(sample: string, rounds: number, seed: number): Generator<string> {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % limit;
  };
  for (let round = 0; round < rounds; round++) {
    const characters = [...sample];
    for (let change = below(6); change >= 0; change--) {
      const at = below(characters.length);
      characters.splice(at, below(3), [...CHARACTERS][below([...CHARACTERS].length)] ?? '');
      if (characters.length === 0) characters.push('x');
    }
    yield characters.join('');
  }
}
