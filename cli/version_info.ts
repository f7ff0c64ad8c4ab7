/**
 * Which version this is, and what it runs on.
 *
 * @module
 */

import manifest from "../deno.json" with { type: "json" };

/** The facts, under the names that templates and JSON use. */
export interface VersionInfo {
  /** The runtime, in the place where regctl names its Go version. */
  readonly goVersion: string;
  /** The engine, in the place where regctl names its compiler. */
  readonly goCompiler: string;
  /** Operating system and architecture in Go's words. */
  readonly platform: string;
  /** The commit; `unknown` outside of a checkout. */
  readonly vcsCommit: string;
  /** Its date. */
  readonly vcsDate: string;
  /** Its name. */
  readonly vcsRef: string;
  /** Whether files were changed since: `clean`, `dirty` or `unknown`. */
  readonly vcsState: string;
  /** The release. */
  readonly vcsTag: string;
}

const systems: Readonly<Record<string, string>> = { macos: "darwin" };
const architectures: Readonly<Record<string, string>> = { x86_64: "amd64", aarch64: "arm64" };

/**
 * Gives the facts of this version.
 *
 * @returns The facts.
 */
export function versionInfo(): VersionInfo {
  const { os, arch } = Deno.build;
  return {
    goVersion: `deno${Deno.version.deno}`,
    goCompiler: `v8-${Deno.version.v8}`,
    platform: `${systems[os] ?? os}/${architectures[arch] ?? arch}`,
    vcsCommit: "unknown",
    vcsDate: "unknown",
    vcsRef: "unknown",
    vcsState: "unknown",
    vcsTag: `v${manifest.version}`,
  };
}
