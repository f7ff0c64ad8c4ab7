import assert from "node:assert/strict";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { TransportError } from "../../../../lib/http/transport/transport_error.ts";
import type { TransportFault } from "../../../../lib/http/transport/transport_fault.ts";
import type { TransportRequest } from "../../../../lib/http/transport/transport.ts";
import { type CertifiedKey, newAuthority, selfSigned, signedBy } from "../../../support/certificates.ts";
import { rawAnswer, rawServer } from "../../../support/raw_server.ts";
import { bodyText, ChunkStream, transportRig } from "../../../support/transport_rig.ts";

const authority = newAuthority();
const certified = signedBy(authority, { names: ["localhost", "127.0.0.1"] });
const certificates = { authorities: [authority.cert] };

/** A request of each kind: they go different ways and must come to the same. */
const kinds: readonly { kind: string; request: () => Partial<TransportRequest> }[] = [
  { kind: "without a body", request: () => ({ method: "GET" }) },
  { kind: "with bytes", request: () => ({ method: "PUT", body: new TextEncoder().encode("hello") }) },
  {
    kind: "with a stream",
    request: () => ({ method: "PUT", body: { stream: new ChunkStream(1, 5).stream, length: 5 } }),
  },
];

/** A server that says what it got, on a certificate. */
function tlsServer(key: CertifiedKey): { port: number } & AsyncDisposable {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, ...key, onListen: () => {} }, async (request) => {
    return new Response(`${request.method} ${(await request.bytes()).length}`);
  });
  return { port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

function fails(fault: TransportFault, text: RegExp): (error: unknown) => true {
  return (error) => {
    assert(error instanceof TransportError, String(error));
    assert.equal(error.fault, fault);
    assert.equal(error.code, "TLS");
    assert(error.isPermanent);
    assert.match(`${error.message}\n${error.tip ?? ""}`, text);
    return true;
  };
}

for (const { kind, request } of kinds) {
  const wanted = kind === "without a body" ? "GET 0" : "PUT 5";

  Deno.test(`transport trusts an authority of the host: ${kind}`, async () => {
    await using server = tlsServer(certified);
    await using rig = transportRig({ tls: "enabled", certificates });
    const response = await rig.send(`https://localhost:${server.port}/`, request());
    assert.equal(await bodyText(response), wanted);
  });

  Deno.test(`transport refuses an unknown authority: ${kind}`, async () => {
    await using server = tlsServer(certified);
    await using rig = transportRig({ tls: "enabled" });
    await assert.rejects(
      rig.send(`https://localhost:${server.port}/`, request()),
      fails(
        "unknown-authority",
        new RegExp(`localhost:${server.port}.*unknown authority[^]*--cacert[^]*registry\\.test`),
      ),
    );
  });

  Deno.test(`transport looks at the system's authorities when the others do not do: ${kind}`, async () => {
    await using server = tlsServer(certified);
    let asked = 0;
    const systemRoots = (): string[] => {
      asked++;
      return [newAuthority("Other").cert, authority.cert];
    };
    await using rig = transportRig({ tls: "enabled", systemRoots });
    for (let round = 0; round < 2; round++) {
      const responses = await Promise.all([1, 2].map(() => rig.send(`https://localhost:${server.port}/`, request())));
      for (const response of responses) assert.equal(await bodyText(response), wanted);
    }
    assert.equal(asked, 1);
  });

  Deno.test(`transport leaves certificates unchecked for an insecure host: ${kind}`, async () => {
    const expired = signedBy(authority, { names: ["other.test"], notAfter: new Date("2020-01-01") });
    await using server = tlsServer(expired);
    await using rig = transportRig({ tls: "insecure", systemRoots: () => assert.fail("nobody needs to be trusted") });
    for (let round = 0; round < 2; round++) {
      const response = await rig.send(`https://localhost:${server.port}/`, request());
      assert.equal(response.status, 200);
      assert.equal(await bodyText(response), wanted);
    }
  });

  Deno.test(`transport reports an expired certificate: ${kind}`, async () => {
    const expired = signedBy(authority, {
      names: ["localhost"],
      notBefore: new Date("2019-01-01"),
      notAfter: new Date("2020-01-01"),
    });
    await using server = tlsServer(expired);
    await using rig = transportRig({ tls: "enabled", certificates });
    await assert.rejects(
      rig.send(`https://localhost:${server.port}/`, request()),
      fails("expired", /expired[^]*clock/),
    );
  });

  Deno.test(`transport reports a certificate that is not valid yet: ${kind}`, async () => {
    const early = signedBy(authority, {
      names: ["localhost"],
      notBefore: new Date(Date.now() + 86_400_000),
      notAfter: new Date(Date.now() + 2 * 86_400_000),
    });
    await using server = tlsServer(early);
    await using rig = transportRig({ tls: "enabled", certificates });
    await assert.rejects(rig.send(`https://localhost:${server.port}/`, request()), fails("not-yet-valid", /clock/));
  });

  Deno.test(`transport reports a certificate for another name: ${kind}`, async () => {
    await using server = tlsServer(signedBy(authority, { names: ["other.test"] }));
    await using rig = transportRig({ tls: "enabled", certificates });
    await assert.rejects(
      rig.send(`https://localhost:${server.port}/`, request()),
      fails("wrong-name", /localhost:\d+.*for another name/),
    );
  });

  Deno.test(`transport reports a plain http server on an https host: ${kind}`, async () => {
    const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, () => new Response("plain"));
    await using rig = transportRig({ tls: "enabled", certificates });
    await assert.rejects(
      rig.send(`https://localhost:${server.addr.port}/`, request()),
      fails("plain-http", /plain http[^]*regctl registry set --tls disabled registry\.test/),
    );
    await server.shutdown();
  });

  Deno.test(`transport trusts a self-signed certificate that is set as its own authority: ${kind}`, async () => {
    const own = selfSigned({ names: ["localhost", "127.0.0.1"], isAuthority: true });
    await using server = tlsServer(own);
    await using rig = transportRig({ tls: "enabled", certificates: { authorities: [own.cert] } });
    for (let round = 0; round < 2; round++) {
      const response = await rig.send(`https://localhost:${server.port}/`, request());
      assert.equal(await bodyText(response), wanted);
    }
  });

  Deno.test(`transport refuses a self-signed certificate that nobody has set: ${kind}`, async () => {
    await using server = tlsServer(selfSigned({ names: ["localhost", "127.0.0.1"], isAuthority: true }));
    await using rig = transportRig({ tls: "enabled", certificates });
    await assert.rejects(
      rig.send(`https://localhost:${server.port}/`, request()),
      fails("unknown-authority", /unknown authority/),
    );
  });

  for (const tls of ["enabled", "insecure"] as const) {
    Deno.test(`transport shows its client certificate to a host that is ${tls}: ${kind}`, async () => {
      await using server = await mutualServer();
      const client = signedBy(authority, { names: ["client"] });
      await using rig = transportRig({ tls, certificates: { ...certificates, client } });
      const response = await rig.send(`https://localhost:${server.port}/`, request());
      assert.equal(await bodyText(response), "CN=client");
    });
  }

  Deno.test(`transport reports a missing client certificate: ${kind}`, async () => {
    await using server = await mutualServer();
    await using rig = transportRig({ tls: "enabled", certificates });
    await assert.rejects(
      rig.send(`https://localhost:${server.port}/`, request()),
      fails("client-certificate", /client certificate[^]*--client-cert/),
    );
  });
}

