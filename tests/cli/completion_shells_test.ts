import { deepEqual, equal, match } from "node:assert/strict";
import { checkout, noSettings, regctlMain } from "../support/processes.ts";
import { runCli } from "../support/run_cli.ts";

/** Gives what a program prints; `undefined` when there is no such program. */
async function tryRun(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string | undefined> {
  try {
    const command = new Deno.Command(program, { args: [...args], env, stdin: "null", stderr: "null", cwd: checkout });
    return new TextDecoder().decode((await command.output()).stdout);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const isPosix = Deno.build.os !== "windows";

async function find(shell: string): Promise<{ readonly ignore: boolean; readonly note: string }> {
  const isThere = isPosix && await tryRun(shell, ["-c", "exit 0"]) !== undefined;
  return { ignore: !isThere, note: isThere ? "" : ` (skipped: no ${shell} here)` };
}

/** What a test has: the program on the search path, its script, and a layout with the tags v1 and v2. */
interface Place {
  readonly script: string;
  readonly layout: string;
  readonly env: Readonly<Record<string, string>>;
}

async function withPlace(shell: string, body: (place: Place) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "regkit-completion-" });
  try {
    const program = `${folder}/regctl`;
    await Deno.writeTextFile(program, `#!/bin/sh\nexec "${Deno.execPath()}" run --quiet -A "${regctlMain}" "$@"\n`);
    await Deno.chmod(program, 0o755);
    const script = `${folder}/script`;
    await Deno.writeTextFile(script, (await runCli(["completion", shell])).stdout);
    const layout = `ocidir://${folder}/layout`;
    for (const tag of ["v1", "v2"]) {
      const stdin = '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}';
      equal((await runCli(["manifest", "put", `${layout}:${tag}`], { stdin })).stderr, "");
    }
    const env = { ...noSettings, HOME: folder, PATH: `${folder}:${Deno.env.get("PATH") ?? ""}`, TERM: "dumb" };
    await body({ script, layout, env });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const bash = await find("bash");

/** Calls the function as bash does when the cursor is behind these words, and gives the candidates. */
async function askBash({ script, env }: Place, words: readonly string[], line: string, type = 9): Promise<string[]> {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const text = `source ${quoted(script)}
COMP_WORDS=(${words.map(quoted).join(" ")})
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
COMP_LINE=${quoted(line)}
COMP_POINT=\${#COMP_LINE}
COMP_TYPE=${type}
_regctl
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const output = await tryRun("bash", ["--norc", "--noprofile", "-c", text], env);
  return (output ?? "").trimEnd().split("\n");
}

Deno.test({
  name: `the script for bash completes words that bash splits at colons and equals signs${bash.note}`,
  ignore: bash.ignore,
  fn: () =>
    withPlace("bash", async (place) => {
      deepEqual(await askBash(place, ["regctl", "ima"], "regctl ima"), ["image"]);
      deepEqual(await askBash(place, ["regctl", "image", "copy", "-p", "linux/am"], "regctl image copy -p linux/am"), [
        "linux/amd64",
      ]);
      const flag = ["regctl", "image", "copy", "--platform", "=", "linux/am"];
      deepEqual(await askBash(place, flag, "regctl image copy --platform=linux/am"), ["linux/amd64"]);
      const path = place.layout.slice("ocidir:".length);
      const tag = ["regctl", "tag", "rm", "ocidir", ":", path, ":", "v"];
      deepEqual(await askBash(place, tag, `regctl  tag rm ${place.layout}:v`), ["v1", "v2"]);
      deepEqual(await askBash(place, tag.slice(0, -1), `regctl tag rm ${place.layout}:`), ["v1", "v2"]);
      const whole = ["regctl", "tag", "rm", `${place.layout}:v`];
      deepEqual(await askBash(place, whole, `regctl tag rm ${place.layout}:v`), [
        `${place.layout}:v1`,
        `${place.layout}:v2`,
      ]);
      const quoted = ["regctl", "tag", "rm", `"${place.layout}:v`];
      deepEqual(await askBash(place, quoted, `regctl tag rm "${place.layout}:v`), [
        `${place.layout}:v1`,
        `${place.layout}:v2`,
      ]);
    }),
});

Deno.test({
  name: `the script for bash runs nothing that stands in the line, and explains what it lists${bash.note}`,
  ignore: bash.ignore,
  fn: () =>
    withPlace("bash", async (place) => {
      const trap = `$(touch ${place.script}.trap)`;
      deepEqual(await askBash(place, ["regctl", "tag", "rm", trap, ""], `regctl tag rm ${trap} `), [""]);
      equal(await Deno.stat(`${place.script}.trap`).catch(() => undefined), undefined);
      const [first = ""] = await askBash(place, ["regctl", "tag", ""], "regctl tag ", 63);
      match(first, /^delete +\(\S.*\)$/);
    }),
});

const zsh = await find("zsh");

Deno.test({
  name: `the script for zsh completes in a shell that somebody types into${zsh.note}`,
  ignore: zsh.ignore,
  fn: () =>
    withPlace("zsh", async ({ script, layout, env }) => {
      // A key prints the line between marks, once the tab key has completed it.
      const text = `zmodload zsh/zpty
zpty shell zsh -f
zpty -w shell "PS1=; bindkey -e; unsetopt zle_bracketed_paste; autoload -Uz compinit; compinit -D; source ${script}; echo rea''dy"
zpty -r shell seen '*ready*'
try() {
  zpty -n -w shell $'\\x01'
  zpty -n -w shell $'\\x0b'
  zpty -n -w shell "$1"$'\\t'"$2"
  zpty -w shell ''
  zpty -r shell seen '*<<*>>*'
  print -r -- "\${\${seen##*'<<'}%%'>>'*}"
}
zpty -w shell 'show() { BUFFER="print -r -- \\"<\\"\\"<\${BUFFER}>\\"\\">\\""; zle accept-line }; zle -N show; bindkey "^T" show'
try 'regctl ima' $'\\x14'
try 'regctl image copy --platform=linux/am' $'\\x14'
try 'regctl tag rm ${layout}:v' $'2\\x14'
zpty -d shell`;
      const output = await tryRun("timeout", ["30", "zsh", "-f", "-c", text], env);
      deepEqual((output ?? "").trimEnd().split("\n").map((line) => line.trim()), [
        "regctl image",
        "regctl image copy --platform=linux/amd64",
        `regctl tag rm ${layout}:v2`,
      ]);
    }),
});

const fish = await find("fish");

Deno.test({
  name: `the script for fish completes commands, values, tags and files${fish.note}`,
  ignore: fish.ignore,
  fn: () =>
    withPlace("fish", async ({ script, layout, env }) => {
      const ask = async (line: string): Promise<readonly string[]> => {
        const output = await tryRun("fish", ["--no-config", "-c", `source ${script}; complete -C '${line}'`], env);
        return (output ?? "").trimEnd().split("\n").map((found) => found.replace(/\t.*/, ""));
      };
      deepEqual(await ask("regctl image cop"), ["copy"]);
      deepEqual(await ask("regctl image copy --platform=linux/am"), ["--platform=linux/amd64"]);
      deepEqual(await ask(`regctl tag rm ${layout}:v`), [`${layout}:v1`, `${layout}:v2`]);
      deepEqual(await ask("regctl blob get deno.js"), ["deno.json"]);
      deepEqual(await ask("regctl registry serve tests/fix"), ["tests/fixtures/"]);
    }),
});
