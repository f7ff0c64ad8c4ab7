import { deepEqual, equal, ok, rejects } from "node:assert/strict";
import type { Token } from "../../../../lib/http/auth/token.ts";
import { TokenSource } from "../../../../lib/http/auth/token_source.ts";
import { silentLogger } from "../../../../lib/log.ts";
import { authWorld, countedTokens, pull, push, testHost, tokenAnswer } from "../../../support/auth_world.ts";
import { FakeClock, settle } from "../../../support/fake_clock.ts";
import type { RecordedCall, ScriptedAnswer } from "../../../support/scripted_transport.ts";

const host = testHost();

/** A token service whose answers wait until the test lets them go. */
function heldBackTokens(): { tokens: (call: RecordedCall) => Promise<ScriptedAnswer>; release: () => void } {
  const answer = countedTokens();
  let release = (): void => {};
  const gate = new Promise<void>((resolve) => release = resolve);
  return { tokens: (call) => gate.then(() => answer(call)), release: () => release() };
}

Deno.test("TokenSource shares one request among all that need the same scopes or fewer", async () => {
  const { tokens, release } = heldBackTokens();
  await using world = authWorld({ tokens });
  const sends = [push("app"), pull("app"), push("app"), pull("app")].map((want) => world.send(want));
  await settle();
  release();
  for (const { sent } of await Promise.all(sends)) deepEqual(sent, [undefined, "Bearer token-1"]);
  deepEqual(world.scopes(), [["repository:app:pull,push"]]);
});

Deno.test("TokenSource does not let one request wait for another with other scopes", async () => {
  await using world = authWorld({
    tokens: (call) =>
      call.request.url.searchParams.get("scope") === "repository:slow:pull"
        ? new Promise<never>(() => {})
        : tokenAnswer({ token: "quick" }),
  });
  const controller = new AbortController();
  const slow = world.send(pull("slow", { signal: controller.signal }));
  await settle();
  deepEqual((await world.send(pull("app"))).sent, ["Bearer quick"]);
  controller.abort(new Error("enough"));
  await rejects(slow, /enough/);
});

Deno.test("TokenSource keeps a request going when one of its waiters gives up, and ends it with the last", async () => {
  const { tokens, release } = heldBackTokens();
  await using world = authWorld({ tokens });
  const first = new AbortController();
  const quitter = world.send(pull("app", { signal: first.signal }));
  const stayer = world.send(pull("app"));
  await settle();
  first.abort(new Error("the first leaves"));
  await rejects(quitter, /the first leaves/);
  equal(world.calls[0]?.request.signal?.aborted, false);
  release();
  deepEqual((await stayer).sent, [undefined, "Bearer token-1"]);
  equal(world.calls.length, 1);

  const held = heldBackTokens();
  await using other = authWorld({ tokens: held.tokens });
  const last = new AbortController();
  const sends = [1, 2].map(() => other.send(pull("app", { signal: last.signal })));
  await settle();
  last.abort(new Error("all leave"));
  for (const send of sends) await rejects(send, /all leave/);
  await settle();
  equal(other.calls[0]?.request.signal?.aborted, true);
  const after = other.send(pull("app"));
  held.release();
  deepEqual((await after).sent, ["Bearer token-2"]); // token-1 went to nobody
  equal(other.calls.length, 2);
});

Deno.test("TokenSource refuses at once a request that is aborted already", async () => {
  await using world = authWorld();
  const signal = AbortSignal.abort(new Error("too late"));
  await rejects(world.authenticator.authorize(host, pull("app", { signal })), /too late/);
  await world.send(pull("app"));
  await rejects(world.authenticator.authorize(host, pull("app", { signal })), /too late/);
});

Deno.test("TokenSource waits for a new token once the old one has ended, less five seconds", async () => {
  await using world = authWorld({ tokens: countedTokens(300) });
  await world.send(pull("app"));
  await world.clock.advance(269_000);
  deepEqual((await world.send(pull("app"))).sent, ["Bearer token-1"]);
  equal(world.calls.length, 1);
  await world.clock.advance(26_500);
  deepEqual((await world.send(pull("app"))).sent, ["Bearer token-2"]);
  equal(world.calls.length, 2);
});

