/** Lists of tags, repositories and referrers, over every store. */

import assert from "node:assert/strict";
import type { Descriptor } from "../../lib/oci/descriptor.ts";
import { mediaTypes } from "../../lib/oci/media_type.ts";
import type { RegistryApi } from "../support/registry_api.ts";
import { indexOf } from "../support/registry_api.ts";
import { hasHeader, type StoreTest } from "./server_contract_parts.ts";

interface Listed extends Descriptor {
  readonly artifactType?: string;
}

async function referrersOf(api: RegistryApi, digest: string, query = ""): Promise<readonly Listed[]> {
  const answer = await api.expect(200, "GET", `/v2/app/referrers/${digest}${query}`);
  hasHeader(answer, "content-type", mediaTypes.ociIndex);
  const { schemaVersion, mediaType, manifests } = answer.json() as Record<string, unknown>;
  assert.deepEqual([schemaVersion, mediaType], [2, mediaTypes.ociIndex]);
  return manifests as Listed[];
}

/** Registers the tests. */
export function discoveryContract(test: StoreTest): void {
  test("tags/list sorts by bytes and pages by n and last", async (api) => {
    const image = await api.image("app", "one");
    for (const tag of ["b", "a", "Z", "_x", "1"]) await api.pushManifest("app", image, tag);
    const list = async (query: string) => {
      const answer = await api.expect(200, "GET", `/v2/app/tags/list${query}`);
      return [(answer.json() as { tags: string[] }).tags.join(","), answer.headers.get("link")];
    };
    assert.deepEqual(await list(""), ["1,Z,_x,a,b", null]);
    assert.deepEqual(await list("?n=2"), ["1,Z", '</v2/app/tags/list?last=Z&n=2>; rel="next"']);
    assert.deepEqual(await list("?n=2&last=a"), ["b", null]);
    assert.deepEqual(await list("?n=3&last=Y"), ["Z,_x,a", '</v2/app/tags/list?last=a&n=3>; rel="next"']);
    assert.deepEqual(await list("?n=2&last=_x"), ["a,b", null]);
    assert.deepEqual(await list("?last=zzz"), ["", null]);
    assert.deepEqual(await list("?n=0"), ["", null]);
    assert.deepEqual(await list("?n=99999"), ["1,Z,_x,a,b", null]);
    for (const n of ["-1", "x", "1.5"]) await api.expect(400, "GET", `/v2/app/tags/list?n=${n}`, {}, "UNSUPPORTED");
  });

  test("tags/list knows repositories into which something was stored", async (api) => {
    await api.expect(404, "GET", "/v2/app/tags/list", {}, "NAME_UNKNOWN");
    await api.begin("app");
    await api.expect(404, "GET", "/v2/app/tags/list", {}, "NAME_UNKNOWN");
    await api.pushBlob("app", "x");
    assert.deepEqual((await api.expect(200, "GET", "/v2/app/tags/list")).json(), { name: "app", tags: [] });
  });

  test("_catalog lists repositories with content, nested and oddly named ones too", async (api) => {
    for (const name of ["b/blobs", "a", "b", "blobs/uploads/index.json", "oci-layout/tags/list"]) {
      await api.pushImage(name, "content", "v1");
      await api.expect(200, "GET", `/v2/${name}/manifests/v1`);
      assert.deepEqual((await api.expect(200, "GET", `/v2/${name}/tags/list`)).json(), { name, tags: ["v1"] });
    }
    await api.begin("empty");
    const all = ["a", "b", "b/blobs", "blobs/uploads/index.json", "oci-layout/tags/list"];
    assert.deepEqual((await api.expect(200, "GET", "/v2/_catalog")).json(), { repositories: all });
    const page = await api.expect(200, "GET", "/v2/_catalog?n=2&last=a");
    assert.deepEqual(page.json(), { repositories: all.slice(1, 3) });
    hasHeader(page, "link", '</v2/_catalog?last=b%2Fblobs&n=2>; rel="next"');
  });

  test("referrers lists manifests by subject, also one that is not there", async (api) => {
    const subject = { mediaType: mediaTypes.ociManifest, digest: `sha256:${"a".repeat(64)}`, size: 7 };
    assert.deepEqual(await referrersOf(api, subject.digest), []);
    const image = await api.image("app", "sbom");
    const put = await api.expect(201, "PUT", "/v2/app/manifests/sbom", {
      body: JSON.stringify({ ...image, subject, annotations: { note: "é" } }),
      headers: { "content-type": mediaTypes.ociManifest },
    });
    hasHeader(put, "oci-subject", subject.digest);
    const typed = { subject, artifactType: "application/x.signature" };
    const artifact = await api.pushImage("app", "sig", undefined, typed);
    const index = await api.pushManifest("app", indexOf([], { subject }));
    const listed = await referrersOf(api, subject.digest);
    assert.deepEqual(listed.map(({ digest }) => digest), listed.map(({ digest }) => digest).toSorted());
    const byDigest = new Map(listed.map((entry) => [entry.digest, entry]));
    assert.equal(listed.length, 3);
    assert.deepEqual(byDigest.get(artifact.digest), { ...artifact, artifactType: "application/x.signature" });
    assert.deepEqual(byDigest.get(index.digest), index);
    const sbom = byDigest.get(put.headers.get("docker-content-digest") ?? "");
    assert.deepEqual([sbom?.artifactType, sbom?.annotations], [mediaTypes.ociConfig, { note: "é" }]);
  });

  test("referrers filters by artifact type and says so, also when nothing is left", async (api) => {
    const subject = await api.pushImage("app", "base", "v1");
    const artifact = await api.pushImage("app", "sig", undefined, { subject, artifactType: "application/x+y" });
    const filtered = await api.expect(200, "GET", `/v2/app/referrers/${subject.digest}?artifactType=application/x%2By`);
    hasHeader(filtered, "oci-filters-applied", "artifactType");
    assert.equal((filtered.json() as { manifests: Listed[] }).manifests[0]?.digest, artifact.digest);
    const none = await api.expect(200, "GET", `/v2/app/referrers/${subject.digest}?artifactType=other&x=y`);
    hasHeader(none, "oci-filters-applied", "artifactType");
    assert.deepEqual((none.json() as { manifests: Listed[] }).manifests, []);
    const all = await api.expect(200, "GET", `/v2/app/referrers/${subject.digest}?artifactType=`);
    assert.equal(all.headers.get("oci-filters-applied"), null);
    const etag = all.headers.get("etag") ?? "";
    await api.expect(304, "GET", `/v2/app/referrers/${subject.digest}`, { headers: { "if-none-match": etag } });
    await api.expect(400, "GET", "/v2/app/referrers/sha256:bad", {}, "DIGEST_INVALID");
    await api.expect(400, "GET", "/v2/app/referrers/latest", {}, "DIGEST_INVALID");
  });

  test("a referrer stays listed until its own digest is deleted", async (api) => {
    const subject = await api.pushImage("app", "base", "v1");
    const artifact = await api.pushImage("app", "sig", "sig", { subject });
    await api.expect(202, "DELETE", "/v2/app/manifests/sig");
    await api.expect(202, "DELETE", `/v2/app/manifests/${subject.digest}`);
    assert.equal((await referrersOf(api, subject.digest)).length, 1);
    await api.expect(202, "DELETE", `/v2/app/manifests/${artifact.digest}`);
    assert.deepEqual(await referrersOf(api, subject.digest), []);
  });

  test("referrers above 4 MiB come in pages that keep the filter", async (api) => {
    const subject = { mediaType: mediaTypes.ociManifest, digest: `sha256:${"b".repeat(64)}`, size: 7 };
    const image = await api.image("app", "x");
    const note = "n".repeat(1_900_000);
    for (const number of [1, 2, 3]) {
      const annotations = { note, number: `${number}` };
      await api.pushManifest("app", { ...image, subject, artifactType: "a/b", annotations });
    }
    const found: string[] = [];
    let path: string | undefined = `/v2/app/referrers/${subject.digest}?artifactType=a/b`;
    let pages = 0;
    while (path !== undefined) {
      const answer = await api.expect(200, "GET", path);
      hasHeader(answer, "oci-filters-applied", "artifactType");
      found.push(...(answer.json() as { manifests: Listed[] }).manifests.map(({ digest }) => digest));
      path = /^<([^>]+)>; rel="next"$/.exec(answer.headers.get("link") ?? "")?.[1];
      pages++;
    }
    assert.equal(pages, 2);
    assert.equal(new Set(found).size, 3);
  });
}
