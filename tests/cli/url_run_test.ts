import { deepEqual, match } from "node:assert/strict";
import { openLayout } from "../../lib/layout/layout_repository.ts";
import { checkout, runProgram, tempFolder } from "../support/processes.ts";
import { putRandomIndex } from "../support/random_image.ts";
import { digestsOf, walkContent } from "../support/walk_content.ts";

/** The checkout as a web site. */
function serveCheckout(): { readonly url: string; readonly paths: string[] } & AsyncDisposable {
  const paths: string[] = [];
  const types: Readonly<Record<string, string>> = { ts: "application/typescript", json: "application/json" };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const path = decodeURIComponent(new URL(request.url).pathname).slice(1);
    paths.push(path);
    const type = types[path.slice(path.lastIndexOf(".") + 1)];
    if (type === undefined || path.includes("..")) return new Response("not found", { status: 404 });
    try {
      return new Response(await Deno.readFile(`${checkout}${path}`), { headers: { "content-type": type } });
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return new Response("not found", { status: 404 });
      throw error;
    }
  });
  return { url: `http://127.0.0.1:${server.addr.port}`, paths, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("regctl runs from a URL, without configuration file, cache and packages", async () => {
  await using site = serveCheckout();
  await using folder = await tempFolder();
  const run = (...args: readonly string[]) =>
    runProgram(
      Deno.execPath(),
      ["run", "-A", "--quiet", "--no-config", `--reload=${site.url}`, `${site.url}/cli/regctl.ts`, ...args],
      { cwd: folder.path, env: { DENO_DIR: `${folder.path}/cache` } },
    );

  const version = await run("version");
  deepEqual([version.code, version.stderr], [0, ""]);
  match(version.stdout, /^VCSTag: +v\d/);

  await using source = openLayout(`${folder.path}/source`);
  const { descriptor } = await putRandomIndex(source, 2, { tag: "v1" });
  const copy = await run("image", "copy", `ocidir://${folder.path}/source:v1`, `ocidir://${folder.path}/target:v1`);
  deepEqual([copy.code, copy.stderr], [0, ""]);
  await using target = openLayout(`${folder.path}/target`);
  deepEqual(await digestsOf(target), { v1: descriptor.digest });
  deepEqual((await walkContent(target, ["v1"])).missing, []);

  const strangers = site.paths.filter((path) => !/^(?:lib|cli)\/.*\.ts$|^deno\.json$/.test(path));
  deepEqual(strangers, [], "a program loads nothing beside its own modules");
});
