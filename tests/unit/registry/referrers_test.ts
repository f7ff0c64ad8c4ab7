import assert from "node:assert/strict";
import { hasCode } from "../../../lib/errors.ts";
import { emptyJsonDigest, fallbackTag } from "../../../lib/oci/digest.ts";
import { parseManifest } from "../../../lib/oci/manifest.ts";
import { createRegistryRig, type Intercept, type RegistryRig } from "../../support/registry_rig.ts";

const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
const subject = await parseManifest(encode({ schemaVersion: 2, manifests: [] }));
const tag = fallbackTag(subject.descriptor.digest);

function referrer(type: string) {
  const empty = { mediaType: "application/vnd.oci.empty.v1+json", digest: emptyJsonDigest, size: 2 };
  return parseManifest(encode({
    schemaVersion: 2,
    mediaType: "application/vnd.oci.image.manifest.v1+json",
    artifactType: type,
    config: empty,
    layers: [empty],
    subject: subject.descriptor,
    annotations: { type },
  }));
}

/** A registry that knows nothing of referrers, and of conditional requests only when told. */
function withoutApi(rig: () => RegistryRig, hasEtags: boolean): Intercept {
  return async (request) => {
    if (request.url.includes("/referrers/")) return new Response("404 page not found", { status: 404 });
    if (!hasEtags) request.headers.delete("if-match");
    const response = await rig().registry.fetch(request);
    response.headers.delete("oci-subject");
    if (!hasEtags) response.headers.delete("etag");
    return response;
  };
}

async function withEmptyBlob(rig: RegistryRig) {
  const repository = rig.open("app");
  await repository.blobs.put({ digest: emptyJsonDigest, size: 2 }, {
    isRewindable: true,
    open: () => Promise.resolve(new Blob(["{}"]).stream()),
  });
  return repository;
}

for (const hasEtags of [true, false]) {
  const etags = hasEtags ? "with" : "without";
  Deno.test(`manifests.put() keeps the fallback tag of a registry ${etags} entity tags, also for many at a time`, async () => {
    await using rig: RegistryRig = createRegistryRig({ intercept: withoutApi(() => rig, hasEtags) });
    const repository = await withEmptyBlob(rig);
    const types = ["a/1", "a/2", "a/3", "a/4", "a/5"];
    await Promise.all(types.map(async (type) => {
      const manifest = await referrer(type);
      await repository.manifests.put(manifest.descriptor.digest, manifest);
    }));
    const { descriptors, tags } = await repository.listReferrers(subject.descriptor.digest);
    assert.deepEqual(descriptors.map(({ artifactType }) => artifactType).toSorted(), types);
    assert.deepEqual(descriptors.map(({ annotations }) => annotations?.["type"]).toSorted(), types);
    assert.deepEqual(tags, [tag]);
  });

  Deno.test(`manifests.delete() empties the fallback tag of a registry ${etags} entity tags`, async () => {
    await using rig: RegistryRig = createRegistryRig({ intercept: withoutApi(() => rig, hasEtags) });
    const repository = await withEmptyBlob(rig);
    const [one, two] = [await referrer("a/1"), await referrer("a/2")];
    for (const manifest of [one, two]) await repository.manifests.put(manifest.descriptor.digest, manifest);
    await repository.manifests.delete(one.descriptor.digest, { updateReferrers: true });
    const { descriptors } = await repository.listReferrers(subject.descriptor.digest);
    assert.deepEqual(descriptors.map(({ digest }) => digest), [two.descriptor.digest]);
    await repository.manifests.delete(two.descriptor.digest, { updateReferrers: true });
    assert.deepEqual(await Array.fromAsync(repository.tags.list()), []);
  });
}

Deno.test("manifests.put() loses no entry to another writer of the fallback tag", async () => {
  let isDisturbed = false;
  await using rig: RegistryRig = createRegistryRig({
    intercept: async (request) => {
      if (request.method === "PUT" && request.url.endsWith(tag) && !isDisturbed) {
        isDisturbed = true;
        // Somebody else writes the tag between the reading and the writing.
        const other = encode({
          schemaVersion: 2,
          manifests: [{ ...(await referrer("a/other")).descriptor, artifactType: "a/other" }],
        });
        const manifest = await referrer("a/other");
        const put = (path: string, body: Uint8Array<ArrayBuffer>, type: string) =>
          rig.registry.fetch(
            new Request(`https://registry.example.org/v2/app/manifests/${path}`, {
              method: "PUT",
              body,
              headers: { "content-type": type },
            }),
          );
        await put(manifest.descriptor.digest, manifest.bytes, manifest.descriptor.mediaType);
        await put(tag, other, "application/vnd.oci.image.index.v1+json");
      }
      return await withoutApi(() => rig, true)(request);
    },
  });
  const repository = await withEmptyBlob(rig);
  const first = await referrer("a/0");
  await repository.manifests.put(first.descriptor.digest, first);
  isDisturbed = false;
  const second = await referrer("a/1");
  await repository.manifests.put(second.descriptor.digest, second);
  const { descriptors } = await repository.listReferrers(subject.descriptor.digest);
  assert(descriptors.some(({ artifactType }) => artifactType === "a/other"), "the other writer's entry is there");
  assert(descriptors.some(({ artifactType }) => artifactType === "a/1"), "and so is this one's");
});

Deno.test("listReferrers() asks a registry without the API for it only once", async () => {
  await using rig: RegistryRig = createRegistryRig({ intercept: withoutApi(() => rig, true) });
  const repository = rig.open("app");
  await repository.listReferrers(subject.descriptor.digest);
  await repository.listReferrers(subject.descriptor.digest);
  assert.equal(rig.requests.filter((line) => line.includes("/referrers/")).length, 1);
});

Deno.test("listReferrers() reports a refusal instead of taking it for a missing API", async () => {
  await using rig = createRegistryRig({ intercept: () => new Response(null, { status: 403 }) });
  await assert.rejects(rig.open("app").listReferrers(subject.descriptor.digest), (error) => hasCode(error, "DENIED"));
});
