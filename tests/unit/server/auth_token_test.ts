import assert from "node:assert/strict";
import { accessPolicy, type AccessRules } from "../../../lib/server/auth/access_rules.ts";
import { formatScopes, grantScopes, parseScopes } from "../../../lib/server/auth/scope.ts";
import { createTokenSigner, maxTokenLength, type TokenClaims } from "../../../lib/server/auth/token.ts";
import { tokenGuard } from "../../../lib/server/auth/token_guard.ts";
import { type HtpasswdUsers, parseHtpasswd } from "../../../lib/server/auth/htpasswd.ts";
import { createRegistry } from "../../../lib/server/registry.ts";
import { quietStore } from "../../support/quiet_store.ts";
import { RegistryApi } from "../../support/registry_api.ts";

const basic = (login: string) => ({ headers: { authorization: `Basic ${btoa(login)}` } });
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

interface TokenAnswer {
  readonly token: string;
  readonly access_token: string;
  readonly expires_in: number;
  readonly issued_at: string;
  readonly scope: string;
  readonly refresh_token?: string;
}

/** A registry with the users alice and bob, whose passwords are `pw`, and a clock to be set. */
function subject(
  rules: AccessRules = {},
  more: { tokenSeconds?: number; externalUrl?: string; service?: string } = {},
) {
  const clock = { ms: 1_700_000_000_000 };
  const state: { users: HtpasswdUsers } = {
    users: parseHtpasswd("alice:pw\nbob:pw\n", "users", { allowsWeak: true }),
  };
  const policy = accessPolicy(rules);
  const guard = tokenGuard({ users: () => state.users, policy: () => policy, now: () => clock.ms, ...more });
  const api = new RegistryApi(createRegistry({ guard, store: quietStore() }).fetch);
  const token = async (query: string, login?: string): Promise<TokenAnswer> => {
    const answer = await api.expect(200, "GET", `/token?${query}`, login === undefined ? {} : basic(login));
    assert.equal(answer.headers.get("cache-control"), "no-store");
    return answer.json() as TokenAnswer;
  };
  const post = (form: Record<string, string>) =>
    api.send("POST", "/token", {
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams(form).toString(),
    });
  return { api, clock, state, token, post };
}

Deno.test("parseScopes() reads repeated and joined scopes and leaves out what means nothing", () => {
  const scopes = parseScopes([
    "repository:team/app:pull,push repository:other:pull",
    "repository:team/app:delete",
    "registry:catalog:*",
    "repository(plugin):p:pull",
    "nonsense",
    "repository::pull",
    "",
  ]);
  assert.equal(
    formatScopes(scopes),
    "repository:team/app:pull,push,delete repository:other:pull registry:catalog:* repository:p:pull",
  );
});

Deno.test("grantScopes() grants what is asked and allowed", () => {
  const policy = accessPolicy({ rules: [{ repository: "team/*", users: ["alice"], allow: ["pull", "push"] }] });
  const asked = parseScopes(["repository:team/app:*", "repository:x:pull", "registry:catalog:*", "repository:A:pull"]);
  assert.equal(formatScopes(grantScopes(asked, "alice", policy)), "repository:team/app:pull,push registry:catalog:*");
  assert.equal(formatScopes(grantScopes(asked, "", policy)), "");
});

Deno.test("createTokenSigner() takes back only its own, unchanged and unexpired tokens of the right use", async () => {
  let ms = 1_000_000;
  const key = new Uint8Array(32).fill(7);
  const signer = createTokenSigner({ service: "reg", key, now: () => ms });
  const claims: TokenClaims = { use: "access", user: "alice", access: [], issuedAt: 1000, expiresAt: 1060 };
  const token = await signer.sign(claims) ?? assert.fail("no token");
  assert.equal((await signer.verify(token, "access"))?.user, "alice");
  assert.equal(await signer.verify(token, "refresh"), undefined);
  const [head = "", body = "", signature = ""] = token.split(".");
  const forgedBody = new TextEncoder().encode(JSON.stringify({ sub: "bob" })).toBase64({ alphabet: "base64url" });
  const none = new TextEncoder().encode('{"alg":"none","typ":"JWT"}').toBase64({ alphabet: "base64url" });
  const bad = ["", "a.b.c", `${head}.${forgedBody}.${signature}`, `${none}.${body}.`, `${head}.${body}`, `${token}.x`];
  for (const forged of [...bad, `${head}.${body}.!`, "x".repeat(maxTokenLength + 1)]) {
    assert.equal(await signer.verify(forged, "access"), undefined, forged.slice(0, 50));
  }
  const others = [
    createTokenSigner({ service: "reg", now: () => ms }),
    createTokenSigner({ service: "other", key, now: () => ms }),
  ];
  for (const other of others) assert.equal(await other.verify(token, "access"), undefined);
  ms = 1_060_000;
  assert.equal(await signer.verify(token, "access"), undefined);
  assert.throws(() => createTokenSigner({ service: "reg", key: new Uint8Array(31) }), RangeError);
});

