import assert from "node:assert/strict";
import { systemRoots } from "../../../../lib/http/transport/system_roots.ts";

const pem = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const denied = () => Promise.reject(new Deno.errors.NotCapable("not allowed"));

Deno.test("systemRoots() takes what the runtime gives", async () => {
  const roots = await systemRoots({ fromRuntime: () => Promise.resolve([pem, pem]), readTextFile: denied });
  assert.deepEqual(roots, [pem, pem]);
});

Deno.test("systemRoots() reads the distribution's bundle when it may not ask the runtime", async () => {
  const read: string[] = [];
  const readTextFile = (path: string): Promise<string> => {
    read.push(path);
    return path.startsWith("/etc/pki/tls") ? Promise.resolve(pem) : Promise.reject(new Deno.errors.NotFound("no"));
  };
  assert.deepEqual(await systemRoots({ fromRuntime: denied, readTextFile }), [pem]);
  assert.deepEqual(read, ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]);
});

Deno.test("systemRoots() prefers the file named by SSL_CERT_FILE", async () => {
  const roots = await systemRoots({
    env: (name) => name === "SSL_CERT_FILE" ? "own.pem" : undefined,
    fromRuntime: () => assert.fail("not asked"),
    readTextFile: (path) => Promise.resolve(`${pem}${path}`),
  });
  assert.deepEqual(roots, [`${pem}own.pem`]);
});

Deno.test("systemRoots() gives nothing, and says so at debug level, when nothing may be read", async () => {
  const levels = new Set<string>();
  const logger = { isEnabled: () => true, log: (level: string) => void levels.add(level) };
  assert.deepEqual(await systemRoots({ fromRuntime: denied, readTextFile: denied, logger }), []);
  assert.deepEqual([...levels], ["debug"]);
});

Deno.test({
  name: "systemRoots() fails quietly without permissions",
  permissions: { read: false, sys: false, env: false },
  fn: async () => assert.deepEqual(await systemRoots(), []),
});
