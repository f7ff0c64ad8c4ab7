/** `registry serve` before other registries, over sockets and with the real client. */

import assert from "node:assert/strict";
import { regctl } from "../../cli/regctl/commands.ts";
import { runLine } from "../../cli/run.ts";
import { systemClock } from "../../lib/schedule/clock.ts";
import { flipByte } from "../../lib/server/faults/fault_actions.ts";
import { tempFolder } from "../support/processes.ts";
import { putRandomImage, putRandomIndex } from "../support/random_image.ts";
import { fakeContext } from "../support/run_cli.ts";
import { type ServedRegistry, servedRegistry } from "../support/served_registry.ts";

/** Serves until `use` is done with the URL; gives what was said. */
async function serveFor(args: readonly string[], use: (url: string) => Promise<void>): Promise<string> {
  const end = new AbortController();
  const messages: string[] = [];
  const printed = Promise.withResolvers<string>();
  const context = fakeContext({ signal: end.signal, clock: systemClock }, [], messages);
  const write = (text: string | Uint8Array): Promise<void> => Promise.resolve(printed.resolve(String(text)));
  const argv = ["registry", "serve", ...args, "--listen", "127.0.0.1:0"];
  const running = runLine(regctl, argv, { ...context, stdout: { ...context.stdout, write } });
  const line = await Promise.race([printed.promise, running.then(() => assert.fail(messages.join("")))]);
  try {
    await use(/http:\S+/.exec(line)?.[0] ?? assert.fail(line));
  } finally {
    end.abort();
    await running;
  }
  return messages.join("");
}

/** Pulls everything below a tag or digest. */
async function pull(url: string, name: string, reference: string): Promise<Response> {
  const answer = await fetch(`${url}/v2/${name}/manifests/${reference}`);
  assert.equal(answer.status, 200, `${name} ${reference} ${await answer.clone().text()}`);
  const body = await answer.clone().json();
  for (const { digest } of body.manifests ?? []) await (await pull(url, name, digest)).body?.cancel();
  const blobs = body.config === undefined ? [] : [body.config, ...body.layers];
  await Promise.all(blobs.map(async ({ digest, size }: { digest: string; size: number }) => {
    const blob = await fetch(`${url}/v2/${name}/blobs/${digest}`);
    assert.equal((await blob.bytes()).length, size);
  }));
  return answer;
}

const options = (upstream: ServedRegistry): readonly string[] => [
  "--upstream",
  `hub=${upstream.address}`,
  "--host",
  `reg=${upstream.address},tls=disabled`,
];

Deno.test("registry serve fetches from an upstream once, and serves that without it", async () => {
  await using folder = await tempFolder();
  const upstream = await servedRegistry();
  try {
    await putRandomIndex(upstream.open("team/app"), 2, { tag: "v1", layerBytes: 300_000 });
    await serveFor([folder.path, ...options(upstream)], async (url) => {
      for (let time = 0; time < 2; time++) await (await pull(url, "hub/team/app", "v1")).body?.cancel();
      const asked = upstream.requests.filter((request) => /manifests|blobs/.test(request));
      assert.equal(asked.length, new Set(asked).size, "each only once");
      assert.equal(asked.length, 3 + 2 * 3);
      const tags = await fetch(`${url}/v2/hub/team/app/tags/list`);
      assert.deepEqual(await tags.json(), { name: "hub/team/app", tags: ["v1"] });
      const named = await fetch(`${url}/v2/team/app/manifests/v1?ns=${upstream.address}`);
      assert.equal(named.headers.get("oci-namespace"), upstream.address);
      await named.body?.cancel();
      const refused = await fetch(`${url}/v2/hub/team/app/blobs/uploads/`, { method: "POST" });
      assert.equal(refused.status, 405);
      await refused.body?.cancel();
    });
  } finally {
    await upstream[Symbol.asyncDispose]();
  }
  const config = `${folder.path}/serve.yml`;
  await Deno.writeTextFile(
    config,
    `upstreams:\n  - registry: ${upstream.address}\n    prefix: hub\n    timeout: 2s\noffline: true\n`,
  );
  await serveFor([folder.path, "--config", config], async (url) => {
    await (await pull(url, "hub/team/app", "v1")).body?.cancel();
    const absent = await fetch(`${url}/v2/hub/team/app/manifests/v2`);
    assert.equal(absent.status, 404);
    await absent.body?.cancel();
  });
});

Deno.test("registry serve shows no page when it is told so", async () => {
  const headers = { accept: "text/html" };
  await serveFor([], async (url) => {
    assert.match(await (await fetch(url, { headers })).text(), /^<!DOCTYPE html>/);
  });
  await serveFor(["--no-ui"], async (url) => {
    const answer = await fetch(url, { headers });
    assert.equal(answer.status, 404);
    assert.equal(answer.headers.get("content-type"), "application/json");
    await answer.body?.cancel();
  });
});

Deno.test("registry serve --keep-deleted keeps tags that an upstream deleted, unless that says otherwise", async () => {
  await using folder = await tempFolder();
  for (
    const [flags, file, status] of [[["--keep-deleted"], "", 200], [[], "", 404], [
      ["--keep-deleted"],
      "    keepDeleted: false\n",
      404,
    ]] as const
  ) {
    await using upstream = await servedRegistry();
    const open = () => upstream.open("app");
    const { descriptor } = await putRandomImage(open(), { tag: "v1", layers: 1 });
    const upstreams = `upstreams:\n  - registry: ${upstream.address}\n    prefix: hub\n    tagTTL: 0s\n${file}`;
    await Deno.writeTextFile(`${folder.path}/serve.yml`, upstreams);
    const host = ["--host", `reg=${upstream.address},tls=disabled`];
    await serveFor(["--config", `${folder.path}/serve.yml`, ...host, ...flags], async (url) => {
      await (await pull(url, "hub/app", "v1")).body?.cancel();
      await open().manifests.delete(descriptor.digest);
      const answer = await fetch(`${url}/v2/hub/app/manifests/v1`);
      await answer.body?.cancel();
      assert.equal(answer.status, status, `${flags} ${file}`);
    });
  }
});

Deno.test("registry serve cuts clients off when an upstream's blob is not what it should be", async () => {
  const fault = { kind: "blob", method: "GET", count: 1, action: flipByte() } as const;
  await using upstream = await servedRegistry({ faults: [fault] });
  const image = await putRandomImage(upstream.open("app"), { tag: "v1", layers: 1, layerBytes: 500_000 });
  assert(image.kind === "image");
  const [layer] = image.body.layers;
  await serveFor(options(upstream), async (url) => {
    const blob = `${url}/v2/hub/app/blobs/${layer?.digest}`;
    await assert.rejects(async () => await (await fetch(blob)).bytes());
    assert.equal((await (await fetch(blob)).bytes()).length, 500_000);
  });
});
