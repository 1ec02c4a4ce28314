/** Numbers below a bound that are the same in each run. */
export function seededRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
}

/** Mangled copies of samples: bytes changed, taken out, doubled, or cut at the end. */
export function* mangled(samples: readonly Buffer[], rounds: number, seed: number): Generator<Buffer> {
  const random = seededRandom(seed);
  for (let round = 0; round < rounds; round += 1) {
    let bytes = Buffer.from(samples[round % samples.length] ?? Buffer.alloc(0));
    for (let change = 0; change < 1 + random(6) && bytes.length > 0; change += 1) {
      const at = random(bytes.length);
      const kind = random(8);
      if (kind === 0) bytes = bytes.subarray(0, at);
      else if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1 + random(4))]);
      else if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, at + 1 + random(8)), bytes.subarray(at)]);
      else bytes[at] = random(256);
    }
    yield bytes;
  }
}
