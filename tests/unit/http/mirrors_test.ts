import assert from "node:assert/strict";
import { TransportError } from "../../../lib/http/transport/transport_error.ts";
import { clientRig } from "../../support/client_rig.ts";
import type { ScriptedAnswer, ScriptStep } from "../../support/scripted_transport.ts";

/** Answers by host; hosts that are not listed say 404. */
function byHost(answers: Readonly<Record<string, ScriptedAnswer | Error>>): ScriptStep {
  return ({ request }) => answers[request.url.host] ?? { status: 404 };
}

const settings = { "reg.example.org": { mirrors: ["m1.example.org", "m2.example.org"] } };
const hostsOf = (lines: readonly string[]): string[] => lines.map((line) => new URL(line.split(" ")[1] ?? "").host);

Deno.test.each([
  { what: "list order", priorities: {}, want: ["m1.example.org", "m2.example.org", "reg.example.org"] },
  {
    what: "the highest priority first",
    priorities: { "m2.example.org": 5, "reg.example.org": 1 },
    want: ["m2.example.org", "reg.example.org", "m1.example.org"],
  },
  {
    what: "the registry after mirrors of its priority",
    priorities: { "m2.example.org": 5, "reg.example.org": 5 },
    want: ["m2.example.org", "reg.example.org", "m1.example.org"],
  },
])("createHttpClient() asks mirrors in $what", async ({ priorities, want }) => {
  const all: Record<string, object> = { ...settings };
  for (const [name, priority] of Object.entries(priorities)) all[name] = { ...all[name], priority };
  await using rig = clientRig(byHost({}), { settings: all });
  await assert.rejects(rig.send({ canUseMirrors: true }), { code: "NOT_FOUND" });
  assert.deepEqual(hostsOf(rig.lines()), want);
});

Deno.test("createHttpClient() leaves mirrors alone unless they may be used", async () => {
  await using rig = clientRig(byHost({}), { settings });
  await assert.rejects(rig.send());
  assert.deepEqual(hostsOf(rig.lines()), ["reg.example.org"]);
});

Deno.test("createHttpClient() tells mirrors, and only them, the name that the user wrote", async () => {
  await using rig = clientRig(byHost({}), {
    settings: { "docker.io": { hostname: "registry-1.docker.io", mirrors: ["m1.example.org"] } },
  });
  const request = { registry: "docker.io", canUseMirrors: true, path: "tags/list", query: [["n", "1"]] } as const;
  await assert.rejects(rig.send(request));
  assert.deepEqual(rig.lines(), [
    "GET https://m1.example.org/v2/app/tags/list?n=1&ns=docker.io",
    "GET https://registry-1.docker.io/v2/app/tags/list?n=1",
  ]);
});

Deno.test.each([
  { what: "lacks it", answer: { status: 404 } },
  { what: "refuses it", answer: { status: 403 } },
  { what: "is broken", answer: { status: 500 } },
  { what: "is not there", answer: new TransportError("dns", "no such name") },
  { what: "has a bad certificate", answer: new TransportError("expired", "expired") },
  { what: "breaks off", answer: new TransportError("reset", "reset") },
  { what: "wants a pause", answer: { status: 429, headers: { "retry-after": "60" } } },
])("createHttpClient() asks the next host at once when a mirror $what", async ({ answer }) => {
  await using rig = clientRig(byHost({ "m1.example.org": answer, "m2.example.org": { body: "ok" } }), { settings });
  const start = rig.clock.now();
  assert.equal(await rig.send({ canUseMirrors: true }), "ok");
  assert.equal(rig.clock.now(), start);
  assert.deepEqual(hostsOf(rig.lines()), ["m1.example.org", "m2.example.org"]);
});

Deno.test("createHttpClient() leaves a broken mirror alone for a while, and longer when it stays broken", async () => {
  await using rig = clientRig(
    byHost({ "m1.example.org": { status: 500 }, "m2.example.org": { body: "ok" } }),
    { settings },
  );
  const asked = async (): Promise<number> => {
    const before = rig.lines().length;
    await rig.send({ canUseMirrors: true });
    return rig.lines().length - before;
  };
  assert.deepEqual([await asked(), await asked()], [2, 1]);
  await rig.clock.advance(10_000);
  assert.deepEqual([await asked(), await asked()], [2, 1]);
  await rig.clock.advance(10_000);
  assert.equal(await asked(), 1);
  await rig.clock.advance(10_000);
  assert.equal(await asked(), 2);
});

