import assert from "node:assert/strict";
import type { Descriptor } from "../../../lib/oci/descriptor.ts";
import { type DescriptorFilter, matchesFilter, sortedByAnnotation } from "../../../lib/oci/descriptor_filter.ts";

const base: Descriptor = { mediaType: "a/b", digest: `sha256:${"1".repeat(64)}`, size: 1 };
const linux = { os: "linux", architecture: "amd64" };

const cases: readonly { title: string; filter: DescriptorFilter; want: boolean }[] = [
  { title: "no filter", filter: {}, want: true },
  { title: "the artifact type", filter: { artifactType: "x/y" }, want: true },
  { title: "another artifact type", filter: { artifactType: "x/z" }, want: false },
  { title: "an annotation", filter: { annotations: { k: "v" } }, want: true },
  { title: "an annotation of any value", filter: { annotations: { k: "" } }, want: true },
  { title: "another value", filter: { annotations: { k: "w" } }, want: false },
  { title: "one annotation of two", filter: { annotations: { k: "v", l: "" } }, want: false },
  { title: "a name that all objects have", filter: { annotations: { toString: "" } }, want: false },
  { title: "a platform that can run it", filter: { platform: { ...linux, variant: "v3" } }, want: true },
  { title: "another platform", filter: { platform: { ...linux, os: "freebsd" } }, want: false },
  { title: "type and wrong annotation", filter: { artifactType: "x/y", annotations: { k: "w" } }, want: false },
];
Deno.test.each(cases)("matchesFilter() with $title: $want", ({ filter, want }) => {
  const descriptor: Descriptor = { ...base, artifactType: "x/y", annotations: { k: "v" }, platform: linux };
  assert.equal(matchesFilter(descriptor, filter), want);
});

Deno.test("matchesFilter() never finds a platform that is not named", () => {
  assert.equal(matchesFilter(base, { platform: linux }), false);
  assert.equal(matchesFilter(base, { annotations: { k: "" } }), false);
});

Deno.test("sortedByAnnotation() puts those without it last in both directions and keeps ties in order", () => {
  const list: Descriptor[] = ["b", undefined, "a", "b"].map((value, at) => ({
    ...base,
    size: at,
    annotations: value === undefined ? {} : { at: value },
  }));
  assert.deepEqual(sortedByAnnotation(list, "at").map(({ size }) => size), [2, 0, 3, 1]);
  assert.deepEqual(sortedByAnnotation(list, "at", true).map(({ size }) => size), [0, 3, 2, 1]);
});
