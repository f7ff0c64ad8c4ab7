/** A registry with enough content to look at its page. */

import { mediaTypes } from "../../lib/oci/media_type.ts";
import type { Registry } from "../../lib/server/registry.ts";
import { indexOf, RegistryApi } from "./registry_api.ts";
import { randomBytes } from "./random_image.ts";

/** Fills a registry with repositories, tags, an index, referrers and long names. */
export async function fillRegistry(registry: Registry): Promise<void> {
  const api = new RegistryApi(registry.fetch);
  const platforms = [["linux", "amd64"], ["linux", "arm64", "v8"], ["windows", "amd64"]] as const;
  const images = [];
  for (const [at, [os, architecture, variant]] of platforms.entries()) {
    const document = JSON.stringify({
      os,
      architecture,
      variant,
      created: "2026-01-02T03:04:05Z",
      config: { Entrypoint: ["/usr/bin/server"], Cmd: ["--listen", "0.0.0.0:8080"] },
    });
    const config = { ...await api.pushBlob("team/server", document), mediaType: mediaTypes.ociConfig };
    const layers = [];
    for (let layer = 0; layer < 4; layer++) {
      layers.push(await api.pushBlob("team/server", randomBytes(4000 * (layer + 1) ** 3, at * 10 + layer)));
    }
    const body = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers };
    images.push({
      ...await api.pushManifest("team/server", body),
      platform: { os, architecture, ...(variant === undefined ? {} : { variant }) },
    });
  }
  const annotations = {
    "org.opencontainers.image.source": "https://source.example.org/team/server",
    "org.opencontainers.image.description": "A server that answers <b>everything</b> & more",
  };
  const index = await api.pushManifest("team/server", indexOf(images, { annotations }), "latest");
  await api.pushManifest("team/server", indexOf(images, { annotations }), "2.1.0");
  const [first] = images;
  if (first !== undefined) {
    const body = await api.expect(200, "GET", `/v2/team/server/manifests/${first.digest}`);
    await api.pushManifest("team/server", body.json() as { mediaType: string }, "2.1.0-amd64");
  }
  for (const [at, artifactType] of ["application/vnd.example.signature", "application/spdx+json"].entries()) {
    await api.pushImage("team/server", `referrer ${at}`, undefined, { subject: index, artifactType });
  }
  const long = `${"a-rather-long-component/".repeat(6)}name-that-does-not-fit-on-a-telephone`;
  await api.pushImage(long, "content", "a-tag-that-is-nearly-as-long-as-tags-may-be-".repeat(2));
  for (let at = 0; at < 60; at++) await api.pushImage(`many/app-${String(at).padStart(2, "0")}`, "content", "v1");
}
