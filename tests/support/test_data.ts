/**
 * Finds the shared test data and the programs to compare with, and tells why a test is skipped without them.
 *
 * @module
 */

/** A folder or program that a test needs. */
export interface Found {
  /** Its path; empty when it was not found. */
  readonly path: string;
  /** Put into the options of `Deno.test`. */
  readonly ignore: boolean;
  /** Put behind the name of a test: why it is skipped; empty when it runs. */
  readonly note: string;
}

/** Finds a layout of the shared test data. */
export function findLayout(name: string): Found {
  const path = decodeURIComponent(new URL(`../../../shared/data/${name}`, import.meta.url).pathname);
  return describe(path, isFile(`${path}/oci-layout`), `shared test data ${name} not found`);
}

/** Finds a program in `$REGKIT_PEERS`, then in `$PATH`. */
export function findPeer(name: string): Found {
  const folders = [Deno.env.get("REGKIT_PEERS") ?? "", ...(Deno.env.get("PATH") ?? "").split(":")].filter(Boolean);
  const path = folders.map((folder) => `${folder}/${name}`).find(isFile) ?? "";
  return describe(path, path !== "", `${name} is neither in REGKIT_PEERS nor in PATH`);
}

function describe(path: string, isFound: boolean, reason: string): Found {
  return { path: isFound ? path : "", ignore: !isFound, note: isFound ? "" : ` (skipped: ${reason})` };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    throw error;
  }
}
