import { deepEqual, equal, match } from "node:assert/strict";
import { openLayout } from "../../lib/layout/layout_repository.ts";
import { checkout, plainHosts, runProgram, tempFolder } from "../support/processes.ts";
import { selfSigned } from "../support/certificates.ts";
import { proxyServer } from "../support/proxy_server.ts";
import { putRandomIndex } from "../support/random_image.ts";
import { servedRegistry } from "../support/served_registry.ts";
import { digestsOf, walkContent } from "../support/walk_content.ts";

Deno.test("The bundle of regctl runs without any other file", async (t) => {
  await using folder = await tempFolder();
  const made = await runProgram(Deno.execPath(), ["run", "-A", "--quiet", `${checkout}bundle/main.ts`, folder.path]);
  equal(made.code, 0, made.stderr);
  deepEqual((await Array.fromAsync(Deno.readDir(folder.path))).map(({ name }) => name), ["regctl.js"]);

  // No configuration, no cache and no way to one: what is not inside is missed.
  await using cache = await tempFolder();
  const run = (env: Readonly<Record<string, string>>, ...args: readonly string[]) =>
    runProgram(Deno.execPath(), [
      "run",
      "-A",
      "--quiet",
      "--no-config",
      "--no-npm",
      "--no-remote",
      "regctl.js",
      ...args,
    ], {
      cwd: folder.path,
      env: { ...env, DENO_DIR: cache.path },
    });

  await t.step("version and help", async () => {
    const version = await run({}, "version");
    deepEqual([version.code, version.stderr], [0, ""]);
    match(version.stdout, /^VCSTag: +v\d/);
    const help = await run({}, "image", "copy", "--help");
    deepEqual([help.code, help.stderr], [0, ""]);
    match(help.stdout, /--force-recursive/);
  });

  await t.step("copies from layout to layout, and to a registry", async () => {
    await using source = openLayout(`${folder.path}/source`);
    const { descriptor } = await putRandomIndex(source, 2, { tag: "v1" });
    await using registry = await servedRegistry();
    const places = [`ocidir://${folder.path}/copy:v1`, `${registry.address}/app:v1`];
    for (const place of places) {
      const { code, stderr } = await run(
        {},
        "image",
        "copy",
        ...plainHosts(registry.address),
        `ocidir://${folder.path}/source:v1`,
        place,
      );
      deepEqual([code, stderr], [0, ""], place);
    }
    await using layout = openLayout(`${folder.path}/copy`);
    await using repository = registry.open("app");
    for (const copy of [layout, repository]) {
      deepEqual(await digestsOf(copy), { v1: descriptor.digest });
      deepEqual((await walkContent(copy, ["v1"])).missing, []);
    }
  });

  await t.step("the packages for proxies are inside", async () => {
    await using registry = await servedRegistry({ tls: selfSigned({ names: ["registry.test"] }) });
    await using proxy = await proxyServer();
    const name = `registry.test:${registry.address.split(":")[1]}`;
    await using repository = registry.open("app");
    await putRandomIndex(repository, 1, { tag: "v1" });
    const { code, stdout, stderr } = await run(
      { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` },
      "tag",
      "ls",
      "--host",
      `reg=${name},tls=insecure`,
      `${name}/app`,
    );
    deepEqual([code, stdout, stderr], [0, "v1\n", ""]);
    deepEqual(proxy.asked, [`CONNECT ${name} anonymous`]);
  });
});
