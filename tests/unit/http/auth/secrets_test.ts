import { ok } from "node:assert/strict";
import { inspect } from "node:util";
import { RegkitError } from "../../../../lib/errors.ts";
import { redactSecrets } from "../../../../lib/http/auth/redact.ts";
import {
  authWorld,
  type AuthWorldOptions,
  bearerChallenge,
  pull,
  push,
  testHost,
  tokenAnswer,
} from "../../../support/auth_world.ts";
import type { RecordedCall, ScriptedAnswer } from "../../../support/scripted_transport.ts";

const PASSWORD = "p4ss/w0rd+x";
const IDENTITY = "id3ntity-t0ken";
const ACCESS = "acc3ss-t0ken";
const REFRESH = "r3fresh-t0ken";
const SECRETS = [PASSWORD, IDENTITY, ACCESS, REFRESH].flatMap((secret) => [
  secret,
  encodeURIComponent(secret),
  btoa(secret),
]).concat(btoa(`ann:${PASSWORD}`));

/** A server that throws back everything that it was sent. */
function echo(status: number): (call: RecordedCall) => ScriptedAnswer {
  return ({ line, text, request }) => {
    const said = `${line} ${text} ${JSON.stringify([...request.headers])} ${decodeURIComponent(text)}`;
    const message = `${said} ${atob((request.headers.get("authorization") ?? "").slice("Basic ".length))}`;
    return { status, body: JSON.stringify({ errors: [{ code: message, message }], token: ACCESS, details: message }) };
  };
}

const WORLDS: readonly (readonly [name: string, options: AuthWorldOptions])[] = [
  ["a service that echoes with 401", { tokens: echo(401) }],
  ["a service that echoes with 500", { tokens: echo(500) }],
  ["a service that answers nonsense", { tokens: () => ({ body: `${ACCESS} is not JSON` }) }],
  ["a token with a line break", { tokens: () => tokenAnswer({ token: `${ACCESS}\r\nX: y` }) }],
  ["tokens that are never accepted", {
    tokens: () => tokenAnswer({ token: ACCESS, refresh_token: REFRESH }),
    door: () => ({ status: 401, challenge: bearerChallenge("repository:app:pull") }),
  }],
  ["tokens that work", { tokens: () => tokenAnswer({ access_token: ACCESS, refresh_token: REFRESH }) }],
  ["a password that is never accepted", { door: () => ({ status: 401, challenge: 'Basic realm="x"' }) }],
  ["a redirect with the password in reach", {
    tokens: () => ({ status: 307, headers: { location: "https://evil.example.com/" } }),
  }],
  ["a challenge that repeats a token", {
    door: (sent) => ({ status: 401, challenge: `Bearer realm="${sent} ${ACCESS}` }),
  }],
  ["a service that cannot be reached", { tokens: () => new RegkitError("TRANSPORT", "connection reset") }],
];

for (const [name, options] of WORLDS) {
  for (const credential of [{ user: "ann", pass: PASSWORD }, { user: "ann", pass: PASSWORD, token: IDENTITY }]) {
    const kind = "token" in credential ? "an identity token" : "a password";
    Deno.test(`createAuthenticator() puts no secret into errors or log lines: ${name}, ${kind}`, async () => {
      await using world = authWorld({ ...options, credential });
      const texts: string[] = [];
      for (const want of [pull("app"), push("app"), pull("app")]) {
        try {
          await world.clock.run(world.send(want));
        } catch (error) {
          texts.push(inspect(error, { depth: 10, showHidden: true }), JSON.stringify(error), String(error));
        }
      }
      const refusal = world.authenticator.refusal(testHost());
      texts.push(...world.logs, inspect(refusal, { depth: 10, showHidden: true }));
      ok(texts.length > 0);
      for (const text of texts) for (const secret of SECRETS) ok(!text.includes(secret), `${secret} in ${text}`);
    });
  }
}

Deno.test("redactSecrets() finds secrets as they are, percent-encoded and in Base64", () => {
  const text = `a ${PASSWORD} b ${encodeURIComponent(PASSWORD)} c ${btoa(PASSWORD)} d`;
  ok(redactSecrets(text, ["", PASSWORD]) === "a … b … c … d");
});
