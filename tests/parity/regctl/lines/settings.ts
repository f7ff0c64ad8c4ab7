/**
 * Command lines of `regctl registry` and `regctl config`.
 *
 * @module
 */

import { changes, type LineGroup, type LineOptions, type ParityLine, plain, reads } from "../line.ts";

const settings = JSON.stringify({
  hosts: {
    "a.example.org": { tls: "disabled", hostname: "b.example.org:5000", user: "me", pass: "secret", reqConcurrent: 3 },
    "h.example.org": { credHelper: "{dir}/helper", hostname: "h.example.org" },
    "t.example.org": { hostname: "t.example.org", token: "identity", clientKey: "pem", mirrors: ["m.example.org"] },
  },
  blobLimit: 1000,
  incDockerCred: false,
});
const helper = '#!/bin/sh\ncat >/dev/null\necho \'{"ServerURL":"h","Username":"helped","Secret":"s"}\'\n';
const files = { "config.json": settings, helper };
const http = { "config.json": '{"hosts":{"{reg}":{"tls":"disabled"}}}' };

const setDefaults: LineOptions = { differs: { id: "set-defaults", in: ["state"] } };

/** A line with settings; for the own fixture alone, since no content matters. */
function withSettings(text: string, options: LineOptions = {}): ParityLine {
  return changes(text, { only: "own", isPlain: false, files, ...options });
}

/** A line without a settings file. */
function fresh(text: string, options: LineOptions = {}): ParityLine {
  return changes(text, { only: "own", isPlain: false, ...options });
}

