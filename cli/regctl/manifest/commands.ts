/**
 * The commands under `regctl manifest`, as data.
 *
 * @module
 */

import { command, type CommandGroup } from "../../command.ts";
import { diffFlags } from "../../flags/diff.ts";
import { formatFlags, jsonFlags } from "../../flags/groups.ts";
import { readPermissions, writePermissions } from "../permissions.ts";
import { deleteArgs, deleteFlags, getFlags, headFlags } from "./flags.ts";

/** The group. */
export const manifestGroup: CommandGroup = {
  kind: "group",
  path: "manifest",
  summary: "Read and write manifests",
  commands: [
    command({
      path: "manifest delete",
      aliases: ["del", "rm", "remove"],
      summary: "Delete a manifest and every tag on it",
      examples: [
        { summary: "delete by digest", line: "regctl manifest delete registry.example.org/app@sha256:<hex>" },
        {
          summary: "delete what a tag is on",
          line: "regctl manifest delete --force-tag-dereference registry.example.org/app:v1",
        },
      ],
      args: deleteArgs,
      flags: deleteFlags,
      permissions: writePermissions,
      load: () => import("./delete.ts"),
    }),
    command({
      path: "manifest diff",
      summary: "Show what differs between two manifests",
      examples: [
        {
          summary: "compare two tags, and end with exit code 1 when they differ",
          line: "regctl manifest diff --fail-if-different registry.example.org/app:v1 registry.example.org/app:v2",
        },
      ],
      args: [{ name: "image_ref", completion: "tags" }, { name: "image_ref", completion: "tags" }],
      flags: diffFlags,
      permissions: readPermissions,
      load: () => import("./diff.ts"),
    }),
    command({
      path: "manifest get",
      aliases: ["pull"],
      summary: "Print a manifest or index",
      examples: [
        { summary: "show an index or manifest", line: "regctl manifest get alpine" },
        { summary: "show the manifest of one platform", line: "regctl manifest get --platform linux/arm64 alpine" },
        { summary: "print it byte for byte", line: "regctl manifest get --format rawBody alpine" },
      ],
      args: [{ name: "image_ref", completion: "tags" }],
      flags: getFlags,
      permissions: readPermissions,
      load: () => import("./get.ts"),
    }),
    command({
      path: "manifest head",
      aliases: ["digest"],
      summary: "Print the digest of a manifest, or the headers it is served with",
      examples: [
        { summary: "show the digest", line: "regctl manifest head alpine" },
        { summary: "show all headers", line: "regctl manifest head --format rawHeaders alpine" },
      ],
      args: [{ name: "image_ref", completion: "tags" }],
      flags: headFlags,
      permissions: readPermissions,
      load: () => import("./head.ts"),
    }),
    command({
      path: "manifest put",
      aliases: ["push"],
      summary: "Store a manifest read from standard input",
      examples: [
        {
          summary: "put a manifest under another tag",
          line:
            "regctl manifest get --format rawBody registry.example.org/app:v1 | regctl manifest put registry.example.org/app:v2",
        },
      ],
      args: [{ name: "image_ref", completion: "tags" }],
      flags: {
        ...formatFlags(""),
        ...jsonFlags,
        "by-digest": { kind: "bool", summary: "Store it under its digest instead of a tag, and print the digest" },
        "content-type": {
          kind: "string",
          short: "t",
          summary: "Media type of the manifest; by default what the document says or shows",
          completion: [
            "application/vnd.oci.image.manifest.v1+json",
            "application/vnd.oci.image.index.v1+json",
            "application/vnd.docker.distribution.manifest.v2+json",
            "application/vnd.docker.distribution.manifest.list.v2+json",
            "application/vnd.docker.distribution.manifest.v1+json",
            "application/vnd.docker.distribution.manifest.v1+prettyjws",
          ],
        },
      },
      permissions: writePermissions,
      load: () => import("./put.ts"),
    }),
  ],
};
