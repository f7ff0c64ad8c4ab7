import { CacheRig } from "../../support/cache_rig.ts";
import { putBytes, randomBytes } from "../../support/random_image.ts";

type Chunk = Uint8Array<ArrayBuffer>;

Deno.test("RegistryCache lets a blob wait for its answer as long as others arrive from the upstream", async () => {
  await using rig: CacheRig = new CacheRig();
  const [moving, waiting] = [randomBytes(100, 1), randomBytes(100, 2)];
  const repository = rig.source.repository("app");
  const paths = await Promise.all([moving, waiting].map(async (bytes) => {
    const { digest } = await putBytes(repository, bytes);
    return `/v2/hub/app/blobs/${digest}`;
  }));
  const [first = "", second = ""] = paths;
  rig.before = ({ reference }) => second.endsWith(reference) ? rig.clock.sleep(55_000) : undefined;
  rig.stream = (stream, _offset) =>
    stream.pipeThrough(
      new TransformStream<Chunk, Chunk>({
        async transform(chunk, controller) {
          for (let at = 0; at < chunk.length; at += 25) {
            await rig.clock.sleep(20_000);
            controller.enqueue(chunk.slice(at, at + 25));
          }
        },
      }),
    );
  const pulls = [first, second].map((path) => rig.api.expect(200, "GET", path));
  for (let seconds = 0; seconds < 140; seconds += 5) await rig.clock.advance(5_000);
  await Promise.all(pulls);
});