/** The lines of `regctl registry`. */
export const registryLines: LineGroup = {
  name: "registry",
  lines: [
    fresh("registry config"),
    withSettings("registry config"),
    withSettings("registry config a.example.org"),
    withSettings("registry config h.example.org"),
    withSettings("registry config t.example.org"),
    withSettings("registry config docker.io"),
    withSettings("registry config nothing.example.org"),
    withSettings("registry config --format '' a.example.org"),
    withSettings("registry config a b"),
    fresh("registry config", { files: { "config.json": "{}" } }),
    fresh("registry config", { files: { "config.json": "" } }),
    fresh("registry config", { files: { "config.json": "no json" } }),
    fresh("registry config", { files: { "config.json": '{"version":2}' } }),
    fresh("registry config", { files: { "config.json": '{"hosts":{"a.example.org":{"tls":"sometimes"}}}' } }),
    fresh("registry config", {
      files: { "config.json": '{"hostDefault":{"user":"me","pass":"secret"}}' },
      differs: { id: "masked-defaults", in: ["stdout"] },
    }),
    fresh("registry login -u me -p secret --skip-check a.example.org"),
    fresh("registry login --user me --pass secret --skip-check"),
    fresh("registry login --user me --pass-stdin --skip-check a.example.org", { stdin: "secret\n" }),
    fresh("registry login --pass-stdin --skip-check a.example.org", { stdin: "secret\n" }),
    fresh("registry login -u <token> -p identity --skip-check a.example.org"),
    withSettings("registry login -u you -p other --skip-check a.example.org"),
    fresh("registry login -u me -p secret {reg}", { files: http }),
    fresh("registry login -u me -p secret --skip-check http://a.example.org", {
      differs: { id: "login-name", in: ["state"] },
    }),
    fresh("registry login -u me -p secret --skip-check a.example.org/path"),
    fresh("registry login -u me -p secret a b"),
    withSettings("registry logout a.example.org"),
    withSettings("registry logout t.example.org"),
    withSettings("registry logout h.example.org"),
    withSettings("registry logout nothing.example.org", { differs: { id: "logout-unknown", in: ["code"] } }),
    withSettings("registry logout a b"),
    withSettings("registry whoami a.example.org"),
    withSettings("registry whoami h.example.org"),
    withSettings("registry whoami t.example.org"),
    withSettings("registry whoami nothing.example.org"),
    fresh("registry whoami"),
    fresh("registry whoami d.example.org", {
      files: { "docker/config.json": '{"auths":{"d.example.org":{"auth":"bWU6c2VjcmV0"}}}' },
      differs: { id: "whoami-docker", in: ["stdout", "code"] },
    }),
    fresh("registry set --skip-check --tls disabled a.example.org", setDefaults),
    fresh("registry set --skip-check --tls insecure", setDefaults),
    fresh("registry set --tls disabled {reg}", setDefaults),
    withSettings("registry set --skip-check --tls enabled a.example.org"),
    withSettings("registry set --skip-check --tls= a.example.org"),
    fresh("registry set --skip-check --tls sometimes a.example.org"),
    fresh("registry set --skip-check --cacert PEM a.example.org", setDefaults),
    fresh("registry set --skip-check --client-cert PEM --client-key KEY a.example.org", setDefaults),
    withSettings("registry set --skip-check --hostname c.example.org --path-prefix some/where a.example.org"),
    fresh("registry set --skip-check --mirror m.example.org --mirror n.example.org docker.io", setDefaults),
    withSettings("registry set --skip-check --mirror '' t.example.org", {
      differs: { id: "no-mirror", in: ["state"] },
    }),
    fresh("registry set --skip-check --priority 5 a.example.org", setDefaults),
    fresh("registry set --skip-check --priority=-1 a.example.org"),
    fresh("registry set --skip-check --repo-auth a.example.org", setDefaults),
    fresh("registry set --skip-check --blob-chunk 5 --blob-max 10 a.example.org", setDefaults),
    fresh("registry set --skip-check --blob-max=-1 a.example.org", setDefaults),
    fresh("registry set --skip-check --req-per-sec 1.5 --req-concurrent 7 a.example.org", setDefaults),
    fresh("registry set --skip-check --req-per-sec x a.example.org"),
    fresh("registry set --skip-check --api-opts a=1 --api-opts b=2=3 a.example.org", setDefaults),
    fresh("registry set --skip-check --cred-helper docker-credential-x a.example.org", setDefaults),
    withSettings("registry set --skip-check --cred-helper= h.example.org"),
    fresh("registry set --skip-check --scheme https --dns a a.example.org"),
    withSettings("registry set --skip-check a.example.org"),
    fresh("registry set --skip-check a.example.org"),
    fresh("registry set --skip-check http://a.example.org", setDefaults),
    fresh("registry set --skip-check a.example.org/path"),
    fresh("registry set a b"),
    reads("registry set --nope a", { only: "own" }),
  ],
};

/** The lines of `regctl config`. */
export const configLines: LineGroup = {
  name: "config",
  lines: [
    fresh("config get"),
    fresh("config get --format ''"),
    withSettings("config get", { differs: { id: "masked-keys", in: ["stdout"] } }),
    fresh("config get", { files: { "config.json": '{"blobLimit":5,"incDockerCert":false}' } }),
    fresh("config get", { files: { "config.json": "no json" } }),
    fresh("config get", {
      files: { "config.json": '{"hostDefault":{"user":"me","pass":"secret","clientKey":"key"}}' },
      differs: { id: "masked-defaults", in: ["stdout"] },
    }),
    fresh("config set --blob-limit 5"),
    withSettings("config set --blob-limit 0"),
    fresh("config set --blob-limit x"),
    fresh("config set --docker-cert=false --docker-cred=false"),
    withSettings("config set --docker-cred --docker-cert"),
    fresh("config set --docker-cred=maybe"),
    fresh("config set --default-cred-helper docker-credential-x"),
    fresh("config set --default-cred-helper=", {
      files: { "config.json": '{"hostDefault":{"credHelper":"docker-credential-x"}}' },
    }),
    fresh("config set"),
    withSettings("config set"),
    fresh("config set --blob-limit 5", {
      files: { "config.json": '{"unknown":{"kept":true},"blobLimit":1}' },
      differs: { id: "unknown-keys", in: ["state"] },
    }),
    fresh("config set a"),
    plain("config get a"),
  ],
};
