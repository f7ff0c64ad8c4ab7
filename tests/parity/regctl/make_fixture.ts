/**
 * Makes the layout of `tests/fixtures/parity/layout` anew: `deno run -A tests/parity/regctl/make_fixture.ts`.
 *
 * Its tags carry the names of the shared test data, so that one table of command lines serves both.
 *
 * @module
 */

import { openLayout } from "../../../lib/layout/layout_repository.ts";
import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import { mediaTypes } from "../../../lib/oci/media_type.ts";
import type { Platform } from "../../../lib/oci/platform.ts";
import type { Repository } from "../../../lib/repository.ts";
import { putBytes, putDocument } from "../../support/random_image.ts";
import { buildTar, type BuiltEntry, gzip } from "../../support/tar_builder.ts";
import { fixtureLayout } from "./fixture.ts";

const platforms: readonly Platform[] = [
  { architecture: "amd64", os: "linux" },
  { architecture: "arm64", os: "linux" },
  { architecture: "arm", os: "linux", variant: "v7" },
];
const unknown: Platform = { architecture: "unknown", os: "unknown" };
const docker = "application/vnd.docker.";

/** Puts everything into a repository; a class for the blobs that several parts use. */
class FixtureMaker {
  constructor(readonly repository: Repository) {}

  async make(): Promise<void> {
    await this.index("b1", 1);
    await this.index("v1", 2, { hasAttestation: true });
    const v2 = await this.index("v2", 3, {
      annotations: { "org.example.version": "v2", "org.opencontainers.image.base.name": "reg.example.org/base:b1" },
    });
    const v3 = await this.index("v3", 4);
    const v1 = await this.repository.manifests.get("v1");
    await this.artifacts(v2);
    await this.repository.manifests.put(
      `${v1.descriptor.digest.replace(":", "-")}.${v3.digest.slice(7, 23)}.meta`,
      await this.repository.manifests.get("v3"),
    );
    await this.dockerImages();
    await this.oddImages();
  }

