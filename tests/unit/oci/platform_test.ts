import assert from "node:assert/strict";
import {
  formatPlatform,
  isCompatiblePlatform,
  matchesPlatform,
  normalizePlatform,
  parsePlatform,
  type Platform,
  selectPlatform,
} from "../../../lib/oci/platform.ts";

const linux: Platform = { os: "linux", architecture: "amd64", variant: "v4" };
const windows: Platform = { os: "windows", architecture: "amd64", "os.version": "10.0.20348" };
const mac: Platform = { os: "darwin", architecture: "arm64" };

/** `os/arch/variant@version` as a platform, exactly as written. */
function platform(text: string): Platform {
  const [path = "", version = ""] = text.split("@");
  const [os = "", architecture = "", variant = ""] = path.split("/");
  return {
    os,
    architecture,
    ...(variant === "" ? {} : { variant }),
    ...(version === "" ? {} : { "os.version": version }),
  };
}

Deno.test.each([
  { text: "linux/amd64", want: "linux/amd64" },
  { text: "linux", want: "linux/amd64/v4" },
  { text: "amd64", want: "linux/amd64/v4" },
  { text: "x86_64", want: "linux/amd64/v4" },
  { text: "local", want: "linux/amd64/v4" },
  { text: "LOCAL", want: "linux/amd64/v4" },
  { text: "local/arm64", want: "linux/arm64" },
  { text: "local/amd64", want: "linux/amd64" },
  { text: "arm64", want: "linux/arm64" },
  { text: "arm", want: "linux/arm/v7" },
  { text: "armel", want: "linux/arm/v6" },
  { text: "armhf", want: "linux/arm/v7" },
  { text: "windows", want: "windows" },
  { text: "darwin", want: "darwin" },
  { text: "macos/aarch64/8", want: "darwin/arm64" },
  { text: "Linux/X86-64/V1", want: "linux/amd64" },
  { text: "linux/i386/v2", want: "linux/386" },
  { text: "linux/arm/6", want: "linux/arm/v6" },
  { text: "linux/arm64/v9", want: "linux/arm64/v9" },
  { text: "linux/amd64/v3/more", want: "linux/amd64/v3" },
  { text: "freebsd", want: "freebsd" },
  { text: "linux,", want: "linux/amd64/v4" },
])("parsePlatform() reads $text on a Linux machine", ({ text, want }) => {
  assert.deepEqual(parsePlatform(text, linux), platform(want));
});

Deno.test.each([
  { text: "windows", want: "windows/amd64@10.0.20348" },
  { text: "windows/amd64", want: "windows/amd64@10.0.20348" },
  { text: "windows/arm64", want: "windows/arm64" },
  { text: "windows/amd64,osver=10.0.17763", want: "windows/amd64@10.0.17763" },
  { text: 'windows/amd64,OSVersion="10.0.1"', want: "windows/amd64@10.0.1" },
  { text: "linux", want: "linux/amd64" },
])("parsePlatform() reads $text on a Windows machine", ({ text, want }) => {
  assert.deepEqual(parsePlatform(text, windows), platform(want));
});

Deno.test("parsePlatform() fills in Linux alone when the machine is not known", () => {
  assert.deepEqual(parsePlatform("arm64"), platform("linux/arm64"));
  assert.deepEqual(parsePlatform("linux"), platform("linux"));
});

Deno.test("parsePlatform() lets a Mac run Linux images", () => {
  assert.deepEqual(parsePlatform("linux", mac), platform("linux/arm64"));
});

Deno.test.each([
  { text: "", message: "invalid platform component  in " },
  { text: "linux/", message: "invalid platform component  in linux/" },
  { text: "linux/am d64", message: "invalid platform component am d64 in linux/am d64" },
  { text: "linux,foo=bar", message: "unsupported platform arg type, foo in linux,foo=bar" },
  { text: 'linux,osver="1', message: 'failed to split platform args in linux,osver="1' },
])("parsePlatform() refuses '$text'", ({ text, message }) => {
  assert.throws(() => parsePlatform(text, linux), { code: "INVALID_PLATFORM", message });
});

Deno.test("formatPlatform() leaves empty parts, versions and features out", () => {
  assert.equal(formatPlatform(platform("linux/arm/7@1.2")), "linux/arm/v7");
  assert.equal(formatPlatform(platform("linux")), "linux");
  assert.equal(formatPlatform(platform("")), "unknown");
  assert.equal(formatPlatform({ os: "", architecture: "amd64" }), "unknown");
});

