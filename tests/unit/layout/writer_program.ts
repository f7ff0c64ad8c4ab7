/**
 * Copies images into a layout: one of several processes that a test lets loose on one directory.
 *
 * Its clock is an hour ahead. So everything looks old to its garbage collection, and only the locks protect what others write.
 *
 * @module
 */

import { openLayout } from "../../../lib/layout/layout_repository.ts";
import {
  bytesOf,
  imageOf,
  indexOf,
  pseudoRandomBytes,
  putImage,
  rewindableSource,
} from "../../contract/contract_subject.ts";

const [path = "", name = "", count = "1"] = Deno.args;
const clock = {
  now: () => Date.now() + 3_600_000,
  sleep: (ms: number) => new Promise<void>((resolve) => void setTimeout(resolve, ms)),
};

for (let round = 0; round < Number(count); round++) {
  await using layout = openLayout(path, { clock });
  const images = [await imageOf(`${name} ${round} amd64`), await imageOf(`${name} ${round} arm64`)];
  // Garbage of its own, so that there is always something to collect.
  await layout.blobs.put({}, rewindableSource(pseudoRandomBytes(10_000, round + 1)));
  for (const image of images) {
    for (const blob of image.blobs) await layout.blobs.put(blob.descriptor, rewindableSource(blob.bytes));
    await layout.manifests.put(image.manifest.descriptor.digest, image.manifest, { isChild: true });
  }
  await layout.manifests.put(`${name}-${round}`, await indexOf(...images.map(({ manifest }) => manifest)));
  // A tag that all processes move about.
  await putImage(layout, "latest", await imageOf(`${name} ${round} latest`));
  await Deno.stdout.write(bytesOf(`${name}-${round}\n`));
}
