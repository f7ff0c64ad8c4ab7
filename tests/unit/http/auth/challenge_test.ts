import { deepEqual, equal, ok, throws } from "node:assert/strict";
import { RegkitError } from "../../../../lib/errors.ts";
import {
  type Challenge,
  CHALLENGE_LIMIT,
  parseChallenges,
  readChallenges,
} from "../../../../lib/http/auth/challenge.ts";

type Plain = readonly (readonly [scheme: string, parameters: Record<string, string> | string])[];

function plain(challenges: readonly Challenge[]): Plain {
  return challenges.map(({ scheme, parameters, token68 }) => [scheme, token68 ?? Object.fromEntries(parameters)]);
}

const GOOD: readonly (readonly [header: string, want: Plain])[] = [
  ["", []],
  [" , ,", []],
  ["Basic", [["basic", {}]]],
  ['Basic realm="reg"', [["basic", { realm: "reg" }]]],
  ['BASIC Realm="reg"', [["basic", { realm: "reg" }]]],
  ["Basic realm=reg", [["basic", { realm: "reg" }]]],
  ['Basic realm=""', [["basic", { realm: "" }]]],
  ['Basic realm="a\\"b\\\\c\\d"', [["basic", { realm: 'a"b\\cd' }]]],
  ['Basic realm="a, b=c, Bearer x=y"', [["basic", { realm: "a, b=c, Bearer x=y" }]]],
  ['Basic realm = "reg" , charset="UTF-8"', [["basic", { realm: "reg", charset: "UTF-8" }]]],
  [
    'Bearer realm="https://auth.example/token",service="reg",scope="repository:a/b:pull,push"',
    [["bearer", { realm: "https://auth.example/token", service: "reg", scope: "repository:a/b:pull,push" }]],
  ],
  ["Bearer realm=https://auth.example:8443/t?a=b,service=r", [
    ["bearer", { realm: "https://auth.example:8443/t?a=b", service: "r" }],
  ]],
  ['Bearer realm="x" service="y" scope=z', [["bearer", { realm: "x", service: "y", scope: "z" }]]],
  ['Bearer realm="x"service="y"', [["bearer", { realm: "x", service: "y" }]]],
  ['Bearer ,, realm="x",,service="y",', [["bearer", { realm: "x", service: "y" }]]],
  ['Bearer realm="x",service=', [["bearer", { realm: "x", service: "" }]]],
  ['Bearer realm="x", realm="x"', [["bearer", { realm: "x" }]]],
  ['Basic realm="a", Bearer realm="b",service="s"', [["basic", { realm: "a" }], ["bearer", {
    realm: "b",
    service: "s",
  }]]],
  ['Basic realm="a" Bearer realm="b"', [["basic", { realm: "a" }], ["bearer", { realm: "b" }]]],
  ['Basic, Bearer realm="b"', [["basic", {}], ["bearer", { realm: "b" }]]],
  ['Basic Bearer realm="b"', [["basic", {}], ["bearer", { realm: "b" }]]],
  ["Negotiate", [["negotiate", {}]]],
  ["Negotiate YIIabc+/==", [["negotiate", "YIIabc+/=="]]],
  ['Negotiate YII=, Basic realm="a"', [["negotiate", "YII="], ["basic", { realm: "a" }]]],
  ['Digest qop="auth, auth-int", nonce=abc, Basic realm=x', [["digest", { qop: "auth, auth-int", nonce: "abc" }], [
    "basic",
    { realm: "x" },
  ]]],
  ['Bearer\trealm="tab"', [["bearer", { realm: "tab" }]]],
  ['Bearer error="insufficient_scope", realm="x"', [["bearer", { error: "insufficient_scope", realm: "x" }]]],
  ['Basic realm="\u00e9t\u00e9"', [["basic", { realm: "\u00e9t\u00e9" }]]],
];

for (const [header, want] of GOOD) {
  Deno.test(`parseChallenges() reads ${JSON.stringify(header)}`, () => deepEqual(plain(parseChallenges(header)), want));
}

const BAD: readonly (readonly [header: string, message: RegExp])[] = [
  ['realm="x"', /at character 6: expected a scheme/],
  ["=", /at character 1: expected the name/],
  ['"quoted"', /at character 1: expected the name/],
  ['Bearer realm="open', /at character 14: a quoted value has no end/],
  ['Bearer realm="open\\', /a quoted value has no end/],
  ['Bearer realm="open\\"', /a quoted value has no end/],
  ['Bearer realm="a\u0007b"', /a control character/],
  ['Bearer realm="a\\\u0007b"', /a control character/],
  ["Bearer realm=a\u007fb", /a control character/],
  ['Bearer realm="a\nb"', /a control character/],
  ['Bearer realm=a"b"', /a quote inside/],
  ['Bearer realm="a", realm="b"', /a parameter is given twice/],
  ["Bearer https://auth.example/token", /expected/],
  ["Bearer; realm=x", /a blank after the scheme/],
  ['Negotiate abc, realm="x"', /expected a scheme/],
  ["\u00e9 realm=x", /expected the name/],
  ["{}", /expected the name/],
];