Deno.test("normalizePlatform() keeps fields it does not know", () => {
  const given: Platform = { os: "macos", architecture: "x86_64", variant: "v1", "os.features": ["a"] };
  assert.deepEqual(normalizePlatform(given), { os: "darwin", architecture: "amd64", "os.features": ["a"] });
});

Deno.test.each([
  { a: "linux/arm64/v8", b: "linux/aarch64", want: true },
  { a: "linux/arm", b: "linux/arm/v7", want: true },
  { a: "linux/amd64/v2", b: "linux/amd64", want: false },
  { a: "linux/amd64", b: "windows/amd64", want: false },
  { a: "linux/amd64@1", b: "linux/amd64@2", want: true },
  { a: "windows/amd64@10.0.1.5", b: "windows/amd64@10.0.1.9", want: true },
  { a: "windows/amd64@10.0.1", b: "windows/amd64@10.0.2", want: false },
  { a: "darwin/arm64@1.2.3.4", b: "darwin/arm64@1.2.3.5", want: false },
])("matchesPlatform() compares $a with $b", ({ a, b, want }) => {
  assert.equal(matchesPlatform(platform(a), platform(b)), want);
});

Deno.test("matchesPlatform() compares the features of other systems", () => {
  const other: Platform = { os: "plan9", architecture: "amd64", "os.features": ["x"] };
  assert(matchesPlatform(other, { ...other }));
  assert(!matchesPlatform(other, { ...other, "os.features": ["y"] }));
  assert(!matchesPlatform(other, { ...other, features: ["z"] }));
});

Deno.test.each([
  { host: "linux/amd64/v4", image: "linux/amd64/v3", want: true },
  { host: "linux/amd64/v2", image: "linux/amd64/v3", want: false },
  { host: "linux/amd64", image: "linux/amd64/v2", want: false },
  { host: "linux/s390x", image: "linux/s390x/v1", want: true },
  { host: "linux/arm/v7", image: "linux/arm/v6", want: true },
  { host: "linux/arm64", image: "linux/arm/v7", want: false },
  { host: "linux/amd64", image: "windows/amd64", want: false },
  { host: "darwin/arm64", image: "linux/arm64", want: true },
  { host: "darwin/arm64", image: "darwin/arm64", want: true },
  { host: "darwin/arm64", image: "windows/arm64", want: false },
  { host: "windows/amd64@10.0.1", image: "linux/amd64", want: true },
  { host: "windows/amd64@10.0.1.7", image: "windows/amd64@10.0.1.9", want: true },
  { host: "windows/amd64@10.0.1", image: "windows/amd64@10.0.2", want: false },
  { host: "windows/amd64", image: "windows/amd64@10.0.2", want: true },
  { host: "plan9/amd64", image: "linux/amd64", want: false },
  { host: "plan9/amd64", image: "plan9/amd64", want: true },
])("isCompatiblePlatform() lets $host run $image: $want", ({ host, image, want }) => {
  assert.equal(isCompatiblePlatform(platform(host), platform(image)), want);
});

Deno.test.each([
  { host: "linux/amd64/v4", list: ["linux/amd64", "linux/amd64/v3", "linux/amd64/v2"], want: 1 },
  { host: "linux/amd64/v2", list: ["linux/amd64/v3", "linux/amd64", "linux/amd64/v2"], want: 2 },
  { host: "linux/amd64", list: ["linux/arm64", "", "linux/amd64", "linux/amd64"], want: 2 },
  { host: "linux/arm/v4", list: ["linux/arm/v5", "linux/arm/v6", "linux/arm/v7"], want: -1 },
  { host: "linux/arm/v6", list: ["linux/arm/v7", "linux/arm/v5", "linux/arm/v6"], want: 2 },
  { host: "windows/amd64", list: ["windows/amd64@10.0.9", "windows/amd64@10.0.10", "linux/amd64"], want: 1 },
  { host: "windows/amd64@10.0.7", list: ["windows/amd64@10.0.9", "linux/amd64"], want: 1 },
  { host: "windows/amd64@10.0.9", list: ["linux/amd64", "windows/amd64@10.0.9"], want: 1 },
  { host: "darwin/arm64", list: ["linux/arm64", "darwin/arm64"], want: 1 },
  { host: "unknown/unknown", list: ["linux/arm64", "unknown/unknown"], want: 1 },
  { host: "linux/amd64", list: [], want: -1 },
])("selectPlatform() takes entry $want of $list for $host", ({ host, list, want }) => {
  const entries = list.map((text) => text === "" ? {} : { platform: platform(text) });
  assert.equal(entries.findIndex((entry) => entry === selectPlatform(entries, platform(host))), want);
});
