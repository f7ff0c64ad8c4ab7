import assert from "node:assert/strict";
import { posix } from "node:path";
import { absolutePath } from "../../../lib/layout/absolute_path.ts";

Deno.test.each([
  { path: "/a/b" },
  { path: "/a//b/./c/" },
  { path: "/a/../../b" },
  { path: "/" },
  { path: "a/b" },
  { path: "./a" },
  { path: "../a/.." },
  { path: "." },
  { path: "" },
  { path: "a..b/...c" },
])("absolutePath() makes of $path what the runtime makes of it", ({ path }) => {
  const got = absolutePath(path, () => "/some dir/here");
  assert.equal(got, posix.resolve("/some dir/here", path));
});

Deno.test("absolutePath() asks for the working directory only where it is needed", () => {
  const refuse = () => {
    throw new Error("not allowed");
  };
  assert.equal(absolutePath("/a", refuse), "/a");
  assert.throws(() => absolutePath("a", refuse));
});

Deno.test("absolutePath() knows drives and backslashes on Windows", () => {
  assert.equal(absolutePath("images\\app", () => "C:\\Users\\me", true), "C:/Users/me/images/app");
  assert.equal(absolutePath("d:\\images\\.\\app", () => "C:\\", true), "d:/images/app");
});
