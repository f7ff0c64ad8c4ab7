/**
 * Places where copies go wrong: damaged layouts, registries that refuse, hosts that are not there.
 *
 * @module
 */

import { openLayout } from "../../lib/layout/layout_repository.ts";
import { basicGuard } from "../../lib/server/auth/basic_guard.ts";
import type { RegistryOptions } from "../../lib/server/settings.ts";
import { newAuthority, selfSigned, signedBy } from "./certificates.ts";
import { plainHosts } from "./processes.ts";
import { putRandomIndex } from "./random_image.ts";
import { type ServedRegistry, servedRegistry, type ServedRegistryOptions } from "./served_registry.ts";

/** The places, and ways to see whether they changed. */
export interface BadPlaces extends AsyncDisposable {
  /** The folder with the layouts `good`, `truncated`, `incomplete`, `corrupt` and `newer`, and the settings. */
  readonly folder: string;
  /** Host and port of each registry, and of nobody at `closed`. */
  readonly names: Readonly<Record<"closed" | "expired" | "guarded" | "open" | "other" | "untrusted", string>>;
  /** Flags that say which of them speak plain http. */
  readonly hosts: readonly string[];
  /** Gives the state of everything: digests of files, and requests that changed something. */
  state(): Promise<Record<string, string>>;
}

const dayMs = 86_400_000;
const localNames = ["localhost", "127.0.0.1"];

/** Makes the places. */
export async function badPlaces(): Promise<BadPlaces> {
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir();
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  await makeLayouts(folder);

  const authority = newAuthority();
  const yesterday = { notBefore: new Date(Date.now() - 3 * dayMs), notAfter: new Date(Date.now() - dayMs) };
  const changes: string[] = [];
  const onRequest: RegistryOptions["onRequest"] = ({ method, path, status }) => {
    if (method !== "GET" && method !== "HEAD" && status < 400) changes.push(`${method} ${path} ${status}`);
  };
  const serve = async (options: ServedRegistryOptions): Promise<ServedRegistry> =>
    stack.use(await servedRegistry({ ...options, onRequest }));
  const registries = {
    open: await serve({}),
    guarded: await serve({ guard: basicGuard({ users: new Map([["user", "right-password"]]) }) }),
    expired: await serve({ tls: signedBy(authority, { names: localNames, ...yesterday }) }),
    other: await serve({ tls: signedBy(authority, { names: ["other.example.org"] }) }),
    untrusted: await serve({ tls: selfSigned({ names: localNames }) }),
  };
  const names = {
    open: registries.open.address,
    guarded: registries.guarded.address,
    expired: registries.expired.address,
    other: registries.other.address,
    untrusted: registries.untrusted.address,
    closed: closedPort(),
  };
  const trusted = { tls: "enabled", regcert: authority.cert };
  const settings = { hosts: { [names.expired]: trusted, [names.other]: trusted } };
  await Deno.writeTextFile(`${folder}/settings.json`, JSON.stringify(settings));
  await Deno.writeTextFile(`${folder}/broken.json`, `{"hosts": [`);

  const owned = stack.move();
  return {
    folder,
    names,
    hosts: plainHosts(names.open, names.guarded, names.closed),
    state: async () => ({ ...await filesBelow(folder, ""), changes: changes.join("\n") }),
    [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose](),
  };
}

async function makeLayouts(folder: string): Promise<void> {
  for (const name of ["good", "truncated", "incomplete", "corrupt", "newer"]) {
    const path = `${folder}/${name}`;
    await using layout = openLayout(path, { durability: "none" });
    const index = await putRandomIndex(layout, 2, { tag: "v1" });
    if (index.kind !== "index") throw new Error("an index was put");
    const image = await layout.manifests.get(index.body.manifests[0]?.digest ?? "");
    if (image.kind !== "image") throw new Error("an index of images was put");
    const layer = `${path}/blobs/${image.body.layers[0]?.digest.replace(":", "/")}`;
    if (name === "truncated") await Deno.truncate(layer, 500);
    if (name === "incomplete") await Deno.remove(layer);
    if (name === "corrupt") await Deno.truncate(`${path}/index.json`, 40);
    if (name === "newer") await Deno.writeTextFile(`${path}/oci-layout`, `{"imageLayoutVersion":"9.0.0"}`);
  }
}

/** A port that nobody listens on. */
function closedPort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return `127.0.0.1:${listener.addr.port}`;
}

async function filesBelow(root: string, below: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(`${root}/${below}`)) {
    const path = below === "" ? name : `${below}/${name}`;
    if (isDirectory) Object.assign(files, await filesBelow(root, path));
    else {files[path] = new Uint8Array(await crypto.subtle.digest("SHA-256", await Deno.readFile(`${root}/${path}`)))
        .toHex();}
  }
  return files;
}
