import assert from "node:assert/strict";
import { RegkitError } from "../../../lib/errors.ts";
import { loadHostCertificates } from "../../../lib/settings/certs.ts";
import type { HostSettings } from "../../../lib/settings/host.ts";
import { findCertificateFault, findKeyFault } from "../../../lib/settings/pem.ts";
import { resolveHost } from "../../../lib/settings/resolve_host.ts";
import { createFakeSystem, createRecordingLogger, type FakeMachine } from "./fake_system.ts";

/** PEM around a small DER sequence that tells one file from another. */
function pem(label: string, number: number): string {
  return `-----BEGIN ${label}-----\n${btoa(String.fromCharCode(0x30, 3, 2, 1, number))}\n-----END ${label}-----\n`;
}

const certificate = (number: number): string => pem("CERTIFICATE", number);
const key = (number: number): string => pem("PRIVATE KEY", number);

async function load(settings: HostSettings, files: FakeMachine["files"], name = "reg.example.org:5000") {
  const logger = createRecordingLogger();
  const system = createFakeSystem(files === undefined ? {} : { files });
  const certificates = await loadHostCertificates(resolveHost(name, settings), { folders: ["/certs"], system, logger });
  return { ...certificates, logger, system };
}

Deno.test("loadHostCertificates() reads a host's folder and its settings", async () => {
  const folder = "/certs/reg.example.org:5000";
  const { authorities, client, logger } = await load({ regcert: certificate(9) }, {
    [`${folder}/b.crt`]: certificate(2),
    [`${folder}/a.crt`]: certificate(1) + certificate(3),
    [`${folder}/client.cert`]: certificate(4),
    [`${folder}/client.key`]: key(5),
    [`${folder}/readme.txt`]: "nothing",
    "/certs/other.example.org/a.crt": certificate(7),
  });
  assert.deepEqual(authorities, [certificate(1) + certificate(3), certificate(2), certificate(9)]);
  assert.deepEqual(client, { cert: certificate(4), key: key(5) });
  assert.deepEqual(logger.lines, []);
});

Deno.test("loadHostCertificates() looks under both names of Docker Hub", async () => {
  const { authorities } = await load({ hostname: "registry-1.docker.io" }, {
    "/certs/docker.io/a.crt": certificate(1),
    "/certs/registry-1.docker.io/a.crt": certificate(2),
  }, "docker.io");
  assert.deepEqual(authorities, [certificate(1), certificate(2)]);
});

Deno.test("loadHostCertificates() goes by the host that is contacted", async () => {
  const { authorities } = await load({ hostname: "real.example.org" }, {
    "/certs/real.example.org/a.crt": certificate(1),
    "/certs/alias/a.crt": certificate(2),
  }, "alias");
  assert.deepEqual(authorities, [certificate(1)]);
});

Deno.test("loadHostCertificates() takes the client certificate of the settings first", async () => {
  const { client } = await load({ clientCert: certificate(1), clientKey: key(2) }, {
    "/certs/reg.example.org:5000/client.cert": certificate(4),
    "/certs/reg.example.org:5000/client.key": key(5),
  });
  assert.deepEqual(client, { cert: certificate(1), key: key(2) });
});

Deno.test("loadHostCertificates() names what it cannot use and drops that alone", async () => {
  const folder = "/certs/reg.example.org:5000";
  const { authorities, client, logger } = await load(
    { regcert: "/a/path.pem", clientCert: certificate(1), clientKey: "s3cret" },
    {
      [`${folder}/bad.crt`]: "garbage",
      [`${folder}/cut.crt`]: certificate(1).replace("MAMC", "MAMCAQ"),
      [`${folder}/good.crt`]: certificate(2),
      [`${folder}/locked.crt`]: new RegkitError("IO", "permission denied"),
      [`${folder}/lonely.cert`]: certificate(3),
    },
  );
  assert.deepEqual(authorities, [certificate(2)]);
  assert.equal(client, undefined);
  assert.deepEqual(logger.at("warn"), [
    `Failed to load certificate file=${folder}/bad.crt err=no certificate in PEM form`,
    `Failed to load certificate file=${folder}/cut.crt err=a certificate is damaged`,
    `Failed to load certificate file=${folder}/locked.crt err=permission denied`,
    "Failed to load certificate host=reg.example.org:5000 key=regcert err=no certificate in PEM form",
    "Failed to load certificate host=reg.example.org:5000 key=clientCert err=no private key in PEM form",
    `Failed to load certificate file=${folder}/lonely.cert err=the key ${folder}/lonely.key is missing`,
  ]);
});

Deno.test("loadHostCertificates() says quietly that it had no right to look", async () => {
  const { logger } = await load({}, { "/certs/reg.example.org:5000/": new RegkitError("DENIED", "no right") });
  assert.deepEqual(logger.at("warn"), []);
  assert.equal(logger.at("info").length, 1);
});

Deno.test("loadHostCertificates() never leaves the folder", async () => {
  const { system } = await load({ hostname: "../../etc" }, undefined);
  assert.deepEqual(system.reads, []);
});

Deno.test("findCertificateFault() and findKeyFault() tell the forms apart", () => {
  assert.equal(findCertificateFault(certificate(1)), undefined);
  assert.equal(findCertificateFault(key(1)), "no certificate in PEM form");
  assert.equal(findKeyFault(key(1)), undefined);
  assert.equal(findKeyFault(pem("RSA PRIVATE KEY", 1)), undefined);
  assert.equal(findKeyFault(pem("EC PRIVATE KEY", 1)), undefined);
  assert.equal(findKeyFault(pem("EC PARAMETERS", 2) + pem("EC PRIVATE KEY", 1)), undefined);
  assert.equal(findKeyFault(pem("ENCRYPTED PRIVATE KEY", 1)), "the private key is encrypted, which is not supported");
  const long = btoa(String.fromCharCode(0x30, 0x82, 1, 0, ...new Uint8Array(256)));
  assert.equal(findCertificateFault(`-----BEGIN CERTIFICATE-----\n${long}\n-----END CERTIFICATE-----`), undefined);
  assert.equal(
    findCertificateFault(`-----BEGIN CERTIFICATE-----\n${btoa("hello")}\n-----END CERTIFICATE-----`),
    "a certificate is damaged",
  );
});
