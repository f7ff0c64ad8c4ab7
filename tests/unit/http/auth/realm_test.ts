import { equal, throws } from "node:assert/strict";
import { hostOrigin, resolveRealm } from "../../../../lib/http/auth/realm.ts";
import type { TlsMode } from "../../../../lib/settings/host.ts";
import { testHost } from "../../../support/auth_world.ts";

function resolve(hostname: string, tls: TlsMode, realm: string): string {
  const host = testHost({ name: hostname, hostname, tls });
  return resolveRealm(host, realm, new URL("/v2/app/manifests/v1", hostOrigin(host))).href;
}

const GOOD: readonly (readonly [hostname: string, tls: TlsMode, realm: string, want: string])[] = [
  ["reg.example.org", "enabled", "https://auth.example.com/token", "https://auth.example.com/token"],
  ["reg.example.org", "insecure", "https://auth.example.com/token", "https://auth.example.com/token"],
  ["reg.example.org", "enabled", "/token?a=b#c", "https://reg.example.org/token?a=b"],
  ["reg.example.org", "enabled", "token", "https://reg.example.org/v2/app/manifests/token"],
  ["reg.example.org", "enabled", "//reg.example.org:444/t", "https://reg.example.org:444/t"],
  ["reg.example.org", "disabled", "http://reg.example.org:5001/token", "http://reg.example.org:5001/token"],
  ["reg.example.org", "disabled", "https://auth.example.com/token", "https://auth.example.com/token"],
  ["localhost:5000", "disabled", "http://127.0.0.1:5001/token", "http://127.0.0.1:5001/token"],
  ["registry:5000", "disabled", "http://auth:5001/token", "http://auth:5001/token"],
  ["registry:5000", "enabled", "https://10.0.0.7/token", "https://10.0.0.7/token"],
  ["10.0.0.6", "enabled", "https://10.0.0.7/token", "https://10.0.0.7/token"],
];

for (const [hostname, tls, realm, want] of GOOD) {
  Deno.test(`resolveRealm() takes ${realm} from ${hostname} with TLS ${tls}`, () =>
    equal(resolve(hostname, tls, realm), want));
}

const BAD: readonly (readonly [hostname: string, tls: TlsMode, realm: string, why: RegExp])[] = [
  ["reg.example.org", "enabled", "http://reg.example.org/token", /not https/],
  ["reg.example.org", "insecure", "http://reg.example.org/token", /not https/],
  ["reg.example.org", "enabled", "https://127.0.0.1/token", /private address/],
  ["reg.example.org", "enabled", "https://169.254.169.254/latest", /private address/],
  ["reg.example.org", "enabled", "https://[::1]/token", /private address/],
  ["reg.example.org", "enabled", "https://[::ffff:10.0.0.1]/token", /private address/],
  ["reg.example.org", "enabled", "https://0x7f.1/token", /private address/],
  ["reg.example.org", "enabled", "https://localhost./token", /private address/],
  ["8.8.8.8", "enabled", "https://192.168.0.1/token", /private address/],
  ["reg.example.org", "disabled", "http://169.254.169.254/latest", /private address/],
  ["reg.example.org", "disabled", "http://auth.example.com/token", /another host and not https/],
  ["localhost:5000", "disabled", "http://auth.example.com/token", /another host and not https/],
  ["reg.example.org", "enabled", "https://ann:pw@auth.example.com/token", /holds credentials/],
  ["reg.example.org", "enabled", "file:///etc/passwd", /its scheme is file:/],
  ["reg.example.org", "enabled", "data:application/json,{}", /its scheme is data:/],
  ["reg.example.org", "enabled", "javascript:0", /its scheme is javascript:/],
  ["reg.example.org", "enabled", "https://", /no URL/],
  ["reg.example.org", "enabled", "https://a b/", /no URL/],
];

for (const [hostname, tls, realm, why] of BAD) {
  Deno.test(`resolveRealm() refuses ${realm} from ${hostname} with TLS ${tls}`, () => {
    throws(() => resolve(hostname, tls, realm), { code: "INVALID_RESPONSE", message: why });
  });
}

Deno.test("hostOrigin() follows the TLS mode and drops default ports", () => {
  equal(hostOrigin(testHost({ hostname: "r.example:443" })), "https://r.example");
  equal(hostOrigin(testHost({ hostname: "r.example:443", tls: "disabled" })), "http://r.example:443");
  equal(hostOrigin(testHost({ hostname: "a b" })), undefined);
});
