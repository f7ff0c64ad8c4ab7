/**
 * The commands of regctl as a tree of data. What a command does is loaded when it runs.
 *
 * @module
 */

import { command, type Program } from "../command.ts";
import { completionGroup } from "../completion/commands.ts";
import { cliDocCommand } from "../docs/command.ts";
import { formatFlags, jsonFlags } from "../flags/groups.ts";
import { globalFlags } from "../flags/global.ts";
import { blobGroup } from "./blob/commands.ts";
import { configGroup } from "./config/commands.ts";
import { imageGroup } from "./image/commands.ts";
import { manifestGroup } from "./manifest/commands.ts";
import { registryGroup } from "./registry/commands.ts";
import { repoGroup } from "./repo/commands.ts";
import { tagGroup } from "./tag/commands.ts";

/** The program. */
export const regctl: Program = {
  name: "regctl",
  globalFlags,
  root: {
    kind: "group",
    path: "",
    summary: "Work with OCI registries and layouts",
    description:
      "Works with container registries and OCI layouts: copies, inspects, changes and deletes what they hold.",
    commands: [
      blobGroup,
      cliDocCommand(() => regctl),
      completionGroup("regctl"),
      configGroup,
      command({
        path: "digest",
        summary: "Print the digest of standard input",
        description: "Computes the digest of standard input and prints it without a line's end.",
        examples: [{ summary: "of a file", line: "regctl digest < layer.tar.gz" }],
        args: [],
        flags: {
          algorithm: {
            kind: "string",
            default: "sha256",
            summary: "Algorithm: sha256, sha384 or sha512",
            completion: ["sha256", "sha512"],
          },
          ...formatFlags("{{.String}}"),
        },
        permissions: [],
        isHidden: true,
        load: () => import("./digest.ts"),
      }),
      imageGroup,
      manifestGroup,
      command({
        path: "ref",
        summary: "Print a reference as it is understood",
        description: "Parses a reference and prints it with everything that was left out.",
        args: [{ name: "reference", completion: "none" }],
        flags: { ...formatFlags("{{.CommonName}}"), ...jsonFlags },
        permissions: [],
        isHidden: true,
        load: () => import("./ref.ts"),
      }),
      registryGroup,
      repoGroup,
      tagGroup,
      command({
        path: "version",
        summary: "Print which version this is",
        args: [],
        flags: { ...formatFlags("{{printPretty .}}"), ...jsonFlags },
        permissions: [],
        load: () => import("./version.ts"),
      }),
    ],
  },
};
