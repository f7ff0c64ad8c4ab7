import assert from "node:assert/strict";
import { accessPolicy } from "../../../lib/server/auth/access_rules.ts";
import { htpasswdGuard } from "../../../lib/server/auth/htpasswd_guard.ts";
import {
  bcryptCost,
  costOf,
  type HtpasswdUsers,
  parseHtpasswd,
  requireUsersKept,
} from "../../../lib/server/auth/htpasswd.ts";
import { isSameText, PasswordChecker } from "../../../lib/server/auth/htpasswd_check.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { quietStore } from "../../support/quiet_store.ts";
import { RegistryApi } from "../../support/registry_api.ts";

/** `pw`, hashed by three programs' names for the same thing. */
const tail = "04$hbA/NCg6Z.nLCOW/gWEOpu.icQm4im9X02FVyUHwLRzrc5m/CbpWK";
const hashOf = { "2a": `$2a$${tail}`, "2b": `$2b$${tail}`, "2y": `$2y$${tail}` };
const sha = "{SHA}GpHWL3ymc5liWkNopqtdSjuqYHM="; // "pw"

const basic = (login: string) => ({ headers: { authorization: `Basic ${btoa(login)}` } });

Deno.test("parseHtpasswd() reads users and skips comments and empty lines", () => {
  const text = `# people\n\nalice:${hashOf["2y"]}\r\nbob:${hashOf["2a"]}\n`;
  const users = parseHtpasswd(text, "users");
  assert.deepEqual([...users.keys()], ["alice", "bob"]);
  assert.equal(bcryptCost(users), 4);
  assert.equal(bcryptCost(new Map()), 10);
});

const faults: readonly (readonly [string, RegExp])[] = [
  ["alice", /users:1: a line is not of the form/],
  [`:${hashOf["2b"]}`, /users:1: a line is not of the form/],
  [`a:${hashOf["2b"]}\na:${hashOf["2b"]}`, /users:2: the user "a" occurs twice/],
  ["a:s3cret", /users:1: the password of "a" is not kept as a bcrypt hash/],
  [`a:${sha}`, /not kept as a bcrypt hash/],
  ["a:$apr1$salt$hash", /not kept as a bcrypt hash/],
  ["a:", /not kept as a bcrypt hash/],
  [`a:$2b$31$${tail.slice(3)}`, /cost of "a" is greater than 17/],
];
for (const [text, message] of faults) {
  Deno.test(`parseHtpasswd() refuses ${JSON.stringify(text.slice(0, 20))} and shows no password`, () => {
    assert.throws(() => parseHtpasswd(text, "users"), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /s3cret|hbA|GpHW/);
      return true;
    });
  });
}

Deno.test("parseHtpasswd() takes weak hashes only when told so, and other hashes never", () => {
  const users = parseHtpasswd(`a:plain\nb:${sha}\n`, "users", { allowsWeak: true });
  assert.deepEqual([...users.values()].map(({ kind }) => kind), ["plain", "sha1"]);
  assert.throws(() => parseHtpasswd("a:$apr1$salt$hash", "users", { allowsWeak: true }));
});

Deno.test("requireUsersKept() refuses that a file with users has none any more", () => {
  const [none, users] = [parseHtpasswd("# nobody\n", "users"), parseHtpasswd(`alice:${hashOf["2b"]}\n`, "users")];
  requireUsersKept(none, undefined, "users");
  requireUsersKept(none, none, "users");
  requireUsersKept(users, none, "users");
  assert.throws(() => requireUsersKept(none, users, "users"), {
    code: "INVALID_SETTINGS",
    message: /^users: the file has no users any more, .* restart/,
  });
});

Deno.test("PasswordChecker checks every kind of hash", async () => {
  const lines = Object.entries(hashOf).map(([name, hash]) => `u${name}:${hash}`);
  const users = parseHtpasswd([...lines, `sha:${sha}`, "plain:pw"].join("\n"), "users", { allowsWeak: true });
  const checker = new PasswordChecker();
  for (const user of users.keys()) {
    assert.equal(await checker.check(users, user, "pw"), true, user);
    assert.equal(await checker.check(users, user, "pW"), false, user);
    assert.equal(await checker.check(users, user, ""), false, user);
  }
  assert.equal(await checker.check(users, "nobody", "pw"), false);
});

/** A checker that counts its costly comparisons. */
function countingChecker(options: { now?: () => number } = {}) {
  const compared: string[] = [];
  const compare = (password: string, hash: string) => {
    compared.push(hash.slice(0, 7));
    return Promise.resolve(password === "right");
  };
  return { checker: new PasswordChecker({ ...options, compare }), compared };
}
const one: HtpasswdUsers = new Map([["alice", { kind: "bcrypt", hash: `$2y$12$${tail.slice(3)}` }]]);

