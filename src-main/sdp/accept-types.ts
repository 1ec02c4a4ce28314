/** Containers whose inner types may be listed in accept-wrapped-types (RFC 4975 §8.6). */
const CONTAINER = /^(?:message\/cpim|multipart\/[^/]+)$/i;

/**
 * Whether a media type is on an accept list (RFC 4975 §8.6): `*` takes all, `image/*` every image; parameters and
 * case do not count.
 */
export function acceptsType(list: readonly string[], type: string): boolean {
  const wanted = bare(type);
  return list.some((item) => {
    const pattern = bare(item);
    if (pattern === '*' || pattern === '*/*' || pattern === wanted) return true;
    return pattern.endsWith('/*') && wanted.startsWith(pattern.slice(0, -1));
  });
}

/**
 * Whether an m-line that announces these types carries something we take (X-19): one type is enough, and a wrapped
 * type counts only where a container is announced too.
 */
export function acceptsAny(
  list: readonly string[],
  announced: { readonly acceptTypes: readonly string[]; readonly acceptWrappedTypes: readonly string[] },
): boolean {
  const wraps = announced.acceptTypes.some((type) => CONTAINER.test(bare(type)));
  const types = [
    ...announced.acceptTypes.filter((type) => !CONTAINER.test(bare(type))),
    ...(wraps ? announced.acceptWrappedTypes : []),
  ];
  if (wraps && announced.acceptWrappedTypes.length === 0) return true;
  return types.some((type) => bare(type) === '*' || acceptsType(list, type));
}

function bare(type: string): string {
  const end = type.indexOf(';');
  return (end < 0 ? type : type.slice(0, end)).trim().toLowerCase();
}