for (const [header, message] of BAD) {
  Deno.test(`parseChallenges() refuses ${JSON.stringify(header)}`, () => {
    throws(() => parseChallenges(header), (error) => {
      ok(error instanceof RegkitError);
      equal(error.code, "INVALID_RESPONSE");
      ok(error.message.includes("WWW-Authenticate"));
      ok(message.test(error.message), error.message);
      return true;
    });
  });
}

Deno.test("parseChallenges() does not repeat what the header holds in its error", () => {
  throws(
    () => parseChallenges('Bearer realm="s3cret'),
    (error) => error instanceof Error && !/s3cret/.test(error.message),
  );
});

Deno.test("parseChallenges() refuses a header that is too long", () => {
  const header = `Bearer realm="${"x".repeat(CHALLENGE_LIMIT)}"`;
  throws(() => parseChallenges(header), { code: "INVALID_RESPONSE" });
});

Deno.test("readChallenges() takes several headers for one list", () => {
  const headers = new Headers();
  headers.append("WWW-Authenticate", 'Basic realm="a"');
  headers.append("www-authenticate", 'Bearer realm="b"');
  deepEqual(plain(readChallenges(headers)), [["basic", { realm: "a" }], ["bearer", { realm: "b" }]]);
  deepEqual(readChallenges(new Headers()), []);
});

/** A small generator with a fixed seed, so that a failure can be repeated. */
function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function isPlain(char: string): boolean {
  return char >= " " && char !== "\u007f";
}

const PIECES = [
  ...["Basic", "Bearer", "realm", "scope", "x", "=", "==", ",", " ", "\t", '"', "\\", '\\"', "https://a.b/c?d=e"],
  ...['realm="a"', "service=b", "\u0000", "\u007f", "\u00ff", "(", "/", ":", "abc==", ', Bearer realm="z"'],
];

Deno.test("parseChallenges() throws nothing but INVALID_RESPONSE on scrambled headers, and what it reads is plain", () => {
  const random = generator(7);
  const results = { read: 0, refused: 0 };
  for (let round = 0; round < 20_000; round++) {
    const count = Math.floor(random() * 12);
    const header = Array.from({ length: count }, () => PIECES[Math.floor(random() * PIECES.length)] ?? "").join("");
    try {
      for (const { scheme, parameters } of parseChallenges(header)) {
        ok(/^[!-~]+$/.test(scheme) && scheme === scheme.toLowerCase());
        for (const value of parameters.values()) ok([...value].every((char) => char === "\t" || isPlain(char)));
      }
      results.read++;
    } catch (error) {
      ok(error instanceof RegkitError && error.code === "INVALID_RESPONSE", `${JSON.stringify(header)}: ${error}`);
      results.refused++;
    }
  }
  ok(results.read > 1000 && results.refused > 1000, JSON.stringify(results));
});

Deno.test("parseChallenges() reads back any challenge that is written by the rules", () => {
  const random = generator(11);
  const text = (length: number): string =>
    Array.from({ length }, () => String.fromCharCode(0x20 + Math.floor(random() * 95))).join("");
  for (let round = 0; round < 500; round++) {
    const want: Plain = Array.from({ length: 1 + Math.floor(random() * 3) }, (_, index) => [
      `scheme${index}`,
      Object.fromEntries(
        Array.from({ length: 1 + Math.floor(random() * 4) }, (_, place) => [`p${place}`, text(random() * 20)]),
      ),
    ]);
    const header = want.map(([scheme, parameters]) =>
      `${scheme} ${
        Object.entries(parameters).map(([name, value]) => `${name}="${value.replace(/["\\]/g, "\\$&")}"`).join(", ")
      }`
    ).join(", ");
    deepEqual(plain(parseChallenges(header)), want, header);
  }
});

Deno.test("parseChallenges() looks at each character of the longest header a few times only", () => {
  const units = ["a ", "a,", 'a=",', "a=b ", "a a=", "=", " ", "a==,", '\\"', 'a="\\', "Bearer realm=x,"];
  for (const unit of units) {
    const header = unit.repeat(Math.floor(CHALLENGE_LIMIT / unit.length));
    let reads = 0;
    const counted = new Proxy(new String(`x ${header}`.slice(0, CHALLENGE_LIMIT)), {
      get(target, key): unknown {
        if (key === "charAt") return (index: number) => (reads++, target.charAt(index));
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
    try {
      parseChallenges(counted as unknown as string);
    } catch (error) {
      ok(error instanceof RegkitError, `${error}`);
    }
    ok(reads <= 16 * CHALLENGE_LIMIT, `${JSON.stringify(unit)}: ${reads} reads`);
  }
});