Deno.test("createTokenSigner() signs nothing that it would not take back", async () => {
  const signer = createTokenSigner({ service: "reg", now: () => 0 });
  const lengths = new Set<number>();
  for (let length = maxTokenLength * 3 / 4 - 300; length < maxTokenLength * 3 / 4; length++) {
    const claims: TokenClaims = { use: "access", user: "a".repeat(length), access: [], issuedAt: 0, expiresAt: 1 };
    const token = await signer.sign(claims);
    lengths.add(token?.length ?? 0);
    if (token !== undefined) assert.notEqual(await signer.verify(token, "access"), undefined, `${token.length}`);
  }
  // The search went over the limit, and up to it: lengths of Base64 go by one and two.
  assert(lengths.has(0));
  assert(maxTokenLength - Math.max(...lengths) < 2);
});

Deno.test("tokenGuard() challenges with its own endpoint, and says what is wrong with a token", async () => {
  const { api, token } = subject();
  const challenge = async (path: string, method = "GET", headers = {}) =>
    (await api.expect(401, method, path, headers, "UNAUTHORIZED")).headers.get("www-authenticate");
  const start = 'Bearer realm="http://registry.test/token",service="registry"';
  assert.equal(await challenge("/v2/"), start);
  assert.equal(await challenge("/v2/", "GET", basic("alice:pw")), start);
  const push = `${start},scope="repository:team/app:pull,push"`;
  assert.equal(await challenge("/v2/team/app/blobs/uploads/", "POST"), push);
  assert.equal(await challenge("/v2/", "GET", bearer("x.y.z")), `${start},error="invalid_token"`);
  const pull = await token("scope=repository:team/app:pull", "alice:pw");
  await api.expect(200, "GET", "/v2/", bearer(pull.token));
  const refused = await challenge("/v2/team/app/blobs/uploads/", "POST", bearer(pull.token));
  assert.equal(refused, `${push},error="insufficient_scope"`);
  assert.doesNotMatch(refused ?? "", /basic/i);
});

Deno.test("tokenGuard() lets nobody push by a token that does not cover the pull too", async () => {
  const { api, token } = subject({ rules: [{ repository: "drop", users: ["bob"], allow: ["push"] }] });
  const { api: open, token: openToken } = subject();
  const asked = await openToken("scope=repository:drop:push", "alice:pw");
  const granted = await token("scope=repository:drop:pull,push", "bob:pw");
  assert.deepEqual([asked.scope, granted.scope], ["repository:drop:push", "repository:drop:push"]);
  for (const [registry, { token: pushOnly }] of [[open, asked], [api, granted]] as const) {
    const refused = await registry.expect(401, "POST", "/v2/drop/blobs/uploads/", bearer(pushOnly), "UNAUTHORIZED");
    const wanted = /scope="repository:drop:pull,push",error="insufficient_scope"$/;
    assert.match(refused.headers.get("www-authenticate") ?? "", wanted);
  }
});

Deno.test("createRegistry() names the API also in answers of the token service and the page", async () => {
  const { api } = subject({ anonymousPull: true });
  const requests: [number, string, Record<string, string>][] = [
    [200, "/token?service=registry", {}],
    [401, "/token?service=registry", { authorization: `Basic ${btoa("alice:wrong")}` }],
    [200, "/", { accept: "text/html" }],
    [404, "/x", {}],
  ];
  for (const [status, path, headers] of requests) {
    const answer = await api.expect(status, "GET", path, { headers });
    assert.equal(answer.headers.get("docker-distribution-api-version"), "registry/2.0", path);
  }
});

