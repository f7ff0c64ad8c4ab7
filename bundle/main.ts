/**
 * Makes one file of each tool in `dist/`: it runs with Deno, without any other file and without a network for packages.
 *
 * `deno task bundle [FOLDER]`
 */

import { fileURLToPath } from "node:url";

/** The tools, each a main module of `cli/`. */
const tools = ["regctl"];

const root = fileURLToPath(new URL("../", import.meta.url));
const folder = Deno.args[0] ?? `${root}dist`;

await Deno.mkdir(folder, { recursive: true });
for (const tool of tools) {
  const target = `${folder}/${tool}.js`;
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--output", target, `${root}cli/${tool}.ts`],
    cwd: root,
    stdin: "null",
  }).spawn().status;
  if (!success) Deno.exit(1);
  const { size } = await Deno.stat(target);
  Deno.stdout.writeSync(new TextEncoder().encode(`${target} ${Math.ceil(size / 1024)} KiB\n`));
}
