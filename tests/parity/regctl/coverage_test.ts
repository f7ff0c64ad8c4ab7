import { deepEqual, ok } from "node:assert/strict";
import type { Command } from "../../../cli/command.ts";
import { commandsBelow } from "../../../cli/flag_lookup.ts";
import { regctl } from "../../../cli/regctl/commands.ts";
import { splitWords } from "./line.ts";
import { type Structure, structureUrl } from "./structure.ts";
import { lineGroups } from "./table.ts";

const real: Structure = JSON.parse(await Deno.readTextFile(structureUrl));
const lines = lineGroups.flatMap((group) => group.lines).map(({ text }) => splitWords(text));

/** Words by which a command is called: those of its group, and its own. */
function spellings({ path, aliases = [] }: Command): readonly (readonly [string, string])[] {
  const [group = "", name = ""] = path.split(" ");
  const groups = regctl.root.commands.find((one) => one.kind === "group" && one.path === group);
  const names = name === "" ? [""] : [name, ...aliases];
  return [group, ...groups?.aliases ?? []].flatMap((first) => names.map((last) => [first, last] as const));
}

/** The lines that call a command by some words. */
function linesOf([group, name]: readonly [string, string]): readonly (readonly string[])[] {
  return lines.filter((words) => words.some((word, at) => word === group && (name === "" || words[at + 1] === name)));
}

/** Commands that are compared by structure alone, and those that the real one does not have. */
const tested = [...commandsBelow(regctl.root)].filter(({ path }) =>
  real.commands.includes(`regctl ${path}`) && !/^(completion|cli-doc|version)/.test(path)
);

for (const command of tested) {
  Deno.test(`the table has regctl ${command.path} by all its names, and with each flag of the real one`, () => {
    const names = spellings(command);
    const own = names.flatMap(linesOf);
    const byName = new Set(names.filter((name) => linesOf(name).length > 0).map((name) => name.join(" ").trim()));
    const [first] = names;
    const wantedNames = names.filter(([group, name]) => group === first?.[0] || name === first?.[1]);
    deepEqual(wantedNames.map((name) => name.join(" ").trim()).filter((name) => !byName.has(name)), []);
    const { flags = {} } = real.help[`regctl ${command.path}`] ?? {};
    const isUsed = (name: string, short: string) =>
      own.some((words) =>
        words.some((word) =>
          word === `--${name}` || word.startsWith(`--${name}=`) || (short !== "" && word.startsWith(`-${short}`))
        )
      );
    const globals = Object.keys(regctl.globalFlags);
    const unused = Object.entries(flags).filter(([name, { short }]) =>
      name !== "help" && !globals.includes(name) && !isUsed(name, short)
    );
    deepEqual(unused.map(([name]) => name), []);
  });
}

Deno.test("the table has each flag that all commands have", () => {
  const all = lines.flat();
  for (const name of Object.keys(real.help["regctl"]?.flags ?? {})) {
    ok(name === "help" || all.some((word) => word === `--${name}`), name);
  }
});
