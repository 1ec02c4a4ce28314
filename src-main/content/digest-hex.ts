/** A digest in the form of RFC 5547 §6: upper-case hex with colons. Takes hex in either case, with colons or without. */
export function colonHex(hex: string): string {
  return (hex.replaceAll(':', '').toUpperCase().match(/../g) ?? []).join(':');
}
