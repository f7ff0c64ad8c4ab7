import assert from "node:assert/strict";
import { localPlatform } from "../../../lib/oci/local_platform.ts";
import { formatPlatform } from "../../../lib/oci/platform.ts";

const v2 = "cx16 lahf_lm popcnt pni sse4_1 sse4_2 ssse3";
const v3 = `${v2} abm avx avx2 bmi1 bmi2 f16c fma movbe`;
const v4 = `${v3} avx512f avx512bw avx512cd avx512dq avx512vl`;

Deno.test.each([
  { flags: "fpu sse2", want: "linux/amd64" },
  { flags: v2, want: "linux/amd64/v2" },
  { flags: v3, want: "linux/amd64/v3" },
  { flags: v4, want: "linux/amd64/v4" },
  { flags: v4.replace(" avx2", ""), want: "linux/amd64/v2" },
])("localPlatform() finds $want", ({ flags, want }) => {
  const cpuinfo = `processor\t: 0\nflags\t\t: ${flags}\nprocessor\t: 1\nflags\t\t: none\n`;
  assert.equal(formatPlatform(localPlatform({ os: "linux", architecture: "x86_64", cpuinfo })), want);
});

Deno.test.each([
  { architecture: "aarch64", cpuinfo: "CPU architecture: 8", want: "linux/arm64" },
  { architecture: "arm", cpuinfo: "CPU architecture: 7", want: "linux/arm/v7" },
  {
    architecture: "arm",
    cpuinfo: "model name\t: ARMv6-compatible processor\nCPU architecture: 7",
    want: "linux/arm/v6",
  },
  { architecture: "arm", cpuinfo: "CPU architecture: 5TEJ", want: "linux/arm/v5" },
  { architecture: "arm", cpuinfo: "", want: "linux/arm/v7" },
  { architecture: "s390x", cpuinfo: "", want: "linux/s390x" },
  { architecture: "amd64", cpuinfo: undefined, want: "linux/amd64" },
])("localPlatform() finds $want for $architecture", ({ want, ...system }) => {
  assert.equal(formatPlatform(localPlatform({ os: "linux", ...system })), want);
});

Deno.test("localPlatform() never gives macOS level 4", () => {
  const system = { os: "darwin", architecture: "x86_64", cpuinfo: `flags: ${v4}` };
  assert.equal(formatPlatform(localPlatform(system)), "darwin/amd64/v3");
});

Deno.test("localPlatform() gives the version of Windows up to the build", () => {
  assert.deepEqual(localPlatform({ os: "windows", architecture: "x86_64", osVersion: "10.0.20348.1234" }), {
    os: "windows",
    architecture: "amd64",
    "os.version": "10.0.20348",
  });
  assert.equal(localPlatform({ os: "linux", architecture: "arm64", osVersion: "6.1" })["os.version"], undefined);
});