/** A server that wants a client certificate of the authority's, and answers with its name. */
async function mutualServer(): Promise<{ port: number } & AsyncDisposable> {
  const server = createServer({ ...certified, ca: authority.cert, requestCert: true, rejectUnauthorized: true });
  server.on("request", (request, response) => {
    const socket = request.socket as unknown as { getPeerCertificate(): { subject?: { CN?: string } } };
    request.resume().once("end", () => response.end(`CN=${socket.getPeerCertificate().subject?.CN}`));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

Deno.test("transport does not look at the system's authorities when it needs not", async () => {
  await using server = tlsServer(certified);
  await using rig = transportRig({ tls: "enabled", certificates, systemRoots: () => assert.fail("not needed") });
  await bodyText(await rig.send(`https://localhost:${server.port}/`));
});

Deno.test("transport does not look at certificates for plain http", async () => {
  await using rig = transportRig({ systemRoots: () => assert.fail("not needed") });
  await using server = rawServer(async (connection) => {
    await connection.readHead();
    await connection.write(rawAnswer("200 OK"));
  });
  assert.equal(await bodyText(await rig.send(`http://127.0.0.1:${server.port}/`)), "");
});

Deno.test("transport warns of an authority that is no PEM text", async () => {
  await using server = tlsServer(certified);
  await using rig = transportRig({ tls: "enabled", certificates: { authorities: ["ca.pem", authority.cert] } });
  await bodyText(await rig.send(`https://localhost:${server.port}/`));
  assert.deepEqual(rig.lines.map((line) => line.level), ["warn"]);
});
