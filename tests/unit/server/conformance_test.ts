import { createRegistry } from "../../../lib/server/registry.ts";
import { serveRegistry } from "../../../lib/server/serve.ts";
import type { RegistryStore } from "../../../lib/server/store/store.ts";
import { openDirectoryStore } from "../../../lib/server/store/store_dir.ts";
import { createMemoryStore } from "../../../lib/server/store/store_memory.ts";
import { runSuite, suite } from "../../support/conformance_suite.ts";
import { tempFolder } from "../../support/processes.ts";
import { RegistryApi } from "../../support/registry_api.ts";

const stores: Readonly<Record<string, (root: string) => Promise<RegistryStore>>> = {
  "memory store": () => Promise.resolve(createMemoryStore()),
  "directory store": (root) => openDirectoryStore(root, { durability: "none" }),
};
const profiles = [
  { version: "1.1", sparse: "none" },
  { version: "dev", sparse: "all" },
] as const;

for (const [kind, open] of Object.entries(stores)) {
  for (const { version, sparse } of profiles) {
    Deno.test({
      name: `createRegistry() over a ${kind} passes the conformance suite ${version}${suite.note}`,
      ignore: suite.ignore,
      async fn() {
        await using folder = await tempFolder();
        await using registry = createRegistry({ store: await open(folder.path), sparse });
        await using server = await serveRegistry(registry);
        const env = { OCI_VERSION: version, ...(sparse === "all" ? { OCI_DATA_SPARSE: "true" } : {}) };
        await runSuite(server.address.port, env, 800);
      },
    });
  }
}

Deno.test({
  name: `createRegistry() that is read-only passes the conformance suite on what it holds${suite.note}`,
  ignore: suite.ignore,
  async fn() {
    await using folder = await tempFolder();
    const names = ["conformance/repo1", "conformance/repo2"];
    const data = { tags: ["v1", "v2"], manifests: [""], blobs: [""], referrers: [""] };
    {
      await using registry = createRegistry({ store: await openDirectoryStore(folder.path, { durability: "none" }) });
      const api = new RegistryApi(registry.fetch);
      for (const name of names) {
        const image = await api.pushImage(name, "content", "v1");
        const other = await api.pushImage(name, "other", "v2");
        await api.pushImage(name, "signature", undefined, {
          subject: image,
          artifactType: "application/vnd.example.sig",
        });
        data.manifests = [image.digest, other.digest];
        data.blobs = [(await api.pushBlob(name, "content")).digest];
        data.referrers = [image.digest];
      }
    }
    const store = await openDirectoryStore(folder.path, { isReadOnly: true });
    await using registry = createRegistry({ store });
    await using server = await serveRegistry(registry);
    await runSuite(server.address.port, {
      OCI_VERSION: "dev",
      // The suite looks for the header in an answer that it did not keep, where it does not know the content.
      OCI_API_MANIFESTS_DIGEST_HEADER: "false",
      OCI_REPO1: "conformance/repo1",
      OCI_REPO2: "conformance/repo2",
      OCI_API_PUSH: "false",
      OCI_API_BLOBS_DELETE: "false",
      OCI_API_MANIFESTS_DELETE: "false",
      OCI_API_TAGS_DELETE: "false",
      OCI_RO_DATA_TAGS: data.tags.join(" "),
      OCI_RO_DATA_MANIFESTS: data.manifests.join(" "),
      OCI_RO_DATA_BLOBS: data.blobs.join(" "),
      OCI_RO_DATA_REFERRERS: data.referrers.join(" "),
    }, 10);
  },
});
