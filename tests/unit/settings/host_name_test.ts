import assert from "node:assert/strict";
import { normalizeHostName, parseHostName } from "../../../lib/settings/host_name.ts";

Deno.test("parseHostName() gives one name to all spellings of Docker Hub", () => {
  const spellings = [
    "docker.io",
    "docker.io/",
    "index.docker.io",
    "registry-1.docker.io",
    "https://index.docker.io/v1/",
    "https://index.docker.io/v1",
    "https://registry-1.docker.io/",
  ];
  for (const text of spellings) assert.deepEqual(parseHostName(text), { name: "docker.io", implied: {} }, text);
});

Deno.test("parseHostName() takes schemes off and keeps what they say", () => {
  assert.deepEqual(parseHostName("reg.example.org:5000"), { name: "reg.example.org:5000", implied: {} });
  assert.deepEqual(parseHostName("[::1]:5000"), { name: "[::1]:5000", implied: {} });
  assert.deepEqual(parseHostName("https://reg.example.org/"), {
    name: "reg.example.org",
    implied: { credHost: "https://reg.example.org/" },
  });
  assert.deepEqual(parseHostName("http://localhost:5000"), {
    name: "localhost:5000",
    implied: { tls: "disabled", credHost: "http://localhost:5000" },
  });
});

Deno.test("parseHostName() refuses what names no registry", () => {
  for (const text of ["", "/", "http://", "reg.example.org/v1/", "ftp://reg", "a b", "user@reg", "reg?x", "reg\n"]) {
    assert.equal(parseHostName(text), undefined, text);
  }
});

Deno.test("normalizeHostName() lets what is set win over what the scheme says", () => {
  const named = normalizeHostName({ name: "http://reg.example.org", settings: { tls: "insecure", user: "u" } });
  assert.deepEqual(named, {
    name: "reg.example.org",
    settings: { tls: "insecure", credHost: "http://reg.example.org", user: "u" },
  });
  const odd = { name: "not/a/registry", settings: { user: "u" } };
  assert.equal(normalizeHostName(odd), odd);
});
