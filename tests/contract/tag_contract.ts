/**
 * What every tag store does.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Repository } from "../../lib/repository.ts";
import { type ContractTest, imageOf, putImage } from "./contract_subject.ts";

const notFound = { code: "NOT_FOUND" };

/** Registers the tests. */
export function tagContract(test: ContractTest): void {
  test("tags.list() gives every tag once, in order", async (repository) => {
    await putTags(repository, ["v10", "latest", "v1", "Beta", "v2"]);
    await putTags(repository, ["v1"]);
    assert.deepEqual(await Array.fromAsync(repository.tags.list()), ["Beta", "latest", "v1", "v10", "v2"]);
  });

  test("tags.list() stops at the limit", async (repository) => {
    await putTags(repository, ["a", "b", "c", "d", "e"]);
    assert.deepEqual(await Array.fromAsync(repository.tags.list({ limit: 2 })), ["a", "b"]);
    assert.deepEqual(await Array.fromAsync(repository.tags.list({ limit: 9 })), ["a", "b", "c", "d", "e"]);
  });

  test("tags.list() begins after the last tag known", async (repository) => {
    await putTags(repository, ["a", "b", "c", "d", "e"]);
    assert.deepEqual(await Array.fromAsync(repository.tags.list({ last: "c" })), ["d", "e"]);
    assert.deepEqual(await Array.fromAsync(repository.tags.list({ last: "a", limit: 2 })), ["b", "c"]);
    assert.deepEqual(await Array.fromAsync(repository.tags.list({ last: "e" })), []);
  });

  test("tags.list() fails where there is no repository", async (repository) => {
    await assert.rejects(Array.fromAsync(repository.tags.list()), notFound);
  });

  test("tags.list() throws the reason of a signal that is aborted", async (repository) => {
    await putTags(repository, ["a"]);
    const reason = new Error("no longer wanted");
    await assert.rejects(Array.fromAsync(repository.tags.list({ signal: AbortSignal.abort(reason) })), reason);
  });

  test("tags.delete() removes one tag and leaves its manifest and the others", async (repository) => {
    const image = await imageOf("one");
    const digest = await putImage(repository, "v1", image);
    await putImage(repository, "also", image);
    await repository.tags.delete("v1");
    assert.deepEqual(await Array.fromAsync(repository.tags.list()), ["also"]);
    await assert.rejects(repository.manifests.head("v1"), notFound);
    assert.deepEqual((await repository.manifests.get(digest)).bytes, image.manifest.bytes);
  });

  test("tags.delete() of the only tag leaves the manifest for those who know its digest", async (repository) => {
    const image = await imageOf("one");
    const digest = await putImage(repository, "v1", image);
    await repository.tags.delete("v1");
    assert.deepEqual((await repository.manifests.get(digest)).bytes, image.manifest.bytes);
  });

  test("tags.delete() does not find what is not there", async (repository) => {
    await putTags(repository, ["v1"]);
    await assert.rejects(repository.tags.delete("v2"), notFound);
    assert.deepEqual(await Array.fromAsync(repository.tags.list()), ["v1"]);
  });
}

async function putTags(repository: Repository, tags: readonly string[]): Promise<void> {
  for (const tag of tags) await putImage(repository, tag, await imageOf("tagged"));
}
