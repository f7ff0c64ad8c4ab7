import assert from "node:assert/strict";
import { createMemoryRegistry, createMemoryRepository } from "../../../lib/memory/memory_repository.ts";
import { blobOf, bytesOf, readBlob, rewindableSource } from "../../contract/contract_subject.ts";
import { repositoryContract } from "../../contract/repository_contract.ts";

repositoryContract("MemoryRepository", () => {
  const registry = createMemoryRegistry();
  return Promise.resolve({
    repository: registry.repository("app"),
    reopen: () => registry.repository("app"),
    dispose: () => Promise.resolve(),
  });
});

Deno.test("createMemoryRepository() mounts blobs of repositories of its registry", async () => {
  const registry = createMemoryRegistry();
  const source = createMemoryRepository("source", { registry });
  const target = createMemoryRepository("target", { registry });
  const { bytes, descriptor } = await blobOf(bytesOf("mounted"));
  await source.blobs.put(descriptor, rewindableSource(bytes));
  assert(target.canMountFrom(source));
  const unread = { isRewindable: true, open: () => Promise.reject(new Error("must not be read")) };
  const { outcome } = await target.blobs.put(descriptor, unread, { mountFrom: source });
  assert.equal(outcome, "mounted");
  assert.deepEqual(await readBlob(target, descriptor), bytes);
});

Deno.test("createMemoryRepository() mounts nothing from another registry", async () => {
  const source = createMemoryRepository("app");
  const target = createMemoryRepository("app");
  const { bytes, descriptor } = await blobOf(bytesOf("copied"));
  await source.blobs.put(descriptor, rewindableSource(bytes));
  assert(!target.canMountFrom(source));
  assert.notEqual(source.id, target.id);
  const result = await target.blobs.put(descriptor, rewindableSource(bytes), { mountFrom: source });
  assert.equal(result.outcome, "uploaded");
});
