/**
 * The commands under `regctl blob`, as data.
 *
 * @module
 */

import { command, type CommandGroup } from "../../command.ts";
import { diffFlags } from "../../flags/diff.ts";
import { formatFlags, jsonFlags } from "../../flags/groups.ts";
import { readPermissions, writePermissions } from "../permissions.ts";
import { twoBlobArgs } from "./blob_arguments.ts";

/** The group. */
export const blobGroup: CommandGroup = {
  kind: "group",
  path: "blob",
  aliases: ["layer"],
  summary: "Read and write blobs: layers, configs and other content",
  commands: [
    command({
      path: "blob copy",
      aliases: ["cp"],
      summary: "Copy a blob to another repository",
      description:
        "Copies a blob between repositories of any kind. Within a registry it is linked where the registry can do that.",
      examples: [
        { summary: "copy a layer", line: "regctl blob copy alpine registry.example.org/library/alpine sha256:<hex>" },
      ],
      args: [
        { name: "source_repo", completion: "files" },
        { name: "target_repo", completion: "files" },
        { name: "digest", completion: "files" },
      ],
      flags: {},
      permissions: writePermissions,
      load: () => import("./copy.ts"),
    }),
    command({
      path: "blob delete",
      aliases: ["del", "rm"],
      summary: "Delete a blob",
      description:
        "Deletes a blob, whether manifests need it or not. Registries remove what nothing needs by themselves; few allow this.",
      args: [{ name: "repository", completion: "files" }, { name: "digest", completion: "files" }],
      flags: {},
      permissions: writePermissions,
      load: () => import("./delete.ts"),
    }),
    command({
      path: "blob diff-config",
      summary: "Show what differs between two image configs",
      args: twoBlobArgs,
      flags: diffFlags,
      permissions: readPermissions,
      load: () => import("./diff_config.ts"),
    }),
    command({
      path: "blob diff-layer",
      summary: "Show what differs between two layers",
      description:
        "Compares two layers by their entries: mode, owner, size, time, name and digest, in the order of the archives. Layers may " +
        "be compressed by gzip, zstd or xz, or not at all.",
      examples: [
        {
          summary: "compare what is in two layers, whenever it was made",
          line:
            "regctl blob diff-layer --ignore-timestamp registry.example.org/app sha256:<hex> registry.example.org/app sha256:<hex>",
        },
      ],
      args: twoBlobArgs,
      flags: {
        ...diffFlags,
        "ignore-timestamp": { kind: "bool", summary: "Leave the times of files out" },
        long: { kind: "bool", summary: "Show file types, all mode bits, and where links point" },
      },
      permissions: readPermissions,
      load: () => import("./diff_layer.ts"),
    }),
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
      path: "blob get-file",
      aliases: ["cat"],
      summary: "Write one file of a layer to standard output or to a file",
      description:
        "Finds a file in a layer and writes its content to standard output, or to a file that appears once the whole layer is " +
        "verified. Links are empty unless --follow-links is given; they are followed inside the layer alone.",
      examples: [
        { summary: "show a file", line: "regctl blob get-file alpine sha256:<hex> /etc/alpine-release" },
        { summary: "keep it", line: "regctl blob get-file alpine sha256:<hex> etc/alpine-release release.txt" },
      ],
      args: [
        { name: "repository", completion: "files" },
        { name: "digest", completion: "files" },
        { name: "file", completion: "files" },
        { name: "out_file", isOptional: true, completion: "files" },
      ],
      flags: {
        "follow-links": { kind: "bool", summary: "Follow links inside the layer, and refuse what has no content" },
        ...formatFlags(""),
      },
      permissions: [...readPermissions, "[--allow-write=<out_file>]"],
      load: () => import("./get_file.ts"),
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
