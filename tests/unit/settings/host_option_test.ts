import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import { parseHostOption } from "../../../lib/settings/host_option.ts";

Deno.test("parseHostOption() reads name, login and TLS mode", () => {
  assert.deepEqual(parseHostOption("reg=reg.example.org,user=u,pass=p,tls=Disabled"), {
    name: "reg.example.org",
    settings: { user: "u", pass: "p", tls: "disabled" },
  });
  assert.deepEqual(parseHostOption('reg="localhost:5000",pass="a,\\"b"'), {
    name: "localhost:5000",
    settings: { pass: 'a,"b' },
  });
});

Deno.test("parseHostOption() ignores unknown keys and empty values", () => {
  assert.deepEqual(parseHostOption("reg=reg.example.org,hostname=x,user=,tls="), {
    name: "reg.example.org",
    settings: {},
  });
});

Deno.test("parseHostOption() reads http:// as no TLS unless told otherwise", () => {
  assert.deepEqual(parseHostOption("reg=http://reg.example.org"), {
    name: "reg.example.org",
    settings: { tls: "disabled", credHost: "http://reg.example.org" },
  });
  assert.equal(parseHostOption("reg=http://reg.example.org,tls=enabled").settings.tls, "enabled");
});

Deno.test("parseHostOption() fails on what cannot be meant, without showing passwords", () => {
  const cases: readonly (readonly [text: string, problem: string])[] = [
    ["user=u,pass=s3cret", "no registry is named"],
    [" reg=a.example,pass=s3cret", "no registry is named"],
    ["", "no registry is named"],
    ["reg=a.example/b,pass=s3cret", 'invalid registry name "a.example/b"'],
    ["reg=a.example,pass=s3cret,tls=off", 'unknown TLS value "off"'],
    ['reg=a.example,pass="s3cret', "string parsing failed, end state: valQuote"],
  ];
  for (const [text, problem] of cases) {
    assert.throws(() => parseHostOption(text), (error) => {
      assert(error instanceof RegkitError);
      assert.equal(error.code, "INVALID_ARGUMENT");
      assert.equal(error.message, `invalid value for "--host" flag: ${problem}`);
      assert(!String(error.tip).includes("s3cret"));
      return true;
    });
  }
});