Deno.test("tokenGuard() points to the URL it was told", async () => {
  const { api } = subject({}, { externalUrl: "https://reg.example.org/" });
  const answer = await api.expect(401, "GET", "/v2/");
  assert.match(answer.headers.get("www-authenticate") ?? "", /realm="https:\/\/reg\.example\.org\/token"/);
});

Deno.test("createTokenService() issues tokens for seconds, which end", async () => {
  const { api, clock, token } = subject({}, { tokenSeconds: 1 });
  const answer = await token("service=registry&scope=repository:app:pull,push&scope=repository:b:pull", "alice:pw");
  assert.equal(answer.expires_in, 60);
  assert.equal(answer.token, answer.access_token);
  assert.equal(answer.issued_at, "2023-11-14T22:13:20.000Z");
  assert.equal(answer.scope, "repository:app:pull,push repository:b:pull");
  assert.equal(answer.refresh_token, undefined);
  await api.expect(202, "POST", "/v2/app/blobs/uploads/", bearer(answer.token));
  clock.ms += 60_000;
  await api.expect(401, "POST", "/v2/app/blobs/uploads/", bearer(answer.token));
});

Deno.test("createTokenService() refuses wrong logins, strangers, and what is no grant", async () => {
  const { api, post } = subject();
  await api.expect(401, "GET", "/token?scope=repository:app:pull", {}, "UNAUTHORIZED");
  for (const login of ["alice:no", "nobody:pw", "alice"]) {
    await api.expect(401, "GET", "/token", basic(login), "UNAUTHORIZED");
  }
  await api.expect(401, "GET", "/token", bearer("x"), "UNAUTHORIZED");
  await api.expect(405, "PUT", "/token", { body: "x" }, "UNSUPPORTED");
  await api.expect(400, "POST", "/token", { body: "{}" }, "UNSUPPORTED");
  assert.equal((await post({ grant_type: "password", username: "alice", password: "no" })).status, 401);
  assert.equal((await post({ grant_type: "magic" })).status, 400);
  assert.equal((await post({ grant_type: "refresh_token", refresh_token: "x.y.z" })).status, 401);
  assert.equal((await post({ grant_type: "password", padding: "x".repeat(20_000) })).status, 413);
});

Deno.test("createTokenService() issues no token that is not taken back, however many scopes are asked for", async () => {
  const { api, post } = subject();
  const tokenFor = (padding: string) => {
    const scope = Array.from({ length: 90 }, (_, at) => `repository:team/app${at}${padding}:pull,push`).join(" ");
    return post({ grant_type: "password", username: "alice", password: "pw", scope });
  };
  const answer = (await tokenFor("")).json() as TokenAnswer;
  assert(answer.token.length > 7000);
  await api.expect(404, "GET", "/v2/team/app89/manifests/v1", bearer(answer.token), "MANIFEST_UNKNOWN");
  const refused = await tokenFor("x".repeat(50));
  assert.equal(refused.status, 400);
  assert.match(JSON.stringify(refused.json()), /longer than 12288 characters: fewer scopes fit/);
});

Deno.test("createTokenService() issues tokens for its own registry only", async () => {
  const { api, post, token } = subject({}, { service: 'my "own" Küche' });
  const challenge = (await api.expect(401, "GET", "/v2/")).headers.get("www-authenticate") ?? "";
  const service = /service="([^"]*)"/.exec(challenge)?.[1] ?? assert.fail(challenge);
  assert.equal(service, "my own Kche");
  const login = { grant_type: "password", username: "alice", password: "pw" };
  for (const same of [service, ""]) {
    await token(`service=${encodeURIComponent(same)}`, "alice:pw");
    assert.equal((await post({ ...login, service: same })).status, 200);
  }
  const query = `/token?service=${encodeURIComponent(service)}&service=other`;
  for (const path of [query, "/token?service=other"]) {
    const refused = await api.expect(400, "GET", path, basic("alice:pw"), "UNSUPPORTED");
    assert.match(JSON.stringify(refused.json()), /the service is not this one/);
    assert.equal(refused.headers.get("cache-control"), "no-store");
  }
  assert.equal((await post({ ...login, service: "other" })).status, 400);
});

