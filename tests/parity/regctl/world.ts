/**
 * What a command line runs on: registries that hold a fixture, and a folder.
 *
 * @module
 */

import { dirname } from "node:path";
import { createRegistry } from "../../../lib/server/registry.ts";
import { describeManifest } from "../../../lib/server/store/manifest_record.ts";
import { serveRegistry } from "../../../lib/server/serve.ts";
import type { RegistryStore } from "../../../lib/server/store/store.ts";
import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { quietStore } from "../../support/quiet_store.ts";
import type { Fixture } from "./fixture.ts";
import { listFiles, listStore } from "./state.ts";

/** The name of the repository that holds the fixture. */
const repositoryName = "app";
const longAgo = 1577836800;
const noDigest = `sha256:${"0".repeat(64)}`;

/** The place of a line. */
export interface World extends AsyncDisposable {
  /** Environment variables for both programs. */
  readonly env: Readonly<Record<string, string>>;
  /** The registries' addresses. */
  readonly addresses: readonly string[];
  /** The folder. */
  readonly folder: string;
  /** Puts what is here in place of `{reg}` and the like. */
  fill(text: string): string;
  /** Puts `{reg}` and the like in place of what is here. */
  normalize(text: string): string;
  /** Lists everything that registries and folder hold. */
  state(): Promise<readonly string[]>;
}

/** Options of {@linkcode openWorld}. */
export interface WorldOptions {
  /** Files to write below the folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** Whether to copy the layout into the folder. */
  readonly hasLayout?: boolean;
}

/** Makes stores that share the bytes of a fixture. */
export async function storeTemplate(fixture: Fixture): Promise<() => Promise<RegistryStore>> {
  const template = await quietStore().create(repositoryName);
  for (const { descriptor: { digest }, bytes } of [...fixture.blobs.values(), ...fixture.manifests.values()]) {
    const upload = await template.beginUpload({ id: digest, user: "", algorithm: "sha256" });
    await upload.append(bytes);
    await upload.commit(digest);
  }
  return async () => {
    const store = createMemoryStore();
    const repository = await store.create(repositoryName);
    for (const digest of fixture.blobs.keys()) await repository.mountBlob(digest, template);
    for (const [digest, { bytes, descriptor }] of fixture.manifests) {
      const record = describeManifest(JSON.parse(new TextDecoder().decode(bytes)), descriptor);
      const tags = [...fixture.tags].filter(([, tagged]) => tagged === digest).map(([tag]) => tag);
      await repository.putManifest({ record, bytes, tags });
    }
    return store;
  };
}

/** Opens a place of its own. */
export async function openWorld(
  fixture: Fixture,
  createStore: () => Promise<RegistryStore>,
  { files = {}, hasLayout = false }: WorldOptions = {},
): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  const digests = new Set([...fixture.blobs.keys(), ...fixture.manifests.keys()]);
  const [first, second] = [await createStore(), createMemoryStore()];
  const reg = await serve(first, digests, stack);
  const other = await serve(second, digests, stack);
  const places = { "{reg}": reg, "{other}": other, "{dir}": folder };

  const fill = (text: string): string =>
    text.replaceAll(/(?<!\{)\{(body:)?(\w[\w./-]*)\}/g, (all, isBody, name) => {
      if (name === "repo") return `${reg}/${repositoryName}`;
      if (name === "lay") return `ocidir://${folder}/layout`;
      if (name === "none") return noDigest;
      const place = Object.entries(places).find(([key]) => key === all);
      if (place !== undefined) return place[1];
      const digest = fixture.digestOf(name);
      const content = fixture.manifests.get(digest) ?? fixture.blobs.get(digest);
      return isBody === undefined ? digest : new TextDecoder().decode(content?.bytes);
    });
  const normalize = (text: string): string =>
    Object.entries(places).reduce((rest, [key, value]) => rest.replaceAll(value, key), text);

  if (hasLayout) await copyFolder(fixture.place.path, `${folder}/layout`);
  for (const [name, text] of Object.entries(files)) {
    await Deno.mkdir(dirname(`${folder}/${name}`), { recursive: true });
    await Deno.writeTextFile(`${folder}/${name}`, fill(text), { mode: text.startsWith("#!") ? 0o700 : 0o600 });
  }
  const owned = stack.move();
  return {
    env: {
      HOME: folder,
      REGCTL_CONFIG: `${folder}/config.json`,
      DOCKER_CONFIG: `${folder}/docker`,
      PATH: Deno.env.get("PATH") ?? "",
      // Times in layouts; the first is how the original spells it.
      SOURCE_DATE_EPOC: "1577836800",
      SOURCE_DATE_EPOCH: "1577836800",
    },
    addresses: [reg, other],
    folder,
    fill,
    normalize,
    async state() {
      const lines = [
        ...await listStore("{reg}", first, digests),
        ...await listStore("{other}", second, digests),
        ...await listFiles(folder),
      ];
      return lines.map(normalize).sort();
    },
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

/** Serves a store; digests that requests name are noted, since a store does not list its blobs. */
async function serve(store: RegistryStore, digests: Set<string>, stack: AsyncDisposableStack): Promise<string> {
  const registry = stack.use(createRegistry({ store }));
  const server = await serveRegistry({
    fetch: (request) => {
      for (const [digest] of decodeURIComponent(request.url).matchAll(/sha(256|384|512):[0-9a-f]+/g)) {
        digests.add(digest);
      }
      return registry.fetch(request);
    },
  }, { drainMs: 0 });
  stack.defer(() => server.shutdown());
  return `127.0.0.1:${server.address.port}`;
}

/** Copies a layout. Its files are of long ago: ours spares the garbage of the last minutes. */
async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const entry of Deno.readDir(from)) {
    const target = `${to}/${entry.name}`;
    if (entry.isDirectory) {
      await copyFolder(`${from}/${entry.name}`, target);
      continue;
    }
    await Deno.writeFile(target, await Deno.readFile(`${from}/${entry.name}`));
    await Deno.utime(target, longAgo, longAgo);
  }
}
