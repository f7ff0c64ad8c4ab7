/**
 * The commands under `regctl tag`, as data.
 *
 * @module
 */

import { command, type CommandGroup } from "../../command.ts";
import { formatFlags, jsonFlags, pageFlags } from "../../flags/groups.ts";
import { readPermissions, writePermissions } from "../permissions.ts";

/** The group. */
export const tagGroup: CommandGroup = {
  kind: "group",
  path: "tag",
  summary: "List and delete tags",
  commands: [
    command({
      path: "tag delete",
      aliases: ["del", "rm", "remove"],
      summary: "Delete a tag and leave its manifest",
      description:
        "Deletes one tag and leaves the manifest and its other tags. A registry that cannot do that is worked around: " +
        "the tag is put on a new empty image, which is deleted by its digest.",
      examples: [{ summary: "delete a tag", line: "regctl tag delete registry.example.org/app:v1" }],
      args: [{ name: "image_ref", completion: "tags" }],
      flags: {
        ...jsonFlags,
        "ignore-missing": { kind: "bool", summary: "Succeed when there is no such tag" },
        "no-fallback": {
          kind: "bool",
          summary: "Fail where the registry cannot delete tags, and put no empty image on it",
        },
      },
      permissions: writePermissions,
      load: () => import("./delete.ts"),
    }),
    command({
      path: "tag ls",
      aliases: ["list"],
      summary: "List the tags of a repository",
      examples: [
        { summary: "list all tags", line: "regctl tag ls registry.example.org/app" },
        { summary: "list ten tags after v1", line: "regctl tag ls --last v1 --limit 10 registry.example.org/app" },
      ],
      args: [{ name: "repository", completion: "files" }],
      flags: { ...formatFlags("{{printPretty .}}", ["raw", "rawBody", "rawHeaders"]), ...jsonFlags, ...pageFlags },
      permissions: readPermissions,
      load: () => import("./list.ts"),
    }),
  ],
};
