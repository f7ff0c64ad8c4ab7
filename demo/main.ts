/**
 * The main job from nothing: a registry, an image, copies of it. Everything runs on this machine and is removed afterwards.
 */

import { makeImage } from "./image.ts";

const regctl = new URL("../cli/regctl.ts", import.meta.url).pathname;
const encoder = new TextEncoder();
const hasColour = Deno.stdout.isTerminal() && !Deno.env.get("NO_COLOR");

function say(text: string): void {
  Deno.stdout.writeSync(encoder.encode(`${text}\n`));
}

function title(text: string): void {
  say(hasColour ? `\n\x1b[1m${text}\x1b[0m` : `\n${text}`);
}

/** Starts the embedded registry on a free port and reads the address from its first line. */
async function startRegistry(folder: string): Promise<{ readonly address: string; stop(): Promise<void> }> {
  const args = ["registry", "serve", folder, "--listen", "127.0.0.1:0"];
  say(`$ regctl ${args.join(" ")} &`);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", regctl, ...args],
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const output = new Response(child.stdout).body?.pipeThrough(new TextDecoderStream()).getReader();
  const errors = new Response(child.stderr).text();
  let text = "";
  for (;;) {
    const address = /127\.0\.0\.1:\d+/.exec(text)?.[0];
    if (address !== undefined) {
      say(text.trimEnd());
      return {
        address,
        stop: async () => {
          child.kill("SIGTERM");
          await output?.cancel();
          await child.status;
          await errors;
        },
      };
    }
    const chunk = await output?.read();
    if (chunk?.value === undefined) throw new Error(`the registry did not start: ${await errors}`);
    text += chunk.value;
  }
}

/** Runs one command line as a user would type it; its output is the user's. */
async function run(settings: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<void> {
  say(`$ regctl ${args.join(" ")}`);
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", regctl, ...args],
    env: settings,
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn().status;
  if (code !== 0) throw new Error(`regctl ${args.join(" ")} ended with exit code ${code}`);
}

const folder = await Deno.makeTempDir({ prefix: "regkit-demo-" });
try {
  title("A registry of your own, with a folder for storage");
  const registry = await startRegistry(`${folder}/registry`);
  try {
    const { address } = registry;
    const settings = { REGCTL_CONFIG: `${folder}/config.json`, DOCKER_CONFIG: folder };
    const layout = `ocidir://${folder}/layout`;

    title("It speaks plain http: said once, remembered in regctl's settings file");
    await run(settings, "registry", "set", "--tls", "disabled", address);

    title("An image of two platforms in an OCI layout, copied to the registry");
    await makeImage(`${folder}/layout`, "v1");
    await run(settings, "image", "copy", `${layout}:v1`, `${address}/demo/app:v1`);

    title("What the registry has now");
    await run(settings, "repo", "ls", address);
    await run(settings, "tag", "ls", `${address}/demo/app`);
    await run(settings, "manifest", "get", `${address}/demo/app:v1`);
    await run(settings, "image", "digest", "--platform", "linux/arm64", `${address}/demo/app:v1`);

    title("Copied to another repository: its blobs are mounted, not sent again");
    await run(settings, "image", "copy", `${address}/demo/app:v1`, `${address}/demo/backup:v1`);
    await run(settings, "image", "digest", `${address}/demo/backup:v1`);
  } finally {
    await registry.stop();
  }
  title("Done. Everything the demo made is removed.");
} finally {
  await Deno.remove(folder, { recursive: true });
}
