import assert from "node:assert/strict";
import { parseRegistryName } from "../../../lib/reference/parse_registry.ts";

Deno.test.each([
  { input: "docker.io", want: "docker.io" },
  { input: "index.docker.io", want: "docker.io" },
  { input: "registry-1.docker.io", want: "docker.io" },
  { input: "docker.io:443", want: "docker.io:443" },
  { input: "localhost", want: "localhost" },
  { input: "localhost:5000", want: "localhost:5000" },
  { input: "myhost:5000", want: "myhost:5000" },
  { input: "MyHost", want: "MyHost" },
  { input: "reg.", want: "reg." },
  { input: "[::1]:5000", want: "[::1]:5000" },
])("parseRegistryName() reads $input", ({ input, want }) => {
  assert.equal(parseRegistryName(input), want);
});

Deno.test.each([
  { input: "myhost", tip: /needs a port/ },
  { input: "https://reg.example.org", tip: /without a scheme/ },
  { input: "reg.example.org/app", tip: /without a scheme/ },
  { input: "", tip: /host alone/ },
])("parseRegistryName() refuses '$input'", ({ input, tip }) => {
  assert.throws(() => parseRegistryName(input), {
    code: "INVALID_REFERENCE",
    message: `invalid registry name "${input}"`,
    tip,
  });
});
