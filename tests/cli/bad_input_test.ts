import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { type BadPlaces, badPlaces } from "../support/bad_places.ts";
import { type Ended, runProgram, runRegctl } from "../support/processes.ts";
import { findPeer } from "../support/test_data.ts";

/** Something typed wrongly, or pointing to what is broken. */
interface BadInput {
  readonly name: string;
  /** The words; `%x` stands for a registry or, as in `ocidir://%/x`, for the folder, `%20` for a space. */
  readonly line: string;
  /** What the first line of the message says. */
  readonly says: RegExp;
  /** What the line after it advises. */
  readonly advises: RegExp;
  /** Where the original takes no offence, against which ours decided. */
  readonly originalCode?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const copy = "image copy %hosts ocidir://%/good:v1";

const inputs: readonly BadInput[] = [
  {
    name: "a malformed reference",
    line: "image copy Bad%20Ref ocidir://%/new:v1",
    says: /^invalid reference "Bad Ref"$/,
    advises: /registry\.example\.org\/repository:tag/,
  },
  {
    name: "upper case in a repository",
    line: "image copy ocidir://%/good:v1 reg.example.org/App:v1",
    says: /"reg\.example\.org\/App:v1", repo must be lowercase/,
    advises: /ocidir:\/\/path/,
  },
  {
    name: "a malformed digest",
    line: "blob get ocidir://%/good sha256:zz",
    says: /"sha256:zz", expected 64 hex digits/,
    advises: /regctl manifest get/,
  },
  {
    name: "an unknown flag",
    line: `${copy} ocidir://%/new:v1 --nope`,
    says: /^unknown flag: --nope$/,
    advises: /^Try "regctl image copy --help"$/,
  },
  {
    name: "a flag without its value",
    line: `${copy} ocidir://%/new:v1 --platform`,
    says: /^flag needs an argument: --platform$/,
    advises: /^Try "regctl image copy --help"$/,
  },
  {
    name: "a missing argument",
    line: copy,
    says: /^accepts 2 arg\(s\), received 1$/,
    advises: /^Usage: regctl image copy <source_ref> <target_ref>/,
  },
  {
    name: "an unknown log level",
    line: `${copy} ocidir://%/new:v1 -vloud`,
    says: /verbosity loud: expected trace, debug, info, warn or error/,
    advises: /^$/,
  },
  {
    name: "a malformed platform",
    line: `${copy} ocidir://%/new:v1 --platform linux/!`,
    says: /linux\/!/,
    advises: /linux\/arm64/,
  },
  {
    name: "a platform that the image lacks",
    line: `${copy} ocidir://%/new:v1 --platform plan9/amd64`,
    says: /platform not found: plan9\/amd64/,
    advises: /linux\/amd64, linux\/arm64/,
  },
  {
    name: "a malformed --host",
    line: `${copy} %open/app:v1 --host tls=disabled`,
    says: /"--host" flag/,
    advises: /reg=registry\.example\.org/,
    originalCode: 0,
    env: { REGKIT_STRICT: "1" },
  },
  {
    name: "a layout that is not there",
    line: "image copy ocidir://%/missing:v1 ocidir://%/new:v1",
    says: /missing\/index\.json does not exist/,
    advises: /Check the path/,
  },
  {
    name: "a tag that the layout lacks",
    line: "image copy ocidir://%/good:v2 ocidir://%/new:v1",
    says: /good\/index\.json: v2/,
    advises: /regctl tag ls ocidir:/,
  },
  {
    name: "a corrupt index.json of the source",
    line: "image copy ocidir://%/corrupt:v1 ocidir://%/new:v1",
    says: /corrupt\/index\.json is not valid JSON/,
    advises: /Nothing was changed/,
  },
  {
    name: "a corrupt index.json of the target, which the original overwrites",
    line: `${copy} ocidir://%/corrupt:v2`,
    says: /corrupt\/index\.json is not valid JSON/,
    advises: /Nothing was changed/,
    originalCode: 0,
  },
  {
    name: "a layout of another version",
    line: `${copy} ocidir://%/newer:v2`,
    says: /newer\/oci-layout, expected 1\.0\.0, received 9\.0\.0/,
    advises: /Nothing was changed/,
    originalCode: 0,
  },
  {
    name: "a layout within a file",
    line: `${copy} ocidir://%/settings.json/new:v1`,
    says: /settings\.json\/new/,
    advises: /^$/,
  },
  {
    name: "a file of settings that is no JSON",
    line: `${copy} %open/app:v1`,
    says: /broken\.json:1:\d+: .*not valid JSON/,
    advises: /Correct the file/,
    originalCode: 0,
    env: { REGCTL_CONFIG: "%/broken.json", REGKIT_STRICT: "1" },
  },
  {
    name: "a stall timeout without a unit",
    line: `${copy} %open/app:v1`,
    says: /REGKIT_STALL_TIMEOUT is "5"/,
    advises: /REGKIT_STALL_TIMEOUT=30s/,
    originalCode: 0,
    env: { REGKIT_STALL_TIMEOUT: "5" },
  },
  {
    name: "a host that does not listen",
    line: `${copy} %closed/app:v1`,
    says: /no answer from 127\.0\.0\.1:\d+: connection refused/,
    advises: /port/,
  },
  {
    name: "an expired certificate",
    line: `${copy} %expired/app:v1`,
    says: /127\.0\.0\.1:\d+: its certificate has expired/,
    advises: /renewed/,
    env: { REGCTL_CONFIG: "%/settings.json" },
  },
  {
    name: "a certificate for another name",
    line: `${copy} %other/app:v1`,
    says: /127\.0\.0\.1:\d+: its certificate is for another name/,
    advises: /--tls insecure/,
    env: { REGCTL_CONFIG: "%/settings.json" },
  },
  {
    name: "a certificate that nobody vouches for",
    line: `${copy} %untrusted/app:v1`,
    says: /127\.0\.0\.1:\d+: its certificate is signed by an unknown authority/,
    advises: /--cacert/,
  },
  {
    name: "plain http where https is expected",
    line: "tag ls %open/app",
    says: /127\.0\.0\.1:\d+: it answers in plain http/,
    advises: /--tls disabled/,
  },
  {
    name: "a wrong password",
    line:
      "image copy ocidir://%/good:v1 %guarded/app:v1 --host reg=%guarded,tls=disabled,user=user,pass=wrong-password",
    says: /127\.0\.0\.1:\d+\/app.*401/,
    advises: /^Log in to 127\.0\.0\.1:\d+/,
  },
  {
    name: "no password",
    line: `${copy} %guarded/app:v1`,
    says: /127\.0\.0\.1:\d+\/app.*401/,
    advises: /^Log in to 127\.0\.0\.1:\d+/,
  },
  {
    name: "a tag that the registry lacks",
    line: "image copy %hosts %open/absent:v1 ocidir://%/new:v1",
    says: /127\.0\.0\.1:\d+\/absent:v1 \(source\): .*not found/,
    advises: /^$/,
  },
];

/** Content that turns out to be missing when a part was copied already: the tag stays away. */
const damaged: readonly BadInput[] = [
  {
    name: "a truncated layer",
    line: "image copy %hosts ocidir://%/truncated:v1 %open/truncated:v1",
    says: /expected 1000, received 500: .*truncated\/blobs\/sha256/,
    advises: /Copy the image to the layout again/,
  },
  {
    name: "a missing layer",
    line: "image copy %hosts ocidir://%/incomplete:v1 %open/incomplete:v1",
    says: /incomplete\/blobs\/sha256\/[0-9a-f]{64} does not exist/,
    advises: /the layout is incomplete/,
  },
];

function wordsOf({ line }: BadInput, places: BadPlaces): readonly string[] {
  return line.split(" ").flatMap((word) => word === "%hosts" ? places.hosts : [fill(word, places)]);
}

function fill(text: string, { names, folder }: BadPlaces): string {
  return Object.entries(names).reduce((filled, [name, address]) => filled.replaceAll(`%${name}`, address), text)
    .replaceAll("%/", `${folder}/`).replaceAll("%20", " ");
}

function envOf({ env = {} }: BadInput, places: BadPlaces): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fill(value, places)]));
}