Deno.test("createTokenService() gives refresh tokens on request, good until the password changes", async () => {
  const { api, state, clock, post, token } = subject();
  const login = { grant_type: "password", username: "alice", password: "pw" };
  assert.equal((await post(login)).json() instanceof Object, true);
  const first = (await post({ ...login, access_type: "offline" })).json() as TokenAnswer;
  const refresh = first.refresh_token ?? assert.fail("no refresh token");
  assert.notEqual((await token("offline_token=true", "alice:pw")).refresh_token, undefined);
  clock.ms += 24 * 60 * 60 * 1000;
  const form = { grant_type: "refresh_token", refresh_token: refresh, scope: "repository:app:pull" };
  const second = (await post(form)).json() as TokenAnswer;
  assert.deepEqual([second.scope, second.refresh_token], ["repository:app:pull", refresh]);
  await api.expect(404, "GET", "/v2/app/manifests/v1", bearer(second.token));
  await api.expect(401, "GET", "/v2/", bearer(refresh));
  state.users = parseHtpasswd("alice:new\n", "users", { allowsWeak: true });
  assert.equal((await post(form)).status, 401);
  state.users = parseHtpasswd("bob:pw\n", "users", { allowsWeak: true });
  assert.equal((await post(form)).status, 401);
});

Deno.test("tokenGuard() gives strangers tokens for what is open to them", async () => {
  const rules: AccessRules = { rules: [{ repository: "public/**", anonymous: true, allow: ["pull"] }] };
  const { api, token } = subject(rules);
  await api.expect(401, "GET", "/v2/");
  const answer = await token("scope=repository:public/app:pull,push&scope=repository:app:pull");
  assert.equal(answer.scope, "repository:public/app:pull");
  await api.expect(200, "GET", "/v2/", bearer(answer.token));
  await api.expect(404, "GET", "/v2/public/app/manifests/v1", bearer(answer.token));
  await api.expect(404, "GET", "/v2/public/app/manifests/v1", {});
  const refused = await api.expect(401, "GET", "/v2/app/tags/list", bearer(answer.token));
  assert.match(refused.headers.get("www-authenticate") ?? "", /error="insufficient_scope"/);
});

Deno.test("tokenGuard() challenges for the catalog, so that a client with a login does not take what is public for all", async () => {
  const { api, token } = subject({ anonymousPull: true });
  const refused = await api.expect(401, "GET", "/v2/_catalog", {}, "UNAUTHORIZED");
  assert.match(refused.headers.get("www-authenticate") ?? "", /scope="registry:catalog:\*"/);
  const { token: nobody } = await token("scope=registry:catalog:*");
  await api.expect(200, "GET", "/v2/_catalog", bearer(nobody));
  await api.expect(200, "GET", "/", { headers: { accept: "text/html" } });
});

Deno.test("tokenGuard() lists the repositories that the user may pull from", async () => {
  const { api, token } = subject({
    rules: [
      { repository: "**", users: ["alice"], allow: ["pull", "push"] },
      { repository: "shared", users: ["*"], allow: ["pull"] },
      { repository: "shared", users: ["alice"], allow: ["push"] },
    ],
  });
  for (const name of ["private", "shared"]) {
    const { token: push } = await token(`scope=repository:${name}:pull,push`, "alice:pw");
    const digest = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881";
    await api.expect(201, "POST", `/v2/${name}/blobs/uploads/?digest=${digest}`, { ...bearer(push), body: "x" });
  }
  const list = async (login: string) => {
    const { token: catalog } = await token("scope=registry:catalog:*", login);
    return (await api.expect(200, "GET", "/v2/_catalog", bearer(catalog))).json();
  };
  assert.deepEqual(await list("alice:pw"), { repositories: ["private", "shared"] });
  assert.deepEqual(await list("bob:pw"), { repositories: ["shared"] });
  const { token: none } = await token("", "bob:pw");
  await api.expect(401, "GET", "/v2/_catalog", bearer(none), "UNAUTHORIZED");
});
