import assert from "node:assert/strict";
import { openLayout } from "../../../lib/layout/layout_repository.ts";
import { findLayout } from "../../support/test_data.ts";
import { filesBelow, verifyTags } from "./temp_layout.ts";

for (const name of ["testrepo", "external"]) {
  const data = findLayout(name);
  Deno.test({
    name: `openLayout() reads all of the layout ${name} that others made${data.note}`,
    ignore: data.ignore,
    async fn() {
      const before = await filesBelow(data.path);
      {
        await using layout = openLayout(data.path);
        const tags = await verifyTags(layout);
        assert(tags.length > 2);
        let referrers = 0;
        for (const tag of tags) {
          const { descriptor } = await layout.manifests.head(tag);
          const { descriptors } = await layout.listReferrers(descriptor.digest, { isSlow: true });
          for (const found of descriptors) await layout.manifests.head(found.digest);
          referrers += descriptors.length;
        }
        assert(referrers > 0 || name === "external");
      }
      assert.deepEqual(await filesBelow(data.path), before);
    },
  });
}