Deno.test("PasswordChecker takes the same effort for users that do not exist", async () => {
  const { checker, compared } = countingChecker();
  assert.equal(await checker.check(one, "nobody", "right"), false);
  assert.deepEqual(compared, ["$2b$12$"]);
});

Deno.test("PasswordChecker tells by its effort neither who exists nor how a password is kept", async () => {
  const weak: HtpasswdUsers = new Map([
    ["plain", { kind: "plain", hash: "pw" }],
    ["sha", { kind: "sha1", hash: "{SHA}FQ9Oh3q0EGMCXoMd1rgBLf5Oa54=" }],
  ]);
  const mixed: HtpasswdUsers = new Map([...weak, ...one]);
  for (const [users, want] of [[weak, []], [mixed, ["$2b$12$"]]] as const) {
    for (const user of ["plain", "sha", "nobody"]) {
      const { checker, compared } = countingChecker();
      assert.equal(await checker.check(users, user, "right"), false);
      assert.deepEqual(compared, want, `${user} of ${users.size}`);
    }
  }
});

Deno.test("PasswordChecker takes the same effort for wrong passwords of all costs, and less only for right ones", async () => {
  const bcrypt = (cost: string) => ({ kind: "bcrypt", hash: `$2y$${cost}$${tail.slice(3)}` }) as const;
  const users: HtpasswdUsers = new Map([["low", bcrypt("05")], ["middle", bcrypt("11")], ["high", bcrypt("12")]]);
  /** The time that comparisons take, in those of cost 0. */
  const effortOf = (hashes: readonly string[]) => hashes.reduce((sum, hash) => sum + 2 ** costOf(hash), 0);
  for (const user of ["low", "middle", "high", "nobody"]) {
    const { checker, compared } = countingChecker();
    assert.equal(await checker.check(users, user, "wrong"), false);
    assert.equal(effortOf(compared), 2 ** 12, `${user}: ${compared}`);
  }
  const { checker, compared } = countingChecker();
  assert.equal(await checker.check(users, "low", "right"), true);
  assert.deepEqual(compared, ["$2y$05$"]);
});

Deno.test("PasswordChecker takes one place in the queue for all comparisons of a check", async () => {
  const users: HtpasswdUsers = new Map([...one, ["low", { kind: "bcrypt", hash: hashOf["2a"] }]]);
  const compared: string[] = [];
  const isFull = Promise.withResolvers<void>();
  const compare = async (password: string) => {
    compared.push(password);
    await isFull.promise;
    return false;
  };
  const checker = new PasswordChecker({ maxWaiting: 2, compare });
  const ends = await Promise.all(
    ["one", "two", "three"].map((password) =>
      checker.check(users, "low", password).catch((error: { status: number }) => {
        isFull.resolve();
        return error.status;
      })
    ),
  );
  assert.deepEqual(ends.toSorted(), [429, false, false]);
  const [first = "", second = ""] = new Set(compared);
  const nine = 1 + (12 - 4);
  assert.deepEqual(compared, [...Array(nine).fill(first), ...Array(nine).fill(second)]);
});

Deno.test("PasswordChecker remembers what was right for a minute, and a wrong password never", async () => {
  let now = 0;
  const { checker, compared } = countingChecker({ now: () => now });
  for (let turn = 0; turn < 3; turn++) assert(await checker.check(one, "alice", "right"));
  assert.equal(compared.length, 1);
  now = 60_000;
  assert(await checker.check(one, "alice", "right"));
  assert.equal(compared.length, 2);
  for (let turn = 0; turn < 2; turn++) assert(!await checker.check(one, "alice", "wrong"));
  assert.equal(compared.length, 4);
  const changed: HtpasswdUsers = new Map([["alice", { kind: "bcrypt", hash: hashOf["2b"] }]]);
  await checker.check(changed, "alice", "right");
  assert.equal(compared.length, 5);
});

Deno.test("PasswordChecker checks the same login once however many wait, and refuses a crowd", async () => {
  const { checker, compared } = countingChecker();
  const same = await Promise.all(Array.from({ length: 20 }, () => checker.check(one, "alice", "right")));
  assert.deepEqual([new Set(same).size, compared.length], [1, 1]);
  assert(!await checker.check(one, "alice", "x".repeat(2000)));
  assert.equal(compared.length, 1);

  const gate = Promise.withResolvers<boolean>();
  const slow = new PasswordChecker({ maxWaiting: 3, compare: () => gate.promise });
  const crowd = Array.from({ length: 5 }, (_, at) => slow.check(one, "alice", `wrong ${at}`));
  let refused = 0;
  const refusals = crowd.map((check) =>
    check.then(() => 200, (error: { status: number }) => {
      if (++refused === 2) gate.resolve(false);
      return error.status;
    })
  );
  assert.deepEqual((await Promise.all(refusals)).sort(), [200, 200, 200, 429, 429]);
});

