/**
 * What is measured.
 */

import type { ImagePlan } from "./images.ts";

/** One thing to measure. */
export interface Scenario {
  /** Its name on the command line. */
  readonly name: string;
  /** Its name in the table. */
  readonly title: string;
  /** The images. */
  readonly plan: ImagePlan;
  /** Whether latency lies before both registries. */
  readonly isFar: boolean;
  /** Whether a copy made before is repeated. */
  readonly isRepeated?: boolean;
  /** Where the copy comes from; a registry by default. */
  readonly from?: "layout";
  /** Where the copy goes; a registry by default. */
  readonly to?: "layout";
  /** How often it is measured; the median counts. */
  readonly rounds: number;
}

const small: ImagePlan = { platforms: 2, layers: 2, layerBytes: 50_000, tags: ["v1"] };
const large: ImagePlan = { platforms: 6, layers: 6, layerBytes: 50_000, tags: ["v1"] };
const heavy: ImagePlan = { platforms: 1, layers: 4, layerBytes: 128 * 1024 * 1024, tags: ["v1"] };
const many: ImagePlan = {
  platforms: 1,
  layers: 2,
  layerBytes: 10_000,
  tags: Array.from({ length: 300 }, (_, at) => `v${at}`),
};

/** All scenarios, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  { name: "small", title: "first copy, 2 platforms, 6 blobs", plan: small, isFar: true, rounds: 5 },
  { name: "large", title: "first copy, 6 platforms, 42 blobs", plan: large, isFar: true, rounds: 5 },
  { name: "unchanged", title: "the same again", plan: large, isFar: true, isRepeated: true, rounds: 5 },
  { name: "heavy", title: "512 MiB, registry to registry", plan: heavy, isFar: false, rounds: 5 },
  { name: "heavy-push", title: "512 MiB, layout to registry", plan: heavy, isFar: false, from: "layout", rounds: 5 },
  { name: "heavy-pull", title: "512 MiB, registry to layout", plan: heavy, isFar: false, to: "layout", rounds: 5 },
  { name: "many", title: "300 tags, one run each", plan: many, isFar: true, rounds: 1 },
];
