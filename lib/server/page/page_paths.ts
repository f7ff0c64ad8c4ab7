/**
 * Where the pages are. No component of a repository's name is `-`, so that it can end the name.
 *
 * @module
 */

/** The pages as patterns. */
export const pagePatterns = {
  repositories: "/",
  manifest: "/repositories/<name>/-/<reference>",
  tags: "/repositories/<name>",
} as const;

/**
 * Gives the page of a repository.
 *
 * @param name The repository.
 * @returns Its path.
 */
export function tagsPath(name: string): string {
  return `/repositories/${name}`;
}

/**
 * Gives the page of a manifest.
 *
 * @param name The repository.
 * @param reference The tag or digest.
 * @returns Its path.
 */
export function manifestPath(name: string, reference: string): string {
  return `/repositories/${name}/-/${encodeURIComponent(reference)}`;
}
