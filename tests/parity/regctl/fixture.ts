/**
 * The layouts that command lines run on: the project's own, and the shared test data with the same tags.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { openLayout } from "../../../lib/layout/layout_repository.ts";
import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import type { Manifest } from "../../../lib/oci/manifest.ts";
import { formatPlatform } from "../../../lib/oci/platform.ts";
import type { Repository } from "../../../lib/repository.ts";
import { findLayout, type Found } from "../../support/test_data.ts";

/** The project's own layout, made by `make_fixture.ts`. */
export const fixtureLayout: string = fileURLToPath(new URL("../../fixtures/parity/layout", import.meta.url));

/** Where a layout is. */
export interface FixturePlace extends Found {
  readonly name: "own" | "testrepo";
}

/** Finds a layout. */
export function findPlace(name: FixturePlace["name"]): FixturePlace {
  return name === "own" ? { name, path: fixtureLayout, ignore: false, note: "" } : { name, ...findLayout(name) };
}

/** A manifest or blob with its bytes. */
export interface Content {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** What is in a layout. */
export interface Fixture {
  readonly place: FixturePlace;
  readonly tags: ReadonlyMap<string, string>;
  readonly manifests: ReadonlyMap<string, Content>;
  readonly blobs: ReadonlyMap<string, Content>;
  /**
   * Gives the digest of a part.
   *
   * @param path Such as `v1`, `v1/linux/arm64`, `v1/linux/arm64/config` or `v1/linux/arm64/layer0`.
   */
  digestOf(path: string): string;
}

/** Reads a layout. */
export async function readFixture(place: FixturePlace): Promise<Fixture> {
  await using repository = openLayout(place.path);
  const parts = new Map<string, string>();
  const manifests = new Map<string, Content>();
  const blobs = new Map<string, Content>();
  const tags = new Map<string, string>();

  const addBlob = async (descriptor: Descriptor, name: string): Promise<void> => {
    parts.set(name, descriptor.digest);
    if (blobs.has(descriptor.digest) || descriptor.urls !== undefined) return;
    blobs.set(descriptor.digest, { descriptor, bytes: await readBlob(repository, descriptor) });
  };
  const add = async (manifest: Manifest, name: string): Promise<void> => {
    parts.set(name, manifest.descriptor.digest);
    manifests.set(manifest.descriptor.digest, { descriptor: manifest.descriptor, bytes: manifest.bytes });
    if (manifest.kind === "index") {
      for (const child of manifest.body.manifests) {
        const { platform } = child;
        const label = platform === undefined ? child.digest : formatPlatform(platform);
        await add(await repository.manifests.get(child.digest), `${name}/${label}`);
      }
    }
    if (manifest.kind !== "image") return;
    await addBlob(manifest.body.config, `${name}/config`);
    for (const [at, layer] of manifest.body.layers.entries()) await addBlob(layer, `${name}/layer${at}`);
  };

  for await (const tag of repository.tags.list()) {
    const manifest = await repository.manifests.get(tag);
    tags.set(tag, manifest.descriptor.digest);
    if (!isRing(tag)) await add(manifest, tag);
    else manifests.set(manifest.descriptor.digest, { descriptor: manifest.descriptor, bytes: manifest.bytes });
  }
  return {
    place,
    tags,
    manifests,
    blobs,
    digestOf(path) {
      const digest = parts.get(path);
      if (digest === undefined) throw new Error(`${place.name} has no ${path}`);
      return digest;
    },
  };
}

/** Two tags of the shared data point at each other through referrers; what is below them is of no interest here. */
function isRing(tag: string): boolean {
  return tag === "child" || tag === "loop" || tag.startsWith("sha256-8e54c6754f08");
}

async function readBlob(repository: Repository, descriptor: Descriptor): Promise<Uint8Array<ArrayBuffer>> {
  const { stream } = await repository.blobs.get(descriptor);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
