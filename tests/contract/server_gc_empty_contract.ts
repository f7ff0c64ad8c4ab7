/** What the removal of empty repositories does over every store that has it. */

import assert from "node:assert/strict";
import { hourMs, minuteMs } from "../support/garden.ts";
import { indexOf } from "../support/registry_api.ts";
import type { GardenTest } from "./server_gc_contract.ts";

/** Registers the tests. */
export function emptyRepositoryContract(test: GardenTest): void {
  removal(test);
  sparing(test);
  races(test);
}

function removal(test: GardenTest): void {
  test("removes repositories that hold nothing when told so, and clients no longer know them", async (garden) => {
    const { api } = garden;
    await api.pushImage("kept", "kept", "v1");
    const image = await api.pushImage("team/app", "gone", "v1");
    await api.expect(202, "DELETE", `/v2/team/app/manifests/${image.digest}`);
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.removed({ removeEmpty: false }), []);
    await api.expect(200, "GET", "/v2/team/app/tags/list");
    assert.deepEqual(await garden.removed(), ["team/app"]);
    await api.expect(404, "GET", "/v2/team/app/tags/list", {}, "NAME_UNKNOWN");
    await api.expect(404, "GET", "/v2/team/app/manifests/v1", {}, "MANIFEST_UNKNOWN");
    await api.expect(404, "DELETE", "/v2/team/app/manifests/v1", {}, "MANIFEST_UNKNOWN");
    assert.deepEqual(await garden.names(), ["kept"]);
    assert.deepEqual(await garden.removed(), []);
  });

  test("removes a repository in the run that takes the last of its content", async (garden) => {
    await garden.api.pushImage("app", "untagged");
    await garden.api.pushBlob("blobs", "lost");
    garden.later(3 * hourMs);
    const options = { untaggedMs: 2 * hourMs, removeEmpty: true };
    const results = await Array.fromAsync(garden.store.collectGarbage(options));
    const shown = results.map(({ repository, manifests, blobs, isRemoved }) =>
      `${repository} ${manifests.length} ${blobs.length} ${isRemoved}`
    );
    assert.deepEqual(shown.sort(), ["app 1 3 true", "blobs 0 1 true"]);
  });

  test("removes a repository into which nothing was ever pushed when its upload expires", async (garden) => {
    const location = await garden.api.begin("team/begun");
    await garden.api.expect(202, "PATCH", location, { body: "half" });
    assert.deepEqual(await garden.removed({ graceMs: 0 }), [], "an open upload is something");
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.removed({ isDryRun: true }), ["team/begun"]);
    assert.deepEqual(await garden.removed(), ["team/begun"]);
    await garden.api.expect(404, "GET", location, {}, "BLOB_UPLOAD_UNKNOWN");
    assert.deepEqual(await garden.removed(), [], "nobody brought it back by asking");
  });

  test("finds empty repositories in a dry run, and leaves them", async (garden) => {
    await garden.api.pushImage("app", "untagged");
    await garden.api.pushImage("kept", "tagged", "v1");
    garden.later(3 * hourMs);
    for (let time = 0; time < 2; time++) {
      assert.deepEqual(await garden.removed({ isDryRun: true, untaggedMs: 2 * hourMs }), ["app"]);
    }
    await garden.api.expect(200, "GET", "/v2/app/tags/list");
    assert.deepEqual(await garden.names(), ["app", "kept"]);
  });

  test("takes pushes into a repository that it removed", async (garden) => {
    const { api } = garden;
    for (let time = 0; time < 3; time++) {
      const { digest } = await api.pushImage("team/app", "content", "v1");
      assert.equal(await garden.has("team/app", "manifests", digest), true);
      await api.expect(200, "GET", "/v2/team/app/tags/list");
      await api.expect(202, "DELETE", `/v2/team/app/manifests/${digest}`);
      garden.later(2 * hourMs);
      assert.deepEqual(await garden.removed(), ["team/app"]);
    }
  });

  test("removes a repository around and below others, and none of those", async (garden) => {
    const { api } = garden;
    const kept = await api.pushImage("a/b", "kept", "v1");
    for (const name of ["a", "a/b/c/d"]) await api.pushBlob(name, name);
    garden.later(2 * hourMs);
    assert.deepEqual(await garden.removed(), ["a", "a/b/c/d"]);
    assert.deepEqual(await garden.names(), ["a/b"]);
    assert.equal(await garden.has("a/b", "manifests", kept.digest), true);
    await api.expect(404, "GET", "/v2/a/tags/list", {}, "NAME_UNKNOWN");
    const { digest } = await api.pushImage("a", "again", "v1");
    assert.equal(await garden.has("a", "manifests", digest), true);
  });
}

function sparing(test: GardenTest): void {
  test("spares empty repositories that somebody changed within the grace", async (garden) => {
    const { api } = garden;
    const image = await api.pushImage("app", "content", "v1");
    garden.later(2 * hourMs);
    await api.expect(202, "DELETE", `/v2/app/manifests/${image.digest}`);
    assert.deepEqual(await garden.removed(), []);
    garden.later(59 * minuteMs);
    assert.deepEqual(await garden.removed(), []);
    await api.expect(200, "GET", "/v2/app/tags/list");
    garden.later(minuteMs);
    assert.deepEqual(await garden.removed({ graceMs: 2 * hourMs }), []);
    assert.deepEqual(await garden.removed(), ["app"]);
  });

  test("spares a repository with an untagged manifest, a blob or an upload", async (garden) => {
    const { api } = garden;
    await api.pushImage("manifest", "untagged");
    const { digest } = await api.pushBlob("blob", "needed by somebody");
    garden.later(2 * hourMs);
    await api.expect(200, "HEAD", `/v2/blob/blobs/${digest}`);
    const location = await api.begin("upload");
    assert.deepEqual(await garden.removed(), []);
    await api.expect(204, "GET", location);
  });
}

function races(test: GardenTest): void {
  test("loses nothing of pushes that begin while it decides", async (garden) => {
    const { api } = garden;
    // From before the decision to after the removal, one turn of the event loop at a time.
    for (let turns = 0; turns < 40; turns++) {
      const document = indexOf([], { annotations: { round: `${turns}` } });
      const collecting = garden.removed();
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setTimeout(resolve, 0));
      const names = ["team/app", "team/other", "team/app/below"];
      const [manifests] = await Promise.all([
        Promise.all(names.map((name) => api.pushManifest(name, document, "v1"))),
        collecting,
      ]);
      const digest = manifests[0]?.digest;
      for (const name of names) {
        const got = await api.expect(200, "GET", `/v2/${name}/manifests/v1`);
        assert.equal(got.headers.get("docker-content-digest"), digest);
        await api.expect(200, "GET", `/v2/${name}/tags/list`);
        await api.expect(202, "DELETE", `/v2/${name}/manifests/${digest}`);
      }
      garden.later(2 * hourMs);
    }
    assert.deepEqual(await garden.removed(), ["team/app", "team/app/below", "team/other"]);
  });
}
