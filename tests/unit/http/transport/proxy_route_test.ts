import assert from "node:assert/strict";
import { proxyAuthorization, proxyRoute, proxyUrl } from "../../../../lib/http/transport/proxy.ts";

/** Where a request goes: the proxy's URL, or "direct". */
function routeOf(url: string, env: Record<string, string>): string {
  const route = proxyRoute(new URL(url), (name) => env[name]);
  return route.kind === "direct" ? "direct" : proxyUrl(route.server);
}

Deno.test.each([
  {
    key: "the protocol's own variable",
    url: "https://r.test/",
    env: { HTTPS_PROXY: "http://p:1" },
    want: "http://p:1",
  },
  { key: "no other protocol's", url: "http://r.test/", env: { HTTPS_PROXY: "http://p:1" }, want: "direct" },
  { key: "lower case", url: "http://r.test/", env: { http_proxy: "http://p:1" }, want: "http://p:1" },
  {
    key: "upper before lower case",
    url: "http://r.test/",
    env: { http_proxy: "http://q:2", HTTP_PROXY: "http://p:1" },
    want: "http://p:1",
  },
  {
    key: "ALL_PROXY last",
    url: "http://r.test/",
    env: { ALL_PROXY: "socks5://p", HTTP_PROXY: "" },
    want: "socks5://p:1080",
  },
  { key: "host and port alone", url: "http://r.test/", env: { HTTP_PROXY: "p:3128" }, want: "http://p:3128" },
  { key: "default ports", url: "http://r.test/", env: { HTTP_PROXY: "https://p" }, want: "https://p:443" },
  { key: "nothing for localhost", url: "http://localhost:5000/", env: { HTTP_PROXY: "p:1" }, want: "direct" },
  { key: "nothing for 127.x", url: "https://127.9.9.9/", env: { HTTPS_PROXY: "p:1" }, want: "direct" },
  { key: "nothing for ::1", url: "https://[::1]/", env: { HTTPS_PROXY: "p:1" }, want: "direct" },
])("proxyRoute() takes $key", ({ url, env, want }) => {
  assert.equal(routeOf(url, env as Record<string, string>), want);
});

Deno.test.each([
  { list: "*", url: "https://r.test/", isListed: true },
  { list: "r.test", url: "https://r.test/", isListed: true },
  { list: "r.test", url: "https://a.r.test/", isListed: true },
  { list: "r.test", url: "https://ar.test/", isListed: false },
  { list: ".r.test", url: "https://r.test/", isListed: false },
  { list: ".r.test", url: "https://a.r.test/", isListed: true },
  { list: "*.r.test", url: "https://r.test/", isListed: false },
  { list: "*.r.test", url: "https://a.b.r.test/", isListed: true },
  { list: "R.Test", url: "https://r.test/", isListed: true },
  { list: "a.test, ,r.test", url: "https://r.test/", isListed: true },
  { list: "r.test:443", url: "https://r.test/", isListed: true },
  { list: "r.test:5000", url: "https://r.test/", isListed: false },
  { list: "10.1.2.3", url: "https://10.1.2.3/", isListed: true },
  { list: "10.1.2.3:443", url: "https://10.1.2.3:444/", isListed: false },
  { list: "10.0.0.0/8", url: "https://10.1.2.3/", isListed: true },
  { list: "10.0.0.0/8", url: "https://11.1.2.3/", isListed: false },
  { list: "10.1.0.0/15", url: "https://10.0.255.255/", isListed: true },
  { list: "10.0.0.0/8", url: "https://ten.test/", isListed: false },
  { list: "2001:db8::/32", url: "https://[2001:db8:1::5]/", isListed: true },
  { list: "2001:db8::/32", url: "https://[2001:db9::5]/", isListed: false },
  { list: "2001:db8::5", url: "https://[2001:db8:0:0::5]/", isListed: true },
  { list: "[2001:db8::5]:443", url: "https://[2001:db8::5]/", isListed: true },
  { list: "10.0.0.0/99", url: "https://10.0.0.0/", isListed: false },
])("proxyRoute() reads NO_PROXY=$list for $url", ({ list, url, isListed }) => {
  assert.equal(routeOf(url, { HTTPS_PROXY: "p:1", NO_PROXY: list }), isListed ? "direct" : "http://p:1");
  assert.equal(routeOf(url, { HTTPS_PROXY: "p:1", no_proxy: list }), isListed ? "direct" : "http://p:1");
});

Deno.test("proxyRoute() goes straight without an environment", () => {
  assert.deepEqual(proxyRoute(new URL("https://r.test/"), undefined), { kind: "direct", isForced: false });
});

Deno.test("proxyRoute() marks the straight ways that fetch would not take by itself", () => {
  const forced = (url: string, list: string): boolean => {
    const env: Record<string, string> = { HTTPS_PROXY: "p:1", NO_PROXY: list };
    const route = proxyRoute(new URL(url), (name) => env[name]);
    return route.kind === "direct" && route.isForced;
  };
  assert(forced("https://localhost/", ""));
  assert(forced("https://r.test/", "r.test:443"));
  assert(!forced("https://r.test/", "r.test"));
});

Deno.test("proxyRoute() refuses a proxy it cannot use without quoting its password", () => {
  for (const value of ["ftp://user:hidden@p:1", "http://user:hidden@:0x:9", "http://"]) {
    assert.throws(
      () => routeOf("https://r.test/", { HTTPS_PROXY: value }),
      (error: Error) => error.message.includes("HTTPS_PROXY") && !error.message.includes("hidden"),
    );
  }
});

Deno.test("proxyAuthorization() writes the credentials of the proxy's URL", () => {
  const env: Record<string, string> = { HTTP_PROXY: "http://us%3Aer:p%40ss@p:1" };
  const route = proxyRoute(new URL("http://r.test/"), (name) => env[name]);
  assert(route.kind === "proxy");
  assert.equal(proxyAuthorization(route.server), `Basic ${btoa("us:er:p@ss")}`);
  assert.equal(proxyUrl(route.server), "http://p:1");
});
