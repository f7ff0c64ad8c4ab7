/** What keeps a registry within bounds, whatever clients ask for. */

import assert from "node:assert/strict";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import { bearerChallenge } from "../../../lib/server/auth/bearer_guard.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { quietStore } from "../../support/quiet_store.ts";
import { indexOf, RegistryApi } from "../../support/registry_api.ts";

const mebibyte = 1024 * 1024;

function newApi(): RegistryApi {
  return new RegistryApi(createRegistry({ store: quietStore() }).fetch);
}

Deno.test("createRegistry() lists no more than 10 000 tags at once, however many are asked for", async () => {
  const api = newApi();
  const document = JSON.stringify(indexOf([]));
  const { digest } = await api.pushManifest("app", indexOf([]));
  for (let from = 0; from < 10_050; from += 50) {
    const tags = Array.from({ length: 50 }, (_, at) => `tag=${String(from + at).padStart(5, "0")}`);
    const headers = { "content-type": mediaTypes.ociIndex };
    await api.expect(201, "PUT", `/v2/app/manifests/${digest}?${tags.join("&")}`, { headers, body: document });
  }
  const first = await api.expect(200, "GET", "/v2/app/tags/list?n=20000");
  assert.equal((first.json() as { tags: string[] }).tags.length, 10_000);
  const next = /^<([^>]*)>; rel="next"$/.exec(first.headers.get("link") ?? "")?.[1] ?? assert.fail("no link");
  const second = await api.expect(200, "GET", next);
  assert.equal((second.json() as { tags: string[] }).tags.length, 50);
  assert.equal(second.headers.get("link"), null);
});

Deno.test("createRegistry() counts the host into the length of a name", async () => {
  const api = newApi();
  const name = "a".repeat(230);
  await api.expect(404, "GET", `http://h.test/v2/${name}/tags/list`, {}, "NAME_UNKNOWN");
  await api.expect(400, "GET", `http://${"h".repeat(30)}.test/v2/${name}/tags/list`, {}, "NAME_INVALID");
});

/** A body without end that counts what is read of it. */
class EndlessBody {
  read = 0;
  isCancelled = false;
  readonly stream = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull: (controller) => {
      this.read += mebibyte;
      if (this.read > 100 * mebibyte) throw new Error("nobody stops reading");
      controller.enqueue(new Uint8Array(mebibyte));
    },
    cancel: () => void (this.isCancelled = true),
  }, { highWaterMark: 0 });
}

for (
  const [title, path, status] of [
    ["a request that is refused", "/v2/app/blobs/uploads/?digest=nonsense", 400],
    ["a blob that is there already", "/v2/app/blobs/uploads/?digest=", 201],
  ] as const
) {
  Deno.test(`createRegistry() reads 16 MiB of the body of ${title}, and no more`, async () => {
    const api = newApi();
    const { digest } = await api.pushBlob("app", "content");
    const body = new EndlessBody();
    await api.expect(status, "POST", path.endsWith("=") ? path + digest : path, { body: body.stream });
    assert(body.isCancelled);
    assert(body.read >= 16 * mebibyte && body.read <= 18 * mebibyte, `${body.read} bytes`);
  });
}

const elsewhere = [
  mediaTypes.dockerLayerForeign,
  mediaTypes.dockerLayerForeignGzip,
  mediaTypes.ociLayerForeign,
  mediaTypes.ociLayerForeignGzip,
  mediaTypes.ociLayerForeignZstd,
];
for (const mediaType of [...elsewhere, mediaTypes.ociLayer]) {
  const isElsewhere = elsewhere.some((each) => each === mediaType);
  Deno.test(`createRegistry() ${isElsewhere ? "does not ask" : "asks"} for a layer of type ${mediaType}`, async () => {
    const api = newApi();
    const layer = { mediaType, digest: `sha256:${"0".repeat(64)}`, size: 1 };
    const config = await api.pushBlob("app", "{}");
    const body = JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      config: { ...config, mediaType: mediaTypes.ociConfig },
      layers: [layer],
    });
    const answer = await api.send("PUT", "/v2/app/manifests/v1", {
      headers: { "content-type": mediaTypes.ociManifest },
      body,
    });
    assert.equal(answer.status, isElsewhere ? 201 : 400);
    if (!isElsewhere) assert.deepEqual(answer.codes(), ["MANIFEST_BLOB_UNKNOWN"]);
  });
}

Deno.test("listReferrers() keeps each page within 4 MiB, the document around the entries included", async () => {
  const api = newApi();
  const subject = await api.pushImage("app", "subject", "v1");
  const image = await api.image("app", "referrer");
  const note = (at: number, length: number) => ({ note: String(at).padEnd(length, "x") });
  const limit = 4 * mebibyte;
  // Annotations so long that the entries alone are as long as a page.
  const entry =
    (await api.pushManifest("app", { ...image, subject, annotations: note(0, 1) }), await sizeOf(api, subject.digest));
  await api.pushManifest("app", { ...image, subject, annotations: note(1, limit / 2 - entry) });
  await api.pushManifest("app", { ...image, subject, annotations: note(2, limit / 2 - entry) });
  const first = await api.expect(200, "GET", `/v2/app/referrers/${subject.digest}`);
  assert(first.bytes.length <= limit, `${first.bytes.length}`);
  assert.match(first.headers.get("link") ?? "", /rel="next"/);
});

async function sizeOf(api: RegistryApi, digest: string): Promise<number> {
  const { manifests } = (await api.expect(200, "GET", `/v2/app/referrers/${digest}`)).json() as { manifests: object[] };
  return JSON.stringify(manifests[0]).length;
}

Deno.test("bearerChallenge() cannot be broken out of by what it quotes", () => {
  const where = { realm: 'https://h/token", basic realm="x', service: 'a\\"b' };
  const challenge = bearerChallenge(where, 'repository:a"b:pull');
  assert.equal(challenge.replaceAll(/"[^"\\]*"/g, "_"), "Bearer realm=_,service=_,scope=_");
});
