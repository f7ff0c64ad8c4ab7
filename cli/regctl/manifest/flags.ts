/**
 * Flags of the manifest commands, which `regctl image` offers too.
 *
 * @module
 */

import type { Argument, FlagTable } from "../../command.ts";
import { formatFlags, jsonFlags, platformFlags } from "../../flags/groups.ts";

const listFlags = {
  list: { kind: "bool", summary: "Has no effect", isHidden: true },
  "require-list": { kind: "bool", summary: "Fail unless it is an index" },
} as const satisfies FlagTable;

/** Flags of `manifest get`. */
export const getFlags = {
  ...formatFlags("{{printPretty .}}", ["raw", "rawBody", "rawHeaders"]),
  ...jsonFlags,
  ...platformFlags,
  ...listFlags,
} as const satisfies FlagTable;

/** Flags of `manifest head`. */
export const headFlags = {
  ...formatFlags("", ["rawHeaders", "digest"]),
  ...jsonFlags,
  ...platformFlags,
  ...listFlags,
  "require-digest": { kind: "bool", summary: "Read the whole manifest when the registry does not tell the digest" },
} as const satisfies FlagTable;

/** Arguments of `manifest delete`. */
export const deleteArgs: readonly Argument[] = [{ name: "image_ref", completion: "tags" }];

/** Flags of `manifest delete`. */
export const deleteFlags = {
  ...jsonFlags,
  "force-tag-dereference": {
    kind: "bool",
    summary: "Delete the manifest that the tag is on, and so every other tag on it",
  },
  "ignore-missing": { kind: "bool", summary: "Succeed when it does not exist" },
  referrers: { kind: "bool", summary: "Take it out of its subject's list of referrers" },
} as const satisfies FlagTable;
