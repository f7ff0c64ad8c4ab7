/**
 * Finds the route of a path, from the right: `blobs`, `manifests`, `tags` and `uploads` may also be parts of a name.
 *
 * @module
 */

/** What the table needs to say of a route. */
export interface RoutePattern {
  /** The path; `<name>` stands for one or more segments, `<reference>` for one. */
  readonly pattern: string;
  /** The methods. */
  readonly methods: readonly string[];
}

/** The routes of one path, by method. */
export interface RouteMatch<R extends RoutePattern> {
  /** The routes by method. */
  readonly byMethod: ReadonlyMap<string, R>;
  /** The repository's name; empty when the pattern has none. */
  readonly name: string;
  /** The last segment, where the pattern leaves it open; else empty. */
  readonly reference: string;
}

interface Group<R> {
  readonly prefix: readonly string[];
  readonly suffix: readonly string[];
  readonly hasName: boolean;
  readonly hasReference: boolean;
  readonly byMethod: Map<string, R>;
}

/**
 * Compiles a table of routes.
 *
 * @typeParam R The table's rows.
 * @param table The rows; of patterns that fit a path, the first counts.
 * @returns A function from decoded segments to the routes of that path, or `undefined`.
 */
export function compileRoutes<R extends RoutePattern>(
  table: readonly R[],
): (segments: readonly string[]) => RouteMatch<R> | undefined {
  const groups = new Map<string, Group<R>>();
  for (const row of table) {
    let group = groups.get(row.pattern);
    if (group === undefined) groups.set(row.pattern, group = compile(row.pattern));
    for (const method of row.methods) group.byMethod.set(method, row);
  }
  const list = [...groups.values()];
  return (segments) => {
    for (const group of list) {
      if (!fits(group, segments)) continue;
      const nameEnd = segments.length - group.suffix.length;
      return {
        byMethod: group.byMethod,
        name: group.hasName ? segments.slice(group.prefix.length, nameEnd).join("/") : "",
        reference: group.hasReference ? segments[segments.length - 1] ?? "" : "",
      };
    }
    return undefined;
  };
}

function compile<R>(pattern: string): Group<R> {
  const segments = pattern.slice(1).split("/");
  const at = segments.indexOf("<name>");
  return {
    prefix: at < 0 ? segments : segments.slice(0, at),
    suffix: at < 0 ? [] : segments.slice(at + 1),
    hasName: at >= 0,
    hasReference: segments.at(-1) === "<reference>",
    byMethod: new Map(),
  };
}

function fits<R>(group: Group<R>, segments: readonly string[]): boolean {
  const { prefix, suffix, hasName } = group;
  const spare = segments.length - prefix.length - suffix.length;
  if (hasName ? spare < 1 : spare !== 0) return false;
  for (let at = 1; at <= suffix.length; at++) {
    const wanted = suffix[suffix.length - at];
    const given = segments[segments.length - at];
    if (wanted === "<reference>" ? given === "" : wanted !== given) return false;
  }
  for (let at = 0; at < prefix.length; at++) if (prefix[at] !== segments[at]) return false;
  return true;
}
