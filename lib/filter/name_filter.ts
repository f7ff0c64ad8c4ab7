/**
 * Chooses names by regular expressions in RE2's syntax.
 *
 * @module
 */

import { RegkitError } from "../errors.ts";

/** Which names are wanted. */
export interface NameFilterOptions {
  /** A name must match one of these; any name does when there are none. */
  readonly include?: readonly string[] | undefined;
  /** A name must match none of these. */
  readonly exclude?: readonly string[] | undefined;
}

/** Tells whether a name is wanted. */
export type NameFilter = (name: string) => boolean;

/**
 * Reads regular expressions in RE2's syntax, each of which has to match a whole name. They are matched in linear time. Without
 * expressions nothing is loaded.
 *
 * @param options The expressions.
 * @returns The filter.
 * @throws {RegkitError} `INVALID_ARGUMENT` for an expression that cannot be read.
 */
export async function createNameFilter({ include = [], exclude = [] }: NameFilterOptions): Promise<NameFilter> {
  if (include.length === 0 && exclude.length === 0) return () => true;
  const { RE2JS, RE2JSException } = await import("../deps/re2js.ts");
  const compile = (expression: string): NameFilter => {
    try {
      // On its own first: with the group around it, `a)(b` would be well formed.
      RE2JS.compile(expression);
      const pattern = RE2JS.compile(`^(?:${expression})$`);
      return (name) => pattern.matcher(name).find();
    } catch (error) {
      if (!(error instanceof RE2JSException)) throw error;
      throw new RegkitError(
        "INVALID_ARGUMENT",
        `failed to parse regexp ${JSON.stringify(expression)}: ${error.message}`,
        {
          cause: error,
          tip: "Expressions are in RE2's syntax and match whole names, such as v1\\..* or (?i)rc-[0-9]+",
        },
      );
    }
  };
  const wanted = include.map(compile);
  const unwanted = exclude.map(compile);
  return (name) =>
    (wanted.length === 0 || wanted.some((matches) => matches(name))) && !unwanted.some((matches) => matches(name));
}