Deno.test("isSameText() compares whole texts", () => {
  assert(isSameText("abc", "abc"));
  for (const [a, b] of [["abc", "abd"], ["abc", "ab"], ["", "a"], ["a", ""], ["aa", "a"]] as const) {
    assert(!isSameText(a, b));
  }
});

Deno.test("htpasswdGuard() challenges, lets users in, and refuses what they may not", async () => {
  const users = parseHtpasswd(`alice:${hashOf["2y"]}\nbob:${hashOf["2b"]}\n`, "users");
  const policy = accessPolicy({
    rules: [
      { repository: "**", users: ["*"], allow: ["pull"] },
      { repository: "team/**", users: ["alice"], allow: ["pull", "push"] },
    ],
  });
  const guard = htpasswdGuard({ users: () => users, policy: () => policy, realm: 'my "own"' });
  const api = new RegistryApi(createRegistry({ guard, store: quietStore() }).fetch);
  const refused = await api.expect(401, "GET", "/v2/", {}, "UNAUTHORIZED");
  assert.equal(refused.headers.get("www-authenticate"), 'Basic realm="my own"');
  await api.expect(401, "GET", "/v2/", basic("alice:no"), "UNAUTHORIZED");
  await api.expect(200, "GET", "/v2/", basic("alice:pw"));
  await api.expect(202, "POST", "/v2/team/app/blobs/uploads/", basic("alice:pw"));
  await api.expect(403, "POST", "/v2/team/app/blobs/uploads/", basic("bob:pw"), "DENIED");
  await api.expect(403, "DELETE", "/v2/team/app/manifests/v1", basic("alice:pw"), "DENIED");
  await api.expect(404, "GET", "/v2/other/manifests/v1", basic("bob:pw"), "MANIFEST_UNKNOWN");
  await api.expect(403, "GET", "/v2/team/app/tags/list", basic("bob:pw"), "DENIED");
});

Deno.test("htpasswdGuard() lets nobody push who may not pull too", async () => {
  const users = parseHtpasswd(`alice:${hashOf["2y"]}\n`, "users");
  const policy = accessPolicy({ rules: [{ repository: "drop", users: ["alice"], allow: ["push"] }] });
  const guard = htpasswdGuard({ users: () => users, policy: () => policy });
  const api = new RegistryApi(createRegistry({ guard, store: quietStore() }).fetch);
  const pushes = [["POST", "uploads/"], ["PATCH", "uploads/x"], ["PUT", "uploads/x"], ["GET", "uploads/x"]] as const;
  for (const [method, path] of pushes) {
    const refused = await api.expect(403, method, `/v2/drop/blobs/${path}`, basic("alice:pw"), "DENIED");
    assert.match(JSON.stringify(refused.json()), /the user may not pull here, which a push needs too/);
  }
  await api.expect(403, "PUT", "/v2/drop/manifests/v1", { ...basic("alice:pw"), body: "{}" }, "DENIED");
});

Deno.test("htpasswdGuard() lets anybody pull where that is allowed, but challenges the API check and the catalog", async () => {
  const users = parseHtpasswd(`alice:${hashOf["2y"]}`, "users");
  const policy = accessPolicy({ anonymousPull: true });
  const guard = htpasswdGuard({ users: () => users, policy: () => policy });
  const api = new RegistryApi(createRegistry({ guard, store: quietStore() }).fetch);
  await api.expect(401, "GET", "/v2/");
  await api.expect(200, "GET", "/v2/", basic("alice:pw"));
  await api.expect(404, "GET", "/v2/app/manifests/v1", {}, "MANIFEST_UNKNOWN");
  await api.expect(404, "GET", "/v2/app/manifests/v1", basic(":"), "MANIFEST_UNKNOWN");
  await api.expect(401, "GET", "/v2/_catalog", {}, "UNAUTHORIZED");
  await api.expect(200, "GET", "/v2/_catalog", basic("alice:pw"));
  await api.expect(200, "GET", "/v2/_catalog", basic(":"));
  await api.expect(200, "GET", "/", { headers: { accept: "text/html" } });
  await api.expect(401, "POST", "/v2/app/blobs/uploads/", {}, "UNAUTHORIZED");
  await api.expect(202, "POST", "/v2/app/blobs/uploads/", basic("alice:pw"));
});
