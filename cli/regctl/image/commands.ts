/**
 * The commands under `regctl image`, as data.
 *
 * @module
 */

import { command, type CommandGroup } from "../../command.ts";
import { formatFlags, jsonFlags, platformFlags, referrersFlags } from "../../flags/groups.ts";
import { deleteArgs, deleteFlags, getFlags, headFlags } from "../manifest/flags.ts";
import { readPermissions, writePermissions } from "../permissions.ts";

/** The group. */
export const imageGroup: CommandGroup = {
  kind: "group",
  path: "image",
  summary: "Copy and inspect images",
  commands: [
    command({
      path: "image copy",
      aliases: ["cp"],
      summary: "Copy an image or anything else that has a manifest",
      description:
        "Copies a manifest with everything below it from one repository to another: between registries, within one, " +
        "from and to OCI layouts. What the target has is not sent again, and the tag appears only when all content is there.",
      examples: [
        {
          summary: "copy between registries",
          line: "regctl image copy alpine:3 registry.example.org/library/alpine:3",
        },
        { summary: "keep an image in a directory", line: "regctl image copy alpine:3 ocidir://images/alpine:3" },
        {
          summary: "bring signatures and other referrers along",
          line: "regctl image copy --referrers --digest-tags registry.example.org/app:v1 registry.example.com/app:v1",
        },
      ],
      args: [{ name: "source_ref", completion: "tags" }, { name: "target_ref", completion: "tags" }],
      flags: {
        ...formatFlags("{{ .CommonName }}\n"),
        ...jsonFlags,
        ...platformFlags,
        ...referrersFlags,
        fast: { kind: "bool", summary: "Do not look at referrers and digest tags when the target is up to date" },
        "force-recursive": { kind: "bool", summary: "Look at everything below even when the target is up to date" },
        "include-external": { kind: "bool", summary: "Copy layers that are kept outside of registries too" },
        platforms: {
          kind: "list",
          summary: "Copy the whole index but only these platforms below it",
          completion: "platforms",
          isHidden: true,
        },
        "referrers-src": { kind: "string", summary: "Repository to read referrers from", completion: "tags" },
        "referrers-tgt": { kind: "string", summary: "Repository to write referrers to", completion: "tags" },
      },
      permissions: writePermissions,
      load: () => import("./copy.ts"),
    }),
    command({
      path: "image delete",
      aliases: ["del", "rm", "remove"],
      summary: "Delete an image manifest and every tag on it",
      args: deleteArgs,
      flags: deleteFlags,
      permissions: writePermissions,
      load: () => import("../manifest/delete.ts"),
    }),
    command({
      path: "image digest",
      summary: "Print the digest of an image",
      examples: [
        { summary: "pin a tag", line: "regctl image digest registry.example.org/app:v1" },
        { summary: "of one platform", line: "regctl image digest --platform linux/arm64 registry.example.org/app:v1" },
      ],
      args: [{ name: "image_ref", completion: "tags" }],
      flags: headFlags,
      permissions: readPermissions,
      load: () => import("../manifest/head.ts"),
    }),
    command({
      path: "image inspect",
      aliases: ["config"],
      summary: "Print the config of an image",
      description:
        "Prints the config of an image as it is stored: environment, command, labels, history. Of an index it is that of the image " +
        "for this machine, unless --platform says otherwise.",
      examples: [
        { summary: "show the config for another platform", line: "regctl image inspect --platform linux/arm64 alpine" },
      ],
      args: [{ name: "image_ref", completion: "tags" }],
      flags: {
        ...formatFlags("{{printPretty .}}", ["raw", "rawBody", "rawHeaders"]),
        ...jsonFlags,
        ...platformFlags,
      },
      permissions: readPermissions,
      load: () => import("./inspect.ts"),
    }),
    command({
      path: "image manifest",
      summary: "Print the manifest of an image",
      args: [{ name: "image_ref", completion: "tags" }],
      flags: getFlags,
      permissions: readPermissions,
      load: () => import("../manifest/get.ts"),
    }),
    command({
      path: "image ratelimit",
      aliases: ["rate-limit"],
      summary: "Print how many requests a registry still allows",
      description:
        "Prints the rate limit that a registry tells when a manifest is looked up, which does not count against it. Where Set is " +
        "false the registry did not tell how many requests remain.",
      examples: [{ summary: "show the limit of Docker Hub", line: "regctl image ratelimit alpine" }],
      args: [{ name: "image_ref", completion: "tags" }],
      flags: { ...formatFlags("{{printPretty .}}"), ...jsonFlags },
      permissions: readPermissions,
      load: () => import("./rate_limit.ts"),
    }),
  ],
};
