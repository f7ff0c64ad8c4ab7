import assert from "node:assert/strict";
import { TransportError } from "../../../../lib/http/transport/transport_error.ts";
import type { TransportRequest } from "../../../../lib/http/transport/transport.ts";
import { newAuthority, signedBy } from "../../../support/certificates.ts";
import { socksServer } from "../../../support/socks_server.ts";
import { proxyServer } from "../../../support/proxy_server.ts";
import { bodyText, ChunkStream, transportRig } from "../../../support/transport_rig.ts";

const authority = newAuthority();
const certified = signedBy(authority, { names: ["registry.test"] });
const certificates = { authorities: [authority.cert] };

const kinds: readonly { kind: string; wanted: string; request: () => Partial<TransportRequest> }[] = [
  { kind: "without a body", wanted: "GET 0", request: () => ({ method: "GET" }) },
  { kind: "with bytes", wanted: "PUT 5", request: () => ({ method: "PUT", body: new TextEncoder().encode("hello") }) },
  {
    kind: "with a stream",
    wanted: "PUT 5",
    request: () => ({ method: "PUT", body: { stream: new ChunkStream(1, 5).stream, length: 5 } }),
  },
];

function echoServer(isTls: boolean): { port: number } & AsyncDisposable {
  const tls = isTls ? certified : {};
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, ...tls, onListen: () => {} }, async (request) => {
    return new Response(`${request.method} ${(await request.bytes()).length}`);
  });
  return { port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

function envOf(values: Record<string, string>): (name: string) => string | undefined {
  return (name) => values[name];
}

Deno.test.each(kinds)("transport sends plain http through HTTP_PROXY: $kind", async ({ wanted, request }) => {
  await using server = echoServer(false);
  await using proxy = await proxyServer();
  await using rig = transportRig({ env: envOf({ HTTP_PROXY: `http://user:p%40ss@127.0.0.1:${proxy.port}` }) });
  const url = `http://registry.test:${server.port}/v2/`;
  for (let round = 0; round < 2; round++) assert.equal(await bodyText(await rig.send(url, request())), wanted);
  const method = wanted.split(" ")[0];
  assert.deepEqual(proxy.asked, [`${method} ${url} user:p@ss`, `${method} ${url} user:p@ss`]);
});

for (const tls of ["enabled", "insecure"] as const) {
  Deno.test.each(kinds)(`transport tunnels https that is ${tls} through https_proxy: $kind`, async (way) => {
    await using server = echoServer(true);
    await using proxy = await proxyServer();
    await using rig = transportRig({
      tls,
      certificates,
      env: envOf({ https_proxy: `user:pass@127.0.0.1:${proxy.port}` }),
    });
    const url = `https://registry.test:${server.port}/v2/`;
    assert.equal(await bodyText(await rig.send(url, way.request())), way.wanted);
    assert.deepEqual(proxy.asked, [`CONNECT registry.test:${server.port} user:pass`]);
  });
}

for (const scheme of ["http", "https"] as const) {
  Deno.test.each(kinds)(`transport sends ${scheme} through a proxy that speaks TLS: $kind`, async (way) => {
    await using server = echoServer(scheme === "https");
    await using proxy = await proxyServer({ tls: signedBy(authority, { names: ["localhost", "127.0.0.1"] }) });
    await using rig = transportRig({
      tls: scheme === "https" ? "enabled" : "disabled",
      systemRoots: () => [authority.cert],
      env: envOf({ ALL_PROXY: `https://user:pass@localhost:${proxy.port}` }),
    });
    const url = `${scheme}://registry.test:${server.port}/v2/`;
    assert.equal(await bodyText(await rig.send(url, way.request())), way.wanted);
    assert.match(proxy.asked.join(), /registry\.test:\d+.* user:pass$/);
  });

  for (const way of kinds) {
    Deno.test({
      name: `transport sends ${scheme} through a SOCKS proxy: ${way.kind}`,
      // The SOCKS package leaves the timer of its connection limit to run out; it does not keep the program alive.
      sanitizeOps: way.kind !== "with a stream",
      sanitizeResources: way.kind !== "with a stream",
      fn: async () => {
        await using server = echoServer(scheme === "https");
        await using proxy = socksServer();
        await using rig = transportRig({
          tls: scheme === "https" ? "enabled" : "disabled",
          certificates,
          env: envOf({ ALL_PROXY: `socks5h://127.0.0.1:${proxy.port}` }),
        });
        const url = `${scheme}://registry.test:${server.port}/v2/`;
        assert.equal(await bodyText(await rig.send(url, way.request())), way.wanted);
        assert.deepEqual(proxy.asked, [`registry.test:${server.port}`]);
      },
    });
  }
}

Deno.test.each(kinds)("transport does not use the proxy for loopback hosts: $kind", async ({ wanted, request }) => {
  await using server = echoServer(false);
  const env = envOf({ ALL_PROXY: "http://127.0.0.1:9" });
  await using rig = transportRig({ env });
  assert.equal(await bodyText(await rig.send(`http://127.0.0.1:${server.port}/`, request())), wanted);
  assert.equal(await bodyText(await rig.send(`http://localhost:${server.port}/`, request())), wanted);
});

Deno.test.each(kinds)(
  "transport does not use the proxy for https loopback hosts: $kind",
  async ({ wanted, request }) => {
    const local = signedBy(authority, { names: ["localhost"] });
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, ...local, onListen: () => {} },
      async (request) => {
        return new Response(`${request.method} ${(await request.bytes()).length}`);
      },
    );
    await using rig = transportRig({ tls: "enabled", certificates, env: envOf({ ALL_PROXY: "http://127.0.0.1:9" }) });
    assert.equal(await bodyText(await rig.send(`https://localhost:${server.addr.port}/`, request())), wanted);
  },
);

Deno.test.each(kinds)("transport names the proxy that refuses, never its password: $kind", async ({ request }) => {
  await using proxy = await proxyServer({ refuse: 407 });
  await using rig = transportRig({
    tls: "enabled",
    env: envOf({ HTTPS_PROXY: `http://user:hidden@127.0.0.1:${proxy.port}` }),
  });
  await assert.rejects(rig.send("https://registry.test/v2/", request()), (error) => {
    assert(error instanceof TransportError);
    assert.equal(error.code, "TRANSPORT");
    assert.match(error.message, new RegExp(`registry\\.test:443 through the proxy 127\\.0\\.0\\.1:${proxy.port}`));
    assert.doesNotMatch(Deno.inspect(error, { depth: 10 }), /hidden|dXNlcjpoaWRkZW4/);
    return true;
  });
});

Deno.test.each(kinds)("transport names the proxy that cannot be reached: $kind", async ({ request }) => {
  const free = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = free.addr as Deno.NetAddr;
  free.close();
  await using rig = transportRig({ env: envOf({ HTTP_PROXY: `http://user:hidden@127.0.0.1:${port}` }) });
  await assert.rejects(rig.send("http://registry.test/v2/", request()), (error) => {
    assert(error instanceof TransportError);
    assert.equal(error.fault, "proxy");
    assert.match(error.message, new RegExp(`through the proxy 127\\.0\\.0\\.1:${port}: connection refused`));
    assert.match(error.tip ?? "", /NO_PROXY/);
    assert.doesNotMatch(Deno.inspect(error, { depth: 10 }), /hidden|dXNlcjpoaWRkZW4/);
    return true;
  });
});
