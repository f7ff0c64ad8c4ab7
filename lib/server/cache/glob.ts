/**
 * Patterns of repository names.
 *
 * @module
 */

/**
 * Compiles patterns: `*` stands for anything within a component, `**` for anything, `?` for one character.
 *
 * @param patterns The patterns.
 * @returns A function that tells whether one of them fits a whole name.
 */
export function compileGlobs(patterns: readonly string[]): (name: string) => boolean {
  const forms = patterns.map((pattern) => new RegExp(`^${patternSource(pattern)}$`));
  return (name) => forms.some((form) => form.test(name));
}

function patternSource(pattern: string): string {
  return pattern.replaceAll(/\*\*|\*|\?|[^*?]+/g, (part) => {
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    if (part === "?") return "[^/]";
    return RegExp.escape(part);
  });
}
