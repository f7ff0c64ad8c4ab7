/**
 * The command `regctl registry gc`, as data.
 *
 * @module
 */

import { type Command, command } from "../../command.ts";
import { jsonFlags } from "../../flags/groups.ts";

/** The flags. */
export const gcFlags = {
  "dry-run": { kind: "bool", summary: "Only show what would be removed" },
  grace: {
    kind: "string",
    default: "1h",
    placeholder: "duration",
    summary: "Keep everything that is younger",
    completion: "none",
  },
  untagged: {
    kind: "string",
    placeholder: "duration",
    summary: "Also remove untagged manifests that are older",
    completion: "none",
  },
  dangling: {
    kind: "string",
    placeholder: "duration",
    summary: "Also remove referrers without their subject that are older",
    completion: "none",
  },
  empty: {
    kind: "bool",
    summary: "Also remove empty repositories that nobody changed for the grace",
  },
  "gc-empty": { kind: "bool", summary: "The same, as registry serve calls it", isHidden: true },
  scrub: { kind: "bool", summary: "Verify every blob first, and move damaged ones aside" },
  ...jsonFlags,
} as const;

/** The command. */
export const gcCommand: Command = command({
  path: "registry gc",
  summary: "Remove what nothing needs from a registry's directory",
  description:
    "Removes the blobs below a directory of layouts that no manifest needs, and prints each. Tags, what they lead to and what " +
    "refers to that always stay; untagged manifests stay unless a flag says otherwise. A registry that is serving the directory " +
    "does the same by itself; with --dry-run both can run at once.",
  examples: [
    { summary: "show what would go", line: "regctl registry gc ./registry --dry-run" },
    { summary: "remove images that lost their tag a week ago", line: "regctl registry gc ./registry --untagged 168h" },
    { summary: "remove repositories that are empty, too", line: "regctl registry gc ./registry --empty" },
  ],
  args: [{ name: "dir", completion: "directories" }],
  flags: gcFlags,
  permissions: ["--allow-read=<dir>", "--allow-write=<dir>", "--allow-env"],
  load: () => import("./gc.ts"),
});
