/**
 * The commands under `regctl tag`, as data.
 *
 * @module
 */

import { command, type CommandGroup } from "../../command.ts";
import { filterFlags } from "../../flags/filter.ts";
import { formatFlags, jsonFlags, pageFlags } from "../../flags/groups.ts";
import { readPermissions, writePermissions } from "../permissions.ts";
import { tagOrders } from "./sort_tags.ts";

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
      description:
        "Lists the tags of a repository, by name. --sort puts the highest version or the newest image first, and --limit then " +
        "counts from there. --long shows what each tag points at; of an index, size and time are those of the image for this " +
        "machine. Both --long and --sort created read a manifest or two for each tag.",
      examples: [
        { summary: "list all tags", line: "regctl tag ls registry.example.org/app" },
        { summary: "list ten tags after v1", line: "regctl tag ls --last v1 --limit 10 registry.example.org/app" },
        {
          summary: "list all but signatures and the like",
          line: "regctl tag ls --exclude 'sha256-.*' registry.example.org/app",
        },
        {
          summary: "show the three highest versions with digest, size and date",
          line: "regctl tag ls --sort semver --limit 3 --long registry.example.org/app",
        },
      ],
      args: [{ name: "repository", completion: "files" }],
      flags: {
        ...filterFlags,
        ...formatFlags("{{printPretty .}}", ["raw", "rawBody", "rawHeaders"]),
        ...jsonFlags,
        ...pageFlags,
        long: { kind: "bool", summary: "Show digest, size and date" },
        sort: {
          kind: "string",
          summary: `Order: ${tagOrders.join(", ")}; by name without it`,
          completion: tagOrders,
        },
      },
      permissions: readPermissions,
      load: () => import("./list.ts"),
    }),
  ],
};
