/** Deletions beside manifests that need what is deleted. */

import { mediaTypes } from "../../../lib/oci/media_type.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import type { RegistryOptions } from "../../../lib/server/settings.ts";
import type { RepositoryStore } from "../../../lib/server/store/store.ts";
import { quietStore } from "../../support/quiet_store.ts";
import { indexOf, RegistryApi } from "../../support/registry_api.ts";

type Slow = "deleteBlob" | "deleteManifest" | "statBlob";

/** A registry one of whose operations waits until it is let go. */
async function rigWith(slow: Slow, options: RegistryOptions = {}) {
  const store = quietStore();
  const api = new RegistryApi(createRegistry({ ...options, store }).fetch);
  const image = await api.image("app", "layer");
  const gate = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  const repository: RepositoryStore = await store.create("app");
  const hold = (digest: string) => {
    const original = repository[slow].bind(repository);
    Object.assign(repository, {
      [slow]: async (asked: string) => {
        if (asked !== digest) return await original(asked);
        const result = slow === "statBlob" ? await original(asked) : undefined;
        reached.resolve();
        await gate.promise;
        return result ?? await original(asked);
      },
    });
  };
  return { api, image, hold, reached: reached.promise, letGo: gate.resolve };
}

const typed = (type: string) => ({ "content-type": type });

Deno.test("ContentClaims keeps a blob that a manifest on its way needs", async () => {
  const { api, image, hold, reached, letGo } = await rigWith("statBlob");
  const digest = (image["layers"] as { digest: string }[])[0]?.digest ?? "";
  hold(digest);
  const request = { body: JSON.stringify(image), headers: typed(mediaTypes.ociManifest) };
  const putting = api.expect(201, "PUT", "/v2/app/manifests/v1", request);
  await reached;
  const deleting = api.expect(405, "DELETE", `/v2/app/blobs/${digest}`, {}, "UNSUPPORTED");
  letGo();
  await Promise.all([putting, deleting]);
  await api.expect(200, "HEAD", `/v2/app/blobs/${digest}`);
});

Deno.test("ContentClaims takes a blob for missing that is being deleted", async () => {
  const { api, image, hold, reached, letGo } = await rigWith("deleteBlob");
  const digest = (image["layers"] as { digest: string }[])[0]?.digest ?? "";
  hold(digest);
  const deleting = api.expect(202, "DELETE", `/v2/app/blobs/${digest}`);
  await reached;
  const request = { body: JSON.stringify(image), headers: typed(mediaTypes.ociManifest) };
  await api.expect(400, "PUT", "/v2/app/manifests/v1", request, "MANIFEST_BLOB_UNKNOWN");
  const again = api.expect(404, "DELETE", `/v2/app/blobs/${digest}`, {}, "BLOB_UNKNOWN");
  letGo();
  await Promise.all([deleting, again]);
});

Deno.test("ContentClaims keeps a child that an index on its way needs, where children are protected", async () => {
  const { api, hold, reached, letGo } = await rigWith("statBlob", { protectChildren: true });
  const child = await api.pushImage("app", "child");
  hold(child.digest);
  const request = { body: JSON.stringify(indexOf([child])), headers: typed(mediaTypes.ociIndex) };
  const putting = api.expect(201, "PUT", "/v2/app/manifests/v1", request);
  await reached;
  const deleting = api.expect(405, "DELETE", `/v2/app/manifests/${child.digest}`, {}, "UNSUPPORTED");
  letGo();
  await Promise.all([putting, deleting]);
});

Deno.test("ContentClaims lets one of two deletions of the same manifest succeed", async () => {
  const { api, hold, reached, letGo } = await rigWith("deleteManifest");
  const { digest } = await api.pushImage("app", "image", "v1");
  hold(digest);
  const first = api.expect(202, "DELETE", `/v2/app/manifests/${digest}`);
  await reached;
  const second = api.expect(404, "DELETE", `/v2/app/manifests/${digest}`, {}, "MANIFEST_UNKNOWN");
  letGo();
  await Promise.all([first, second]);
});

Deno.test("ContentClaims lets a manifest wait whose bytes are being deleted as a blob", async () => {
  const { api, image, hold, reached, letGo } = await rigWith("deleteBlob");
  const body = JSON.stringify(image);
  const { digest } = await api.pushBlob("app", body);
  hold(digest);
  const deleting = api.expect(202, "DELETE", `/v2/app/blobs/${digest}`);
  await reached;
  const putting = api.expect(201, "PUT", "/v2/app/manifests/v1", { body, headers: typed(mediaTypes.ociManifest) });
  letGo();
  await Promise.all([deleting, putting]);
  await api.expect(200, "GET", "/v2/app/manifests/v1");
  await api.expect(200, "GET", `/v2/app/blobs/${digest}`);
});

Deno.test("putManifest() counts a manifest once that comes under several tags at the same time", async () => {
  const { api, image } = await rigWith("statBlob", { maxRepositoryBytes: 2000 });
  const body = JSON.stringify({ ...image, annotations: { note: "x".repeat(500) } });
  const request = { body, headers: typed(mediaTypes.ociManifest) };
  await Promise.all(["a", "b", "c"].map((tag) => api.expect(201, "PUT", `/v2/app/manifests/${tag}`, request)));
  await api.pushBlob("app", "x".repeat(800));
});

Deno.test("deleteManifest() keeps a child whose bytes another manifest needs as a blob", async () => {
  const { api } = await rigWith("statBlob");
  const child = await api.pushImage("app", "child");
  const config = { ...await api.pushBlob("app", "{}"), mediaType: mediaTypes.ociConfig };
  const layers = [{ ...child, mediaType: mediaTypes.ociLayer }];
  const user = await api.pushManifest(
    "app",
    { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers },
    "user",
  );
  const index = await api.pushManifest("app", indexOf([child]), "index");
  await api.expect(405, "DELETE", `/v2/app/manifests/${child.digest}`, {}, "UNSUPPORTED");
  await api.expect(202, "DELETE", `/v2/app/manifests/${index.digest}`);
  await api.expect(202, "DELETE", `/v2/app/manifests/${user.digest}`);
  await api.expect(202, "DELETE", `/v2/app/manifests/${child.digest}`);
});
