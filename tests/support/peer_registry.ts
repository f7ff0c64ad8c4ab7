/**
 * Other people's registries as processes of their own, where they are installed.
 *
 * @module
 */

import { tempFolder } from "./processes.ts";

/** A running registry of others. */
export interface PeerRegistry extends AsyncDisposable {
  /** Host and port, as in references. */
  readonly address: string;
}

/**
 * Starts distribution, which Debian calls docker-registry, with an empty folder.
 *
 * @param command The program.
 * @param isThird Whether it is version 3, which has settings that older ones refuse.
 */
export async function startDistribution(command: string, isThird: boolean): Promise<PeerRegistry> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempFolder());
  const address = `127.0.0.1:${freePort()}`;
  await Deno.writeTextFile(`${folder.path}/config.yml`, settings(folder.path, address, isThird));
  const child = new Deno.Command(command, {
    args: ["serve", `${folder.path}/config.yml`],
    env: { OTEL_TRACES_EXPORTER: "none" },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const listening = Promise.withResolvers<void>();
  const drained = drain(child.stderr, listening);
  stack.defer(async () => {
    child.kill("SIGKILL");
    await child.status;
    await drained;
  });
  await listening.promise;
  const owned = stack.move();
  return { address, [Symbol.asyncDispose]: () => owned[Symbol.asyncDispose]() };
}

/** Reads the log to its end, so that the program never waits for a reader. */
async function drain(log: ReadableStream<Uint8Array>, listening: PromiseWithResolvers<void>): Promise<void> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of log) {
    text = (text + decoder.decode(chunk, { stream: true })).slice(-10_000);
    if (text.includes("listening on")) listening.resolve();
  }
  listening.reject(new Error(`the registry ended: ${text}`));
}

function settings(folder: string, address: string, isThird: boolean): string {
  return JSON.stringify({
    version: "0.1",
    log: { level: "info", accesslog: { disabled: true } },
    storage: { filesystem: { rootdirectory: `${folder}/storage` }, delete: { enabled: true } },
    http: { addr: address },
    validation: { manifests: { urls: { allow: [".*"] }, ...(isThird ? { indexes: { platforms: "none" } } : {}) } },
  });
}

/** A port that was free a moment ago: these programs do not tell which one they were given. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
