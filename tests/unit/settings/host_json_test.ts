import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import type { HostSettings } from "../../../lib/settings/host.ts";
import { HOST_FIELDS, withoutSecrets } from "../../../lib/settings/host_fields.ts";
import { hostToJson, parseHostEntry } from "../../../lib/settings/host_json.ts";
import { parseJsonSettings } from "../../../lib/settings/settings_error.ts";

const place = { file: "config.json", path: ["hosts", "reg.example.org"] };

/** One value for each key. */
const FULL: Required<HostSettings> = {
  tls: "insecure",
  regcert: "ca",
  clientCert: "cert",
  clientKey: "key",
  hostname: "real.example.org",
  user: "u",
  pass: "p",
  token: "t",
  credHelper: "docker-credential-x",
  credExpireMs: 4_500_000,
  credHost: "c",
  pathPrefix: "/a/",
  mirrors: ["m1", "m2"],
  priority: 2,
  repoAuth: true,
  apiOpts: { b: "2", a: "1" },
  blobChunk: 5,
  blobMax: -1,
  reqPerSec: 1.5,
  reqConcurrent: 7,
  stallTimeoutMs: 5_000,
};

Deno.test("HOST_FIELDS names every key of a host once", () => {
  assert.deepEqual(HOST_FIELDS.map(({ key }) => key).toSorted(), Object.keys(FULL).toSorted());
});

Deno.test("hostToJson() writes every key in regctl's order, then ours", () => {
  const json = hostToJson(FULL, { later: 1 });
  assert.deepEqual(Object.entries(json), [
    ["tls", "insecure"],
    ["regcert", "ca"],
    ["clientCert", "cert"],
    ["clientKey", "key"],
    ["hostname", "real.example.org"],
    ["user", "u"],
    ["pass", "p"],
    ["token", "t"],
    ["credHelper", "docker-credential-x"],
    ["credExpire", "1h15m0s"],
    ["credHost", "c"],
    ["pathPrefix", "/a/"],
    ["mirrors", ["m1", "m2"]],
    ["priority", 2],
    ["repoAuth", true],
    ["apiOpts", { a: "1", b: "2" }],
    ["blobChunk", 5],
    ["blobMax", -1],
    ["reqPerSec", 1.5],
    ["reqConcurrent", 7],
    ["stallTimeout", "5s"],
    ["later", 1],
  ]);
  assert.deepEqual(Object.keys(Object(json["apiOpts"])), ["a", "b"]);
});

Deno.test("parseHostEntry() reads what hostToJson() writes", () => {
  assert.deepEqual(parseHostEntry(hostToJson(FULL, { later: 1 }), place), { settings: FULL, rest: { later: 1 } });
});

Deno.test("hostToJson() leaves out what is empty", () => {
  assert.deepEqual(hostToJson({ user: "", mirrors: [], apiOpts: {}, priority: 0, repoAuth: false, blobMax: 0 }), {});
});

Deno.test("withoutSecrets() takes password, token and key away and nothing else", () => {
  const { pass: _pass, token: _token, clientKey: _key, ...shown } = FULL;
  assert.deepEqual(withoutSecrets(FULL), shown);
});

Deno.test("parseHostEntry() reads keys and words in any case", () => {
  const { settings } = parseHostEntry({ TLS: "Disabled", REQpersec: 2, CredHelper: "h" }, place);
  assert.deepEqual(settings, { tls: "disabled", reqPerSec: 2, credHelper: "h" });
});

Deno.test("parseHostEntry() takes a duration as text or as nanoseconds", () => {
  for (const credExpire of ["1h15m", 4_500_000_000_000]) {
    assert.deepEqual(parseHostEntry({ credExpire }, place).settings, { credExpireMs: 4_500_000 });
  }
});

Deno.test("parseHostEntry() takes null and empty text as unset", () => {
  assert.deepEqual(parseHostEntry(null, place), { settings: {}, rest: {} });
  assert.deepEqual(parseHostEntry({ tls: "", user: null, mirrors: [""], hostname: "" }, place).settings, {
    mirrors: [],
  });
});

Deno.test("parseHostEntry() keeps keys that are not ours, even dangerous ones", () => {
  const value: unknown = JSON.parse('{"scheme":"http","__proto__":{"user":"x"},"apiOpts":{"__proto__":"1"}}');
  const { settings, rest } = parseHostEntry(value, place);
  assert.equal(settings.user, undefined);
  assert.deepEqual(Object.keys(rest), ["scheme", "__proto__"]);
  assert.deepEqual(Object.keys(settings.apiOpts ?? {}), ["__proto__"]);
});

Deno.test("parseHostEntry() takes options written as numbers or Booleans", () => {
  assert.deepEqual(parseHostEntry({ apiOpts: { disableHead: true, n: 1 } }, place).settings, {
    apiOpts: { disableHead: "true", n: "1" },
  });
});

Deno.test("parseHostEntry() says what is wrong where, and never shows a secret", () => {
  const at = 'hosts["reg.example.org"]';
  const cases: readonly (readonly [value: unknown, message: string])[] = [
    [7, `config.json: ${at}: expected an object with the settings of a host, got a number`],
    [{ tls: "off" }, `config.json: ${at}.tls: unknown TLS value "off", allowed are enabled, insecure, disabled`],
    [{ tls: true }, `config.json: ${at}.tls: unknown TLS value true, allowed are enabled, insecure, disabled`],
    [{ pass: ["s3cret"] }, `config.json: ${at}.pass: expected text, got a list`],
    [{ priority: -1 }, `config.json: ${at}.priority: expected a whole number of at least 0, got -1`],
    [{ blobMax: 1.5 }, `config.json: ${at}.blobMax: expected a whole number, got 1.5`],
    [{ repoAuth: "yes" }, `config.json: ${at}.repoAuth: expected true or false, got text`],
    [{ mirrors: "m" }, `config.json: ${at}.mirrors: expected a list of names, got text`],
    [{ mirrors: ["m", 1] }, `config.json: ${at}.mirrors[1]: expected a name, got 1`],
    [{ apiOpts: { a: {} } }, `config.json: ${at}.apiOpts.a: expected text, got an object`],
    [
      { credExpire: "1d" },
      `config.json: ${at}.credExpire: time: unknown unit "d" in duration "1d", expected a duration such as 1h15m`,
    ],
    [{ stallTimeout: 1.5 }, `config.json: ${at}.stallTimeout: expected a duration such as 1h15m, got 1.5`],
  ];
  for (const [value, message] of cases) {
    assert.throws(() => parseHostEntry(value, place), (error) => {
      assert(error instanceof RegkitError);
      assert.equal(error.code, "INVALID_SETTINGS");
      assert.equal(error.message, message);
      return true;
    });
  }
});

Deno.test("parseJsonSettings() gives line and column of a fault and quotes nothing", () => {
  const text = '{\n  "pass": "s3cret",\n  "user" "x"\n}';
  assert.throws(() => parseJsonSettings(text, "config.json"), (error) => {
    assert(error instanceof RegkitError);
    assert.equal(error.message, "config.json:3:10: the file is not valid JSON");
    return true;
  });
});