  /** An index of three images; each further layer is in all of them. */
  async index(
    tag: string,
    layers: number,
    options: { readonly hasAttestation?: boolean; readonly annotations?: Readonly<Record<string, string>> } = {},
  ): Promise<Descriptor> {
    const manifests: Descriptor[] = [];
    for (const platform of platforms) {
      manifests.push({ ...await this.image(platform, layers, tag), platform });
    }
    if (options.hasAttestation) {
      const [image] = manifests;
      const config = await this.config(unknown, []);
      const layer = await this.blob('{"predicate":"none"}', "application/vnd.in-toto+json");
      const body = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [layer] };
      const annotations = {
        "vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": image?.digest ?? "",
      };
      manifests.push({ ...await this.manifest(body), annotations, platform: unknown });
    }
    const { annotations } = options;
    const body = { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests };
    return await this.manifest(annotations === undefined ? body : { ...body, annotations }, tag);
  }

  async image(platform: Platform, count: number, version: string): Promise<Descriptor> {
    const archives: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < count; at++) archives.push(buildTar(entriesOf(at, platform)));
    const layers: Descriptor[] = [];
    for (const archive of archives) {
      layers.push(await putBytes(this.repository, await gzip(archive), mediaTypes.ociLayerGzip));
    }
    const config = await this.config(platform, archives, version);
    return await this.manifest({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers });
  }

  async config(platform: Platform, archives: readonly Uint8Array<ArrayBuffer>[], version = ""): Promise<Descriptor> {
    const diffIds: string[] = [];
    for (const archive of archives) {
      const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", archive));
      diffIds.push(`sha256:${hash.toHex()}`);
    }
    const document = {
      created: "2021-01-01T00:00:00Z",
      ...platform,
      config: {
        Env: ["PATH=/bin", `VERSION=${version}`],
        Entrypoint: ["/app"],
        Cmd: ["serve", "<&>"],
        Labels: { "org.example.version": version, "org.example.name": "größe" },
      },
      rootfs: { type: "layers", diff_ids: diffIds },
      history: archives.map((_, at) => ({ created: "2021-01-01T00:00:00Z", created_by: `step ${at}` })),
    };
    return await this.blob(JSON.stringify(document), mediaTypes.ociConfig);
  }

  async artifacts(subject: Descriptor): Promise<void> {
    const { mediaType, digest, size } = subject;
    const refersTo = { mediaType, digest, size };
    const empty = await this.blob("{}", "application/vnd.oci.empty.v1+json");
    const sbom = "application/example.sbom";
    const a1 = await this.artifact("a1", sbom, empty, [await this.blob("eggs\n", `${sbom}.breakfast`)], refersTo);
    const signature = "application/example.signature";
    const text = await this.blob("signed\n", `${signature}.text`);
    const a2 = await this.artifact("a2", signature, empty, [text], refersTo);
    const layers: Descriptor[] = [];
    for (const at of [1, 2, 3]) {
      const layer = await this.blob(`${at}\n`, `application/example.layer.${at}`);
      layers.push({ ...layer, annotations: { "org.opencontainers.image.title": `layer${at}.txt` } });
    }
    await this.artifact("a3", "application/example.layers", empty, layers);
    const index = { schemaVersion: 2, mediaType: mediaTypes.ociIndex };
    const entries = [{ ...a1, annotations: { type: "sbom" } }, { ...a2, annotations: { type: "sig" } }];
    await this.manifest({ ...index, artifactType: "application/example.artifacts", manifests: entries }, "ai");
    const data = { ...empty, data: "e30=" };
    await this.artifact("a-example", "application/example", data, [
      await this.blob("example\n", "application/example"),
    ]);
    const build = await this.blob('{"build":true}', "application/vnd.example.build-type+json");
    const config = { ...empty, mediaType: mediaTypes.ociConfig };
    await this.manifest(
      { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [build] },
      "a-docker",
    );
    const listed = [{ ...a1, artifactType: sbom }, { ...a2, artifactType: signature }];
    await this.manifest({ ...index, manifests: listed }, digest.replace(":", "-"));
  }

  async artifact(
    tag: string,
    artifactType: string,
    config: Descriptor,
    layers: readonly Descriptor[],
    subject?: Descriptor,
  ): Promise<Descriptor> {
    const body = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, artifactType, config, layers };
    return await this.manifest(subject === undefined ? body : { ...body, subject }, tag);
  }

  /** An image and a list with Docker's media types. */
  async dockerImages(): Promise<void> {
    const archive = buildTar(entriesOf(0, platforms[0] ?? unknown));
    const type = `${docker}image.rootfs.diff.tar.gzip`;
    const layer = await putBytes(this.repository, await gzip(archive), type);
    const config = {
      ...await this.config(platforms[0] ?? unknown, [archive]),
      mediaType: `${docker}container.image.v1+json`,
    };
    const body = { schemaVersion: 2, mediaType: `${docker}distribution.manifest.v2+json`, config, layers: [layer] };
    const image = await this.manifest(body, "docker");
    const list = `${docker}distribution.manifest.list.v2+json`;
    const windows = { architecture: "amd64", os: "windows", "os.version": "10.0.20348.1" };
    const manifests = [{ ...image, platform: platforms[0] }, { ...image, platform: windows }];
    await this.manifest({ schemaVersion: 2, mediaType: list, manifests }, "docker-list");
  }

  /** An image with keys in no usual order, unknown keys and layers of other kinds; an index of nothing. */
  async oddImages(): Promise<void> {
    const config = await this.blob(
      '{"zz":"<&>é","os":"linux","config":{"Env":[],"e":{}},"n":1.50}',
      mediaTypes.ociConfig,
    );
    const plain = await putBytes(
      this.repository,
      buildTar(entriesOf(0, unknown)),
      "application/vnd.oci.image.layer.v1.tar",
    );
    const urls = ["https://layers.example.org/1"];
    const { digest, size } = await this.blob("kept elsewhere", "text/plain");
    const foreign = { mediaType: `${docker}image.rootfs.foreign.diff.tar.gzip`, digest, size, urls };
    await this.manifest({
      layers: [plain, foreign],
      zz: "<&>é",
      mediaType: mediaTypes.ociManifest,
      config,
      annotations: { z: "last", a: "first", "org.example.empty": "" },
      schemaVersion: 2,
    }, "odd");
    await this.manifest({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] }, "empty");
  }

  async manifest(body: unknown, tag?: string): Promise<Descriptor> {
    return (await putDocument(this.repository, body, tag)).descriptor;
  }

  async blob(text: string, mediaType: string): Promise<Descriptor> {
    return await putBytes(this.repository, new TextEncoder().encode(text), mediaType);
  }
}

/** What is in the layer at a place. The first is the same for all platforms. */
function entriesOf(at: number, platform: Platform): readonly BuiltEntry[] {
  if (at === 0) return [{ name: "base.txt", body: "base\n" }, { name: "etc/", flag: "5", mode: 0o755 }];
  if (at === 1) {
    return [
      { name: "etc/platform", body: `${platform.architecture}\n`, ids: [1000, 65534] },
      { name: "app", body: "#!/bin/sh\n", mode: 0o755, seconds: 1609459200 },
      { name: "link", flag: "2", linkname: "etc/platform", mode: 0o777 },
    ];
  }
  if (at === 2) return [{ name: ".wh.base.txt" }, { name: "größe.txt", body: "ü" }];
  return [{ name: "etc/", flag: "5", mode: 0o700 }, { name: "etc/.wh..wh..opq" }, {
    name: "big",
    body: "b".repeat(5000),
  }];
}

if (import.meta.main) {
  await removeFolder(fixtureLayout);
  await make();
  for await (const { name } of Deno.readDir(fixtureLayout)) {
    if (name.endsWith(".lock")) await Deno.remove(`${fixtureLayout}/${name}`);
  }
}

async function make(): Promise<void> {
  // Garbage of the last minutes would be spared.
  const clock = { now: () => Date.now() + 3_600_000, sleep: () => Promise.resolve() };
  await using repository = openLayout(fixtureLayout, { clock, durability: "none", sourceDateEpoch: 0 });
  await new FixtureMaker(repository).make();
}

async function removeFolder(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
