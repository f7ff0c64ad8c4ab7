/**
 * The commands under `regctl repo`, as data.
 *
 * @module
 */

import { command, type CommandGroup } from "../../command.ts";
import { formatFlags, jsonFlags, pageFlags } from "../../flags/groups.ts";
import { readPermissions } from "../permissions.ts";

/** The group. */
export const repoGroup: CommandGroup = {
  kind: "group",
  path: "repo",
  summary: "List repositories",
  commands: [
    command({
      path: "repo ls",
      aliases: ["list"],
      summary: "List the repositories of a registry",
      examples: [{ summary: "list all repositories", line: "regctl repo ls registry.example.org" }],
      args: [{ name: "registry", completion: "hosts" }],
      flags: { ...formatFlags("{{printPretty .}}", ["raw", "rawBody", "rawHeaders"]), ...jsonFlags, ...pageFlags },
      permissions: readPermissions,
      load: () => import("./list.ts"),
    }),
  ],
};