Deno.test("TokenSource renews a token ahead of its end while the old one still serves", async () => {
  let release = (): void => {};
  const answers = countedTokens(300);
  let isFirst = true;
  await using world = authWorld({
    tokens: (call) => {
      if (isFirst) return (isFirst = false, answers(call));
      return new Promise((resolve) => release = () => resolve(answers(call)));
    },
  });
  await world.send(pull("app"));
  await world.clock.advance(271_000);
  for (let count = 0; count < 3; count++) deepEqual((await world.send(pull("app"))).sent, ["Bearer token-1"]);
  await settle();
  equal(world.calls.length, 2);
  release();
  await settle();
  deepEqual((await world.send(pull("app"))).sent, ["Bearer token-2"]);
  equal(world.calls.length, 2);
});

Deno.test("TokenSource keeps the old token when it cannot be renewed, and tries again after a while", async () => {
  const answers = countedTokens(3600);
  let isDown = false;
  await using world = authWorld({ tokens: (call) => isDown ? { status: 404 } : answers(call) });
  await world.send(pull("app"));
  isDown = true;
  await world.clock.advance(3_300_000);
  for (let count = 0; count < 3; count++) deepEqual((await world.send(pull("app"))).sent, ["Bearer token-1"]);
  await settle();
  equal(world.calls.length, 2);
  await world.clock.advance(10_000);
  isDown = false;
  deepEqual((await world.send(pull("app"))).sent, ["Bearer token-1"]);
  await settle();
  deepEqual((await world.send(pull("app"))).sent, ["Bearer token-2"]);
});

Deno.test("TokenSource gives every part of a long upload a token that is valid", async () => {
  const issuedAt: number[] = [];
  await using world = authWorld({
    tokens: () => tokenAnswer({ token: `token-${issuedAt.push(world.clock.now()) - 1}`, expires_in: 60 }),
  });
  await world.send(push("app"));
  for (let part = 0; part < 90; part++) {
    await world.clock.advance(20_000);
    const authorization = await world.authenticator.authorize(host, push("app"));
    const issued = issuedAt[Number(authorization?.slice("Bearer token-".length))] ?? 0;
    ok(world.clock.now() - issued < 55_000, `${authorization} in part ${part}`);
    await settle();
  }
  ok(issuedAt.length >= 30 && issuedAt.length <= 46, `${issuedAt.length} token requests in half an hour`);
});

Deno.test("TokenSource does not let the scopes of a token request grow with the number of repositories", async () => {
  await using world = authWorld();
  for (let count = 0; count < 700; count++) await world.send(pull(`repo-${count}`));
  equal(Math.max(...world.scopes().map((scopes) => scopes.length)), 1);
  equal(world.calls.length, 700);
  equal((await world.send(pull("repo-699"))).sent[0], "Bearer token-700");
  equal((await world.send(pull("repo-0"))).sent[0], "Bearer token-701");
});

Deno.test("TokenSource does not join a request that everybody has left", async () => {
  const source = new TokenSource({
    clock: new FakeClock(),
    logger: silentLogger,
    nextSerial: () => 1,
    request: (_scopes, _refreshToken, signal) =>
      // Deaf to its signal: it goes on although nobody waits.
      new Promise((resolve) => isFirst ? (isFirst = false) : resolve(token(`for-${signal.aborted}`))),
  });
  let isFirst = true;
  const controller = new AbortController();
  const left = source.get(["s"], controller.signal);
  controller.abort(new Error("left"));
  await rejects(left, /left/);
  equal(await source.get(["s"]), "for-false");
});

Deno.test("TokenSource drops tokens that a new one covers, and those that have ended", async () => {
  const clock = new FakeClock();
  let serial = 0;
  const source = new TokenSource({
    clock,
    logger: silentLogger,
    nextSerial: () => ++serial,
    request: (scopes) => Promise.resolve({ ...token(scopes.join()), expiresAt: clock.now() + 60_000 }),
  });
  const narrow = await source.get(["repository:a:pull"]);
  const other = await source.get(["repository:b:pull"]);
  await source.get(["repository:a:pull,push"]);
  equal(source.held(narrow), undefined);
  equal(source.held(other)?.serial, 2);
  await clock.advance(60_000);
  await source.get(["repository:c:pull"]);
  equal(source.held(other), undefined);
});

function token(value: string): Token {
  return { value, obtainedAt: 0, expiresAt: Infinity, refreshAt: Infinity };
}

Deno.test("TokenSource ends what runs in the background when the authenticator is closed", async () => {
  const world = authWorld({ tokens: () => new Promise<never>(() => {}) });
  const send = world.send(pull("app"));
  await settle();
  equal(world.clock.waiting, 1);
  await Promise.all([rejects(send, { code: "ABORTED" }), world[Symbol.asyncDispose]()]);
  equal(world.clock.waiting, 0);
});