Deno.test("createHttpClient() forgets that a mirror was broken once it answers", async () => {
  const answers: Record<string, ScriptedAnswer> = { "m1.example.org": { status: 500 } };
  await using rig = clientRig(({ request }) => answers[request.url.host] ?? { body: "ok" }, { settings });
  await rig.send({ canUseMirrors: true });
  answers["m1.example.org"] = { body: "back" };
  await rig.clock.advance(10_000);
  assert.equal(await rig.send({ canUseMirrors: true }), "back");
  answers["m1.example.org"] = { status: 500 };
  await rig.send({ canUseMirrors: true });
  await rig.clock.advance(10_000);
  answers["m1.example.org"] = { body: "again" };
  assert.equal(await rig.send({ canUseMirrors: true }), "again");
});

Deno.test("createHttpClient() does not hear broken mirrors once the registry has answered", async () => {
  await using rig = clientRig(byHost({ "m1.example.org": { status: 500 } }), { settings });
  await assert.rejects(rig.send({ canUseMirrors: true }), { code: "NOT_FOUND" });
  rig.script.calls.length = 0;
  await assert.rejects(rig.send({ canUseMirrors: true }), { code: "NOT_FOUND" });
  assert.deepEqual(hostsOf(rig.lines()), ["m2.example.org", "reg.example.org"]);
});

Deno.test("createHttpClient() tries a cooling mirror rather than give up when the registry cannot be reached", async () => {
  const answers: Record<string, ScriptedAnswer | Error> = {
    "m1.example.org": { status: 500 },
    "reg.example.org": { body: "ok" },
  };
  await using rig = clientRig(({ request }) => answers[request.url.host] ?? { status: 404 }, { settings });
  await rig.send({ canUseMirrors: true });
  answers["m1.example.org"] = { body: "mirrored" };
  answers["reg.example.org"] = new TransportError("dns", "no such name");
  assert.equal(await rig.send({ canUseMirrors: true }), "mirrored");
});

Deno.test("createHttpClient() reports the registry's own failure, not a mirror's", async () => {
  await using rig = clientRig(
    byHost({ "reg.example.org": new TransportError("dns", "no such name") }),
    { settings },
  );
  await assert.rejects(rig.send({ canUseMirrors: true }), { code: "DNS" });
});

Deno.test("createHttpClient() sends six times over all hosts, and keeps the last one for the registry itself", async () => {
  const mirrors = ["a", "b", "c", "d", "e", "f", "g"].map((name) => `${name}.example.org`);
  await using rig = clientRig(() => ({ status: 500 }), { settings: { "reg.example.org": { mirrors } } });
  await assert.rejects(rig.send({ canUseMirrors: true }), { status: 500 });
  assert.deepEqual(hostsOf(rig.lines()), [...mirrors.slice(0, 5), "reg.example.org"]);
});

Deno.test("createHttpClient() goes through the hosts again when all of them fail for the moment", async () => {
  await using rig = clientRig(() => ({ status: 500 }), { settings });
  await assert.rejects(rig.send({ canUseMirrors: true }), { status: 500 });
  const round = ["m1.example.org", "m2.example.org", "reg.example.org"];
  assert.deepEqual(hostsOf(rig.lines()), [...round, ...round]);
});

Deno.test("createHttpClient() asks the mirror that a next page belongs to, with its credentials", async () => {
  const asked: string[] = [];
  const authenticator = {
    authorize: (host: { readonly name: string }) => {
      asked.push(host.name);
      return Promise.resolve("Basic eA==");
    },
    challenge: () => Promise.resolve(false),
  };
  await using rig = clientRig([{ body: "ok" }], { settings, authenticator });
  await rig.send({ canUseMirrors: true, path: new URL("https://m2.example.org/v2/app/tags/list?last=b") });
  assert.deepEqual(asked, ["m2.example.org"]);
});

Deno.test("createHttpClient() asks a host once that is listed twice or as its own mirror", async () => {
  await using rig = clientRig(byHost({}), {
    settings: { "reg.example.org": { mirrors: ["m1.example.org", "reg.example.org", "m1.example.org"] } },
  });
  await assert.rejects(rig.send({ canUseMirrors: true }));
  assert.deepEqual(hostsOf(rig.lines()), ["m1.example.org", "reg.example.org"]);
});
