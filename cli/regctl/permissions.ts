/**
 * The Deno permissions that commands need, as flags shown in their help.
 *
 * @module
 */

/** Settings, environment and a registry or OCI layout to read from. */
export const readPermissions: readonly string[] = [
  "--allow-net=<registry>",
  "--allow-read=<settings, layout>",
  "--allow-env",
  "[--allow-run=<credential helper>]",
];

/** What reading needs, and a layout to write to. */
export const writePermissions: readonly string[] = [...readPermissions, "[--allow-write=<layout>]"];
