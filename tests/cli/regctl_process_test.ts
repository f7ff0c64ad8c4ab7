import { deepEqual, equal, match, ok } from "node:assert/strict";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../cli/regctl.ts", import.meta.url));

/** Starts regctl with just these permissions, and no settings of the user. */
function start(permissions: readonly string[], args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--quiet", ...permissions, main, ...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
}

async function finish(child: Deno.ChildProcess): Promise<readonly [code: number, stdout: string, stderr: string]> {
  await child.stdin.close();
  const { code, stdout, stderr } = await child.output();
  return [code, new TextDecoder().decode(stdout), new TextDecoder().decode(stderr)];
}

/** Makes a layout with a blob of many bytes; gives its reference and the blob's digest. */
async function withLayout(body: (folder: string, ref: string, digest: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const ref = `ocidir://${folder}/layout`;
    const child = start([`--allow-read=${folder}`, `--allow-write=${folder}`], ["blob", "put", ref]);
    const writer = child.stdin.getWriter();
    await writer.write(new Uint8Array(1024 * 1024));
    writer.releaseLock();
    const [code, stdout, stderr] = await finish(child);
    deepEqual([code, stderr], [0, ""]);
    await body(folder, ref, stdout.trim());
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("regctl needs no permission for what only prints", async () => {
  for (const args of [["version"], ["ref", "alpine"], ["--help"], ["help", "image", "copy"], ["tag"]]) {
    const [code, stdout, stderr] = await finish(start([], args));
    deepEqual([code, stderr], [0, ""], args.join(" "));
    ok(stdout.length > 0);
  }
});

Deno.test("regctl says which permission is missing", async () => {
  const [code, stdout, stderr] = await finish(start([], ["tag", "ls", "ocidir:///nowhere"]));
  deepEqual([code, stdout], [1, ""]);
  match(stderr, /--allow-read/);
});

Deno.test("regctl blob get needs to read the layout and nothing else", () =>
  withLayout(async (folder, ref, digest) => {
    const child = start([`--allow-read=${folder}`], ["blob", "get", ref, digest]);
    await child.stdin.close();
    const { code, stdout } = await child.output();
    deepEqual([code, stdout.length], [0, 1024 * 1024]);
  }));

Deno.test("regctl ends quietly when the reader of its output goes away", () =>
  withLayout(async (folder, ref, digest) => {
    const child = start([`--allow-read=${folder}`], ["blob", "get", ref, digest]);
    await child.stdout.cancel();
    await child.stdin.close();
    const stderr = await new Response(child.stderr).text();
    deepEqual([(await child.status).code, stderr], [141, ""]);
  }));

Deno.test({
  name: "regctl ends cleanly at the first interrupt, with nothing stored",
  ignore: Deno.build.os === "windows",
  fn: () =>
    withLayout(async (folder, ref) => {
      const before = await Array.fromAsync(Deno.readDir(`${folder}/layout/blobs/sha256`));
      const permissions = [`--allow-read=${folder}`, `--allow-write=${folder}`];
      const child = start(permissions, ["blob", "put", ref]);
      const writer = child.stdin.getWriter();
      // More than a pipe holds: once it is written, the command is reading and listens to signals.
      await writer.write(new Uint8Array(4 * 1024 * 1024));
      child.kill("SIGINT");
      const [stdout, stderr] = await Promise.all([
        new Response(child.stdout).text(),
        new Response(child.stderr).text(),
      ]);
      const { code, signal } = await child.status;
      await writer.abort().catch((error) => ok(error instanceof Deno.errors.BrokenPipe, String(error)));
      deepEqual([code, signal, stdout], [1, null, ""]);
      match(stderr, /interrupted by SIGINT, context canceled\n$/);
      deepEqual(await Array.fromAsync(Deno.readDir(`${folder}/layout/blobs/sha256`)), before);
    }),
});

Deno.test("regctl loads few modules before it knows its command", async () => {
  const output = await new Deno.Command(Deno.execPath(), { args: ["info", "--json", main] }).output();
  equal(output.code, 0);
  interface Dependency {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier: string };
  }
  const { roots, modules }: {
    readonly roots: readonly string[];
    readonly modules: readonly { readonly specifier: string; readonly dependencies?: readonly Dependency[] }[];
  } = JSON.parse(new TextDecoder().decode(output.stdout));
  const loaded = new Set(roots);
  for (const specifier of loaded) {
    const found = modules.find((module) => module.specifier === specifier);
    for (const { isDynamic, code } of found?.dependencies ?? []) {
      if (isDynamic !== true && code !== undefined) loaded.add(code.specifier);
    }
  }
  const names = [...loaded].map((specifier) => specifier.slice(specifier.indexOf("/cli/") + 1));
  ok(loaded.size <= 40, `${loaded.size} modules: ${names.join(" ")}`);
  deepEqual(names.filter((name) => name.startsWith("node:") || name.startsWith("npm:")), []);
});
