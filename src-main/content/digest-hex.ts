/** A digest in the form of RFC 5547 §6: upper-case hex with colons. Takes hex in either case, with colons or without. */
export function colonHex(hex: string): string {
  return (compactHex(hex).toUpperCase().match(/../g) ?? []).join(':');
}

/** The same digest as plain lower-case hex, the form that Node and RFC 4483 use. */
export function compactHex(hex: string): string {
  return hex.replaceAll(':', '').toLowerCase();
}
