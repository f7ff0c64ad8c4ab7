/**
 * The behaviour that every repository shares, whatever is behind it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { canProbe } from "../../lib/repository_powers.ts";
import { blobContract } from "./blob_contract.ts";
import { type Capabilities, type ContractSubject, type ContractTest, imageOf, putImage } from "./contract_subject.ts";
import { manifestContract } from "./manifest_contract.ts";
import { referrerContract } from "./referrer_contract.ts";
import { tagContract } from "./tag_contract.ts";

export type { Capabilities, ContractSubject } from "./contract_subject.ts";

/**
 * Registers the tests of the contract for one kind of repository.
 *
 * @param name The kind, which begins every test's name.
 * @param factory Makes a repository without content, for one test.
 * @param capabilities What it cannot do.
 */
export function repositoryContract(
  name: string,
  factory: () => Promise<ContractSubject>,
  capabilities: Capabilities = {},
): void {
  const test: ContractTest = (title, body) => {
    const skipped = Object.entries(capabilities.skip ?? {}).find(([part]) => title.includes(part));
    Deno.test({
      name: skipped === undefined ? `${name} ${title}` : `${name} ${title} (left out: ${skipped[1]})`,
      ignore: skipped !== undefined,
      async fn() {
        const subject = await factory();
        try {
          await using repository = subject.repository;
          await body(repository, subject);
        } finally {
          await subject.dispose();
        }
      },
    });
  };
  blobContract(test);
  manifestContract(test);
  tagContract(test);
  referrerContract(test);
  handleContract(test);
}

function handleContract(test: ContractTest): void {
  test("dispose can be called twice", async (repository) => {
    await putImage(repository, "v1", await imageOf("one"));
    await repository[Symbol.asyncDispose]();
    await repository[Symbol.asyncDispose]();
  });

  test("dispose leaves everything that has a tag", async (repository, subject) => {
    const image = await imageOf("one");
    await putImage(repository, "v1", image);
    if (subject.reopen === undefined) return;
    await repository[Symbol.asyncDispose]();
    await using again = subject.reopen();
    assert.equal(again.id, repository.id);
    assert.deepEqual((await again.manifests.get("v1")).bytes, image.manifest.bytes);
    for (const blob of image.blobs) await again.blobs.head(blob.descriptor);
  });

  test("exists() tells an empty place from one with content", async (repository) => {
    if (!canProbe(repository)) return;
    assert.equal(await repository.exists(), false);
    await putImage(repository, "v1", await imageOf("one"));
    assert.equal(await repository.exists(), true);
  });
}
