/**
 * A small program to try the framework on.
 *
 * @module
 */

import { command, type Invocation, type Program } from "../../../cli/command.ts";
import type { Context } from "../../../cli/context.ts";
import { globalFlags } from "../../../cli/flags/global.ts";

/** Writes what it was called with as JSON. */
async function echo(context: Context, { args, flags, given }: Invocation): Promise<void> {
  await context.stdout.write(JSON.stringify({ args, flags, given: [...given].sort() }));
}

/** Has a group, aliases, every kind of flag, and every form of arguments. */
export const sampleProgram: Program = {
  name: "tool",
  globalFlags,
  root: {
    kind: "group",
    path: "",
    summary: "A program to try things on",
    commands: [
      {
        kind: "group",
        path: "image",
        aliases: ["img"],
        summary: "Images",
        commands: [
          command({
            path: "image copy",
            aliases: ["cp"],
            summary: "Copy something",
            description: "Copies something from here to there.",
            examples: [{ summary: "from a to b", line: "tool image copy a b" }],
            args: [{ name: "source", completion: "tags" }, { name: "target", completion: "tags" }],
            flags: {
              fast: { kind: "bool", short: "f", summary: "Hurry" },
              platform: { kind: "string", short: "p", summary: "Platform" },
              limit: { kind: "int", summary: "Limit", default: 3 },
              size: { kind: "uint", summary: "Size" },
              rate: { kind: "float", summary: "Rate" },
              label: { kind: "list", summary: "Labels" },
              old: { kind: "bool", summary: "Has no effect", isHidden: true },
            },
            permissions: ["--allow-net"],
            load: () => Promise.resolve({ run: echo }),
          }),
          command({
            path: "image ls",
            summary: "List things",
            args: [{ name: "place", isOptional: true, completion: "none" }],
            flags: {},
            permissions: [],
            load: () => Promise.resolve({ run: echo }),
          }),
          command({
            path: "image many",
            summary: "Take many",
            args: [{ name: "thing", isVariadic: true, completion: "none" }],
            flags: {},
            permissions: [],
            load: () => Promise.resolve({ run: echo }),
          }),
        ],
      },
      command({
        path: "tag",
        summary: "Tags",
        args: [],
        flags: {},
        permissions: [],
        load: () => Promise.resolve({ run: () => Promise.resolve(7) }),
      }),
      command({
        path: "secret",
        summary: "Hidden",
        args: [],
        flags: {},
        permissions: [],
        isHidden: true,
        load: () => Promise.resolve({ run: () => Promise.reject(new Error("secret failure")) }),
      }),
    ],
  },
};
