/**
 * The commands under `regctl config`, as data.
 *
 * @module
 */

import { command, type CommandGroup } from "../../command.ts";
import { formatFlags, jsonFlags } from "../../flags/groups.ts";

/** The group. */
export const configGroup: CommandGroup = {
  kind: "group",
  path: "config",
  summary: "Show and change settings that are not about one registry",
  commands: [
    command({
      path: "config get",
      summary: "Show all settings",
      description: "Shows what the settings file says. Passwords, tokens and keys are left out.",
      args: [],
      flags: { ...formatFlags("{{jsonPretty .}}"), ...jsonFlags },
      permissions: ["--allow-read=<settings>", "--allow-env"],
      load: () => import("./get.ts"),
    }),
    command({
      path: "config set",
      summary: "Change settings",
      description: "Stores what the flags say in the settings file and leaves the rest.",
      examples: [
        { summary: "leave Docker's logins alone", line: "regctl config set --docker-cred=false" },
        {
          summary: "ask one helper for all registries",
          line: "regctl config set --default-cred-helper docker-credential-pass",
        },
      ],
      args: [],
      flags: {
        "blob-limit": {
          kind: "int",
          summary: "Largest chunk held in memory, in bytes; 0 takes it back",
          completion: "none",
        },
        "default-cred-helper": {
          kind: "string",
          summary: "Helper of registries without a login of their own; empty takes it back",
        },
        "default-exit-codes": { kind: "bool", summary: "Tell failures apart by exit codes, as --exit-codes does" },
        "docker-cert": { kind: "bool", summary: "Use the certificates in Docker's folders" },
        "docker-cred": { kind: "bool", summary: "Use Docker's logins" },
      },
      permissions: ["--allow-read=<settings>", "--allow-write=<settings>", "--allow-env"],
      load: () => import("./set.ts"),
    }),
  ],
};
