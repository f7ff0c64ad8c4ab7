import { deepEqual, ok } from "node:assert/strict";
import { runCli } from "../../support/run_cli.ts";
import type { FlagShape } from "./help_shape.ts";
import { realRegctl } from "./programs.ts";
import { readRealStructure, readStructure, type Speaker, type Structure, structureUrl } from "./structure.ts";

/** `later-commands`: what has not been built yet. */
const later = /^regctl (artifact|index|image (check-base|create|export|get-file|import|mod))\b/;
/** `more-commands`: what only ours has. */
const moreCommands: readonly string[] = ["regctl registry gc", "regctl registry serve"];
/** `more-flags`: what only ours has, by command; those of all commands first. */
const moreFlags: Readonly<Record<string, readonly string[]>> = {
  "": ["exit-codes", "json", "quiet", "strict"],
  "regctl blob diff-config": ["fail-if-different"],
  "regctl blob diff-layer": ["fail-if-different", "long"],
  "regctl blob get-file": ["follow-links"],
  "regctl config set": ["default-exit-codes"],
  "regctl manifest diff": ["fail-if-different"],
  "regctl tag delete": ["no-fallback"],
  "regctl tag ls": ["long", "sort"],
};

/** `shown-defaults`: defaults that help shows otherwise, by command. */
const ownDefaults: Readonly<Record<string, readonly string[]>> = {
  "regctl config get": ["format"],
  "regctl image copy": ["format"],
  "regctl image digest": ["require-digest"],
};

const ask: Speaker = async (args) => (await runCli(args)).stdout;
const real: Structure = JSON.parse(await Deno.readTextFile(structureUrl));
const ours = await readStructure(ask);
/** The real one has a command for help; ours takes the word `help` in front of every command (`help-command`). */
const wanted = (command: string): boolean => !later.test(command) && command !== "regctl help";

Deno.test({
  name: `the recorded structure is that of the real regctl${realRegctl.note}`,
  ignore: realRegctl.ignore,
  fn: async () => deepEqual(await readRealStructure(), real),
});

Deno.test("regctl cli-doc lists the commands of the real one, and hides the same", () => {
  const known = (list: readonly string[]) => list.filter((command) => !moreCommands.includes(command)).sort();
  deepEqual(known(ours.commands), real.commands.filter(wanted).sort());
  deepEqual(known(ours.shown), real.shown.filter(wanted).sort());
});

for (const command of real.commands.filter(wanted)) {
  Deno.test(`${command} --help tells what that of the real one tells`, () => {
    const [mine, theirs] = [ours.help[command], real.help[command]];
    ok(mine && theirs);
    const isKnown = (name: string) => wanted(`${command} ${name}`) && !moreCommands.includes(`${command} ${name}`);
    deepEqual(mine.aliases, theirs.aliases);
    const hidden = ["help"];
    deepEqual(
      mine.commands.filter(isKnown).sort(),
      theirs.commands.filter((name) => isKnown(name) && !hidden.includes(name)).sort(),
    );
    deepEqual([...mine.sections].sort(), [...theirs.sections].sort());
    const extra = [...(moreFlags[""] ?? []), ...(moreFlags[command] ?? [])];
    const flags = Object.entries(mine.flags).filter(([name]) => !extra.includes(name) || name in theirs.flags);
    const read = (entries: readonly [string, FlagShape][]) =>
      Object.fromEntries(entries.map((entry) => comparable(command, entry)));
    deepEqual(read(flags), read(Object.entries(theirs.flags)));
  });
}

/** Blanks just inside the braces of a template mean nothing. */
function comparable(command: string, [name, flag]: readonly [string, FlagShape]): readonly [string, FlagShape] {
  const isOwn = ownDefaults[command]?.includes(name) ?? false;
  const fallback = isOwn ? "" : flag.fallback.replaceAll(/\{\{\s+|\s+\}\}/g, (braces) => braces.trim());
  return [name, { ...flag, fallback }];
}

for (const shell of Object.keys(real.scripts)) {
  Deno.test(`regctl completion ${shell} asks and registers as the script of the real one does`, () => {
    deepEqual(ours.scripts[shell], real.scripts[shell]);
    deepEqual(Object.values(ours.scripts[shell] ?? {}), [true, true, true]);
  });
}

Deno.test("regctl version shows what the real one shows, in its order", () => deepEqual(ours.version, real.version));

Deno.test("regctl help shows the help of the command behind it", async () => {
  deepEqual(await ask(["help", "image", "copy"]), await ask(["image", "copy", "--help"]));
});
