/**
 * The commands under `regctl registry`, as data.
 *
 * @module
 */

import type { CommandGroup } from "../../command.ts";

/** The group. */
export const registryGroup: CommandGroup = {
  kind: "group",
  path: "registry",
  summary: "Log in to registries, keep their settings, and serve one",
  commands: [],
};
