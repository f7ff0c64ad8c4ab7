import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import { CredentialHelpers, type HelperAnswer } from "../../../lib/settings/credential_helper.ts";
import { createFakeHelper, createFakeSystem, type FakeProgram } from "./fake_system.ts";

const question = { program: "docker-credential-x", server: "reg.example.org", expireMs: 60_000 };

function setUp(program: FakeProgram) {
  const clock = { now: 0 };
  const system = createFakeSystem({ programs: { "docker-credential-x": program } });
  return { clock, system, helpers: new CredentialHelpers(system, () => clock.now) };
}

Deno.test("CredentialHelpers.get() reads logins and identity tokens", async () => {
  const { helpers, system } = setUp(createFakeHelper({
    "reg.example.org": ["u", "p"],
    "token.example.org": ["<token>", "t"],
    "empty.example.org": ["", ""],
  }));
  assert.deepEqual(await helpers.get(question), { kind: "found", credential: { user: "u", pass: "p", token: "" } });
  assert.deepEqual(await helpers.get({ ...question, server: "token.example.org" }), {
    kind: "found",
    credential: { user: "", pass: "", token: "t" },
  });
  assert.deepEqual(await helpers.get({ ...question, server: "empty.example.org" }), { kind: "none" });
  assert.deepEqual(await helpers.get({ ...question, server: "unknown.example.org" }), { kind: "none" });
  assert.equal(system.runs[0], "docker-credential-x get < reg.example.org");
});

Deno.test("CredentialHelpers.get() keeps an answer for its time", async () => {
  const { helpers, system, clock } = setUp(createFakeHelper({ "reg.example.org": ["u", "p"] }));
  await helpers.get(question);
  clock.now = 59_999;
  await helpers.get(question);
  assert.equal(system.runs.length, 1);
  clock.now = 60_000;
  await helpers.get(question);
  assert.equal(system.runs.length, 2);
});

Deno.test("CredentialHelpers.get() keeps a failure for five seconds", async () => {
  const { helpers, system, clock } = setUp(() => ({ code: 2, stdout: "vault is locked\n" }));
  assert.deepEqual(await helpers.get(question), { kind: "failed", message: "exit code 2: vault is locked" });
  clock.now = 4_999;
  await helpers.get(question);
  assert.equal(system.runs.length, 1);
  clock.now = 5_000;
  await helpers.get(question);
  assert.equal(system.runs.length, 2);
});

Deno.test("CredentialHelpers.get() asks once for those who ask at the same time", async () => {
  const { promise, resolve } = Promise.withResolvers<{ code: number; stdout: string }>();
  const { helpers, system } = setUp(() => promise);
  const all = Promise.all([helpers.get(question), helpers.get(question), helpers.get(question)]);
  resolve({ code: 0, stdout: '{"Username":"u","Secret":"p"}' });
  const answers = await all;
  assert.deepEqual(new Set(answers.map(({ kind }) => kind)), new Set(["found"]));
  assert.equal(system.runs.length, 1);
});

Deno.test("CredentialHelpers.get() tells what is wrong with an answer without showing it", async () => {
  const cases: readonly (readonly [code: number, stdout: string, message: string])[] = [
    [0, "s3cret", "the answer is not JSON"],
    [0, "[]", "the answer has no Username and Secret"],
    [0, '{"Username":1,"Secret":"s3cret"}', "the answer has no Username and Secret"],
    [1, "", "exit code 1"],
    [1, '{"Secret":"s3cret"}', "exit code 1"],
    [3, "x".repeat(1000), `exit code 3: ${"x".repeat(300)}`],
  ];
  for (const [code, stdout, message] of cases) {
    const { helpers } = setUp(() => ({ code, stdout }));
    assert.deepEqual(await helpers.get(question), { kind: "failed", message });
  }
});

Deno.test("CredentialHelpers.get() takes a helper that cannot be run for an answer", async () => {
  const { helpers } = setUp(() => {
    throw new RegkitError("TIMEOUT", "docker-credential-x did not answer within 30 s");
  });
  assert.deepEqual(await helpers.get(question), {
    kind: "failed",
    message: "docker-credential-x did not answer within 30 s",
  });
  const absent = await helpers.get({ ...question, program: "docker-credential-y" });
  assert.deepEqual(absent, { kind: "failed", message: "failed to run docker-credential-y: there is no such program" });
});

Deno.test("CredentialHelpers.get() runs only plain names and absolute paths", async () => {
  const { helpers, system } = setUp(createFakeHelper({}));
  for (const program of ["", "-x", "./x", "../x", "a/b", "docker-credential-../../x", "a b", "x;y", "/a\nb"]) {
    const { kind } = await helpers.get({ ...question, program });
    assert.equal(kind, "failed", program);
  }
  assert.deepEqual(system.runs, []);
  await helpers.get({ ...question, program: "/opt/a b/docker-credential-x" });
  await helpers.get({ ...question, program: "docker-credential-x.exe" });
  assert.equal(system.runs.length, 2);
});

Deno.test("CredentialHelpers.get() ends a helper only when nobody waits any more", async () => {
  const signals: AbortSignal[] = [];
  const { helpers, system } = setUp((_args, _stdin, { signal }) => {
    if (signal !== undefined) signals.push(signal);
    return new Promise((_resolve, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
  });
  const [first, second] = [new AbortController(), new AbortController()];
  const waits: Promise<HelperAnswer>[] = [helpers.get(question, first.signal), helpers.get(question, second.signal)];
  const reason = new Error("enough");
  first.abort(reason);
  await assert.rejects(waits[0] ?? Promise.resolve(), reason);
  assert.equal(signals[0]?.aborted, false);
  second.abort(reason);
  await assert.rejects(waits[1] ?? Promise.resolve(), reason);
  assert.equal(signals[0]?.aborted, true);
  assert.equal(system.runs.length, 1);
  const third = new AbortController();
  const again = helpers.get(question, third.signal);
  third.abort(reason);
  await assert.rejects(again, reason);
  assert.equal(system.runs.length, 2);
  await assert.rejects(helpers.get(question, AbortSignal.abort(reason)), reason);
  assert.equal(system.runs.length, 2);
});

Deno.test("CredentialHelpers.get() bounds time and output", async () => {
  const { helpers } = setUp((_args, _stdin, { timeoutMs, maxOutputBytes }) => {
    assert.equal(timeoutMs, 30_000);
    assert.equal(maxOutputBytes, 1 << 20);
    return { code: 0, stdout: '{"Username":"u","Secret":"p"}' };
  });
  assert.equal((await helpers.get(question)).kind, "found");
});
