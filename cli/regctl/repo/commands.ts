/**
 * The commands under `regctl repo`, as data.
 *
 * @module
 */

import { command, type CommandGroup } from "../../command.ts";
import { filterFlags } from "../../flags/filter.ts";
import { formatFlags, jsonFlags, pageFlags } from "../../flags/groups.ts";
import { readPermissions, writePermissions } from "../permissions.ts";

/** The group. */
export const repoGroup: CommandGroup = {
  kind: "group",
  path: "repo",
  summary: "Copy and list repositories",
  commands: [
    command({
      path: "repo copy",
      aliases: ["cp"],
      summary: "Copy the tags of a repository",
      description:
        "Copies the tags of a repository with everything below them. What several tags share is sent once, and what the target has " +
        "not at all. Tags of the same name are overwritten, nothing is deleted. --include and --exclude choose tags.",
      examples: [
        { summary: "copy all tags", line: "regctl repo copy registry.example.org/app registry.example.com/app" },
        {
          summary: "copy the tags that begin with v1.2, and what refers to them",
          line: "regctl repo copy --include 'v1\\.2.*' --referrers registry.example.org/app registry.example.com/app",
        },
      ],
      args: [{ name: "source_repo", completion: "none" }, { name: "target_repo", completion: "none" }],
      flags: {
        ...filterFlags,
        ...jsonFlags,
        concurrent: {
          kind: "int",
          default: 2,
          summary: "How many tags to copy at a time; no limit below 1",
          completion: "none",
        },
        "new-tags": { kind: "bool", summary: "Leave out tags that the target has" },
        referrers: { kind: "bool", summary: "Include everything that refers to the images, recursively" },
      },
      permissions: writePermissions,
      load: () => import("./copy.ts"),
    }),
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
