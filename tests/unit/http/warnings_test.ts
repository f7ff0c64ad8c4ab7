import assert from "node:assert/strict";
import { plainUrl } from "../../../lib/http/request_log.ts";
import { parseWarnings } from "../../../lib/http/warnings.ts";
import { TransportError } from "../../../lib/http/transport/transport_error.ts";
import { clientRig } from "../../support/client_rig.ts";

Deno.test.each([
  { value: '299 - "moving soon"', want: ["moving soon"] },
  { value: '299 - "a, \\"b\\"", 299 - "c"', want: ['a, "b"', "c"] },
  { value: '299 - "dated" "Thu, 01 Jan 2026 00:00:00 GMT", 299 - "next"', want: ["dated", "next"] },
  { value: '299 reg.example.org "not for us"', want: [] },
  { value: '199 - "other code"', want: [] },
  { value: "299 - unquoted", want: [] },
])("parseWarnings() reads $value", ({ value, want }) => {
  assert.deepEqual(parseWarnings(new Headers({ warning: value })), want);
});

Deno.test("createHttpClient() logs the text of a warning once in a while, per registry", async () => {
  await using rig = clientRig(() => ({ headers: { warning: '299 - "moving soon"' } }));
  const warnings = () => rig.logger.lines.filter(({ level }) => level === "warn");
  await rig.send();
  await rig.send();
  assert.deepEqual(warnings(), [
    { level: "warn", message: "Registry warning message", fields: { warning: "moving soon" } },
  ]);
  await rig.send({ registry: "other.example.org" });
  assert.equal(warnings().length, 2);
  await rig.clock.advance(600_000);
  await rig.send();
  await rig.send();
  assert.equal(warnings().length, 3);
});

Deno.test("createHttpClient() logs warnings of answers that are errors too", async () => {
  await using rig = clientRig([{ status: 404, headers: { warning: '299 - "gone"' } }]);
  await assert.rejects(rig.send());
  assert.equal(rig.logger.of("Registry warning message").length, 1);
});

Deno.test("createHttpClient() traces requests without secrets", async () => {
  const authenticator = { authorize: () => Promise.resolve("Bearer top"), challenge: () => Promise.resolve(false) };
  await using rig = clientRig([
    {
      status: 307,
      headers: { location: "https://cdn.example.org/x?sig=hidden", "set-cookie": "session=hidden", "x-plain": "shown" },
    },
    new TransportError("dns", "no such name"),
  ], { authenticator });
  await assert.rejects(rig.send({ query: [["n", "1"]] }));
  const [first, second] = rig.logger.of("reg http request");
  assert.deepEqual(first, {
    "req-method": "GET",
    "req-url": "https://reg.example.org/v2/app/manifests/v1?n=1",
    "req-headers": { "accept-encoding": "identity", authorization: "[censored]", "user-agent": "regkit/test" },
    "resp-status": 307,
    "resp-headers": {
      location: "https://cdn.example.org/x?[censored]",
      "set-cookie": "[censored]",
      "x-plain": "shown",
    },
    err: null,
  });
  assert.equal(second?.["req-url"], "https://cdn.example.org/x?sig=…");
  assert.equal(second?.["err"], "no such name");
  assert(!JSON.stringify(rig.logger.lines).includes("hidden"));
  assert(!JSON.stringify(rig.logger.lines).includes("Bearer top"));
});

Deno.test("plainUrl() shows the parameters of the registry API only", () => {
  assert.equal(plainUrl(new URL("https://x/v2/?n=1&last=b")), "https://x/v2/?n=1&last=b");
  assert.equal(plainUrl(new URL("https://x/up?digest=sha256:1&_state=s")), "https://x/up?digest=…&_state=…");
  assert.equal(plainUrl(new URL("https://user:pass@x/")), "https://x/");
});
