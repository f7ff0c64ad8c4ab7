import assert from "node:assert/strict";
import type { Invocation } from "../../../cli/command.ts";
import { parseListenAddress, run } from "../../../cli/regctl/registry/serve.ts";
import { serveCommand } from "../../../cli/regctl/registry/serve_command.ts";
import { silentLogger } from "../../../lib/log.ts";
import { serveRegistry } from "../../../lib/server/serve.ts";
import { fakeContext } from "../../support/run_cli.ts";

function invocation(listen: string, ...args: readonly string[]): Invocation<{ readonly listen: string }> {
  const globals = {
    verbosity: "warn",
    isVerbosityGiven: false,
    logopt: [],
    host: [],
    userAgent: "",
    isQuiet: false,
  };
  return { args, flags: { listen }, given: new Set(), occurrences: [], globals, logger: silentLogger };
}

/** Runs the command until `use` is done with the URL that it printed; gives what it printed. */
async function serveFor(args: readonly string[], use: (url: string) => Promise<void>): Promise<string> {
  const end = new AbortController();
  const printed = Promise.withResolvers<string>();
  const context = fakeContext({ signal: end.signal }, [], []);
  const write = (text: string | Uint8Array) => Promise.resolve(printed.resolve(String(text)));
  const running = run({ ...context, stdout: { ...context.stdout, write } }, invocation("127.0.0.1:0", ...args));
  const line = await Promise.race([printed.promise, running.then(() => assert.fail("ended before it listened"))]);
  try {
    await use(/http:\S+/.exec(line)?.[0] ?? assert.fail(line));
  } finally {
    end.abort();
    await running;
  }
  return line;
}

const statusOf = async (url: string, init: RequestInit = {}): Promise<number> => {
  const response = await fetch(url, init);
  await response.body?.cancel();
  return response.status;
};

Deno.test("registry serve serves from memory until it is interrupted", async () => {
  let served = "";
  const line = await serveFor([], async (url) => {
    served = url;
    assert.equal(await statusOf(`${url}/v2/`), 200);
  });
  assert.match(line, /^serving from memory at http:\/\/127\.0\.0\.1:[1-9]\d*\n$/);
  await assert.rejects(fetch(served), TypeError);
});

Deno.test("registry serve keeps content in the directory, and gives it free at the end", async () => {
  const root = await Deno.makeTempDir();
  try {
    const digest = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    await serveFor([root], async (url) => {
      const pushed = await statusOf(`${url}/v2/app/blobs/uploads/?digest=${digest}`, { method: "POST", body: "x" });
      assert.equal(pushed, 201);
    });
    const line = await serveFor([root], async (url) => {
      assert.equal(await statusOf(`${url}/v2/app/blobs/${digest}`), 200);
    });
    assert(line.startsWith(`serving ${root} at `));
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

Deno.test("registry serve says which port is taken", async () => {
  await using server = await serveRegistry({ fetch: () => Promise.resolve(new Response()) });
  const { port } = server.address;
  const context = fakeContext({}, [], []);
  await assert.rejects(run(context, invocation(`127.0.0.1:${port}`)), {
    code: "CONFLICT",
    message: new RegExp(`port ${port}`),
  });
});

Deno.test("parseListenAddress() reads host and port", () => {
  assert.deepEqual(parseListenAddress("localhost:5000"), { hostname: "localhost", port: 5000 });
  assert.deepEqual(parseListenAddress("[::1]:0"), { hostname: "::1", port: 0 });
  assert.deepEqual(parseListenAddress(":80"), { hostname: "0.0.0.0", port: 80 });
  for (const text of ["", "5000", "host", "host:", "host:99999", "::1:5000", "host:x"]) {
    assert.throws(() => parseListenAddress(text), { code: "INVALID_ARGUMENT" }, text);
  }
});

Deno.test("serveCommand listens on the loopback interface by default", () => {
  const flag = serveCommand.flags["listen"];
  assert.equal(flag?.kind === "string" ? flag.default : undefined, "127.0.0.1:5000");
});
