/**
 * The commands under `regctl blob`, as data.
 *
 * @module
 */

import { command, type CommandGroup } from "../../command.ts";
import { formatFlags, jsonFlags } from "../../flags/groups.ts";
import { readPermissions, writePermissions } from "../permissions.ts";

/** The group. */
export const blobGroup: CommandGroup = {
  kind: "group",
  path: "blob",
  aliases: ["layer"],
  summary: "Read and write blobs: layers, configs and other content",
  commands: [
    command({
      path: "blob get",
      aliases: ["pull"],
      summary: "Write a blob to standard output",
      description:
        "Writes the bytes of a blob to standard output. They are verified as they pass: the command fails at the end " +
        "when they do not have the digest.",
      examples: [
        {
          summary: "list the files of a layer",
          line: "regctl blob get registry.example.org/app sha256:<hex> | tar -tz",
        },
      ],
      args: [{ name: "repository", completion: "files" }, { name: "digest", completion: "files" }],
      flags: {
        ...formatFlags("{{printPretty .}}", ["raw", "rawBody", "rawHeaders"]),
        "media-type": { kind: "string", summary: "Has no effect", isHidden: true },
      },
      permissions: readPermissions,
      load: () => import("./get.ts"),
    }),
    command({
      path: "blob head",
      aliases: ["digest"],
      summary: "Print the headers that a blob is served with",
      args: [{ name: "repository", completion: "files" }, { name: "digest", completion: "files" }],
      flags: { ...formatFlags("", ["rawHeaders"]), ...jsonFlags },
      permissions: readPermissions,
      load: () => import("./head.ts"),
    }),
    command({
      path: "blob put",
      aliases: ["push"],
      summary: "Store standard input as a blob, and print its digest",
      examples: [{ summary: "store a file", line: "regctl blob put registry.example.org/app < layer.tar.gz" }],
      args: [{ name: "repository", completion: "files" }],
      flags: {
        ...formatFlags("{{println .Digest}}"),
        ...jsonFlags,
        "content-type": { kind: "string", summary: "Has no effect", isHidden: true },
        digest: { kind: "string", summary: "Fail unless the bytes have this digest", completion: "none" },
      },
      permissions: writePermissions,
      load: () => import("./put.ts"),
    }),
  ],
};
