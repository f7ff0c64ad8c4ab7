/**
 * What every repository that lists referrers does.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Repository } from "../../lib/repository.ts";
import { canListReferrers } from "../../lib/repository_powers.ts";
import { type ContractTest, imageOf, putImage } from "./contract_subject.ts";

const artifactType = "application/vnd.example.sbom";

/** Registers the tests. */
export function referrerContract(test: ContractTest): void {
  test("listReferrers() gives an empty list for what nothing refers to", async (repository) => {
    if (!canListReferrers(repository)) return;
    const digest = await putImage(repository, "v1", await imageOf("one"));
    assert.deepEqual((await repository.listReferrers(digest)).descriptors, []);
  });

  test("listReferrers() gives type and annotations of each referrer", async (repository) => {
    if (!canListReferrers(repository)) return;
    const image = await imageOf("one");
    await putImage(repository, "v1", image);
    const subject = image.manifest.descriptor;
    const annotations = { "org.example.note": "<kept> & whole" };
    const sbom = await imageOf("sbom", { artifactType, subject, annotations });
    const plain = await imageOf("plain", { subject });
    await putImage(repository, undefined, sbom);
    await putImage(repository, undefined, plain);
    const { descriptors } = await repository.listReferrers(subject.digest);
    assert.deepEqual(new Set(descriptors.map(({ digest }) => digest)), digestsOf(sbom, plain));
    const listed = descriptors.find(({ digest }) => digest === sbom.manifest.descriptor.digest);
    assert.deepEqual(listed, { ...sbom.manifest.descriptor, annotations, artifactType });
    const other = descriptors.find(({ digest }) => digest === plain.manifest.descriptor.digest);
    assert.equal(other?.artifactType, "application/vnd.oci.image.config.v1+json");
  });

  test("listReferrers() gives only the type asked for", async (repository) => {
    if (!canListReferrers(repository)) return;
    const image = await imageOf("one");
    await putImage(repository, "v1", image);
    const subject = image.manifest.descriptor;
    const sbom = await imageOf("sbom", { artifactType, subject });
    await putImage(repository, undefined, sbom);
    await putImage(repository, undefined, await imageOf("plain", { subject }));
    const { descriptors } = await repository.listReferrers(subject.digest, { artifactType });
    assert.deepEqual(descriptors.map(({ digest }) => digest), [sbom.manifest.descriptor.digest]);
    assert.deepEqual((await repository.listReferrers(subject.digest, { artifactType: "none" })).descriptors, []);
  });

  test("listReferrers() finds referrers of a subject that is not there", async (repository) => {
    if (!canListReferrers(repository)) return;
    const subject = (await imageOf("elsewhere")).manifest.descriptor;
    const sbom = await imageOf("sbom", { artifactType, subject });
    await putImage(repository, undefined, sbom);
    const { descriptors } = await repository.listReferrers(subject.digest);
    assert.deepEqual(descriptors.map(({ digest }) => digest), [sbom.manifest.descriptor.digest]);
  });

  test("listReferrers() lists a referrer that was put twice once", async (repository) => {
    if (!canListReferrers(repository)) return;
    const { subject, sbom } = await putReferrer(repository);
    await putImage(repository, undefined, sbom);
    assert.equal((await repository.listReferrers(subject)).descriptors.length, 1);
  });

  test("listReferrers() forgets a referrer that was deleted", async (repository) => {
    if (!canListReferrers(repository)) return;
    const { subject, sbom } = await putReferrer(repository);
    const other = await imageOf("other", { subject: sbom.manifest.kind === "image" ? sbom.manifest.body.subject : {} });
    await putImage(repository, undefined, other);
    await repository.manifests.delete(sbom.manifest.descriptor.digest, { updateReferrers: true });
    const { descriptors } = await repository.listReferrers(subject);
    assert.deepEqual(descriptors.map(({ digest }) => digest), [other.manifest.descriptor.digest]);
    await repository.manifests.delete(other.manifest.descriptor.digest, { updateReferrers: true });
    assert.deepEqual((await repository.listReferrers(subject)).descriptors, []);
  });

  test("listReferrers() throws the reason of a signal that is aborted", async (repository) => {
    if (!canListReferrers(repository)) return;
    const { subject } = await putReferrer(repository);
    const reason = new Error("no longer wanted");
    await assert.rejects(repository.listReferrers(subject, { signal: AbortSignal.abort(reason) }), reason);
  });
}

type TestImage = Awaited<ReturnType<typeof imageOf>>;

async function putReferrer(repository: Repository): Promise<{ readonly subject: string; readonly sbom: TestImage }> {
  const image = await imageOf("one");
  await putImage(repository, "v1", image);
  const sbom = await imageOf("sbom", { artifactType, subject: image.manifest.descriptor });
  await putImage(repository, undefined, sbom);
  return { subject: image.manifest.descriptor.digest, sbom };
}

function digestsOf(...images: readonly TestImage[]): ReadonlySet<string> {
  return new Set(images.map(({ manifest }) => manifest.descriptor.digest));
}