function check(input: BadInput, { code, stdout, stderr }: Ended): void {
  deepEqual([code, stdout], [1, ""], stderr);
  doesNotMatch(stderr, /wrong-password|right-password/);
  const lines = stderr.trimEnd().split("\n");
  const warnings = lines.filter((line) => line.startsWith("time="));
  equal(warnings.length, 0, stderr);
  const [first = "", advice = "", ...more] = lines.slice(warnings.length);
  match(first, input.says);
  match(advice, input.advises);
  deepEqual(more, []);
}

Deno.test("regctl says in a line what is wrong with its input, in another what to do, and changes nothing", async (t) => {
  await using places = await badPlaces();
  const before = await places.state();
  // All at once: those that try again for a while do not hold up the others.
  const runs = inputs.map((input) => runRegctl(wordsOf(input, places), { env: envOf(input, places) }));
  await Promise.allSettled(runs);
  for (const [at, input] of inputs.entries()) {
    await t.step(input.name, async () => check(input, await runs[at] ?? { code: -1, stdout: "", stderr: "" }));
  }
  await t.step("nothing was changed", async () => deepEqual(await places.state(), before));
});

Deno.test("regctl sets no tag when the source turns out to be damaged", async (t) => {
  await using places = await badPlaces();
  for (const input of damaged) {
    await t.step(input.name, async () => check(input, await runRegctl(wordsOf(input, places))));
  }
  await t.step("nothing was tagged", async () => {
    doesNotMatch((await places.state())["changes"] ?? "", /\/manifests\/v1 /);
  });
});

const peer = findPeer("regctl");

Deno.test({
  name: `regctl exits with the code of the real one for bad input${peer.note}`,
  ignore: peer.ignore,
  fn: async (t) => {
    for (const group of [inputs, damaged]) {
      await using places = await badPlaces();
      const runs = group.map((input) => runProgram(peer.path, wordsOf(input, places), { env: envOf(input, places) }));
      await Promise.allSettled(runs);
      for (const [at, { name, originalCode = 1 }] of group.entries()) {
        await t.step(name, async () => {
          const { code, stderr } = await runs[at] ?? { code: -1, stderr: "" };
          equal(code, originalCode, stderr);
        });
      }
    }
  },
});
