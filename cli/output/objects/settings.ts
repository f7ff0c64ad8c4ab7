/**
 * Settings, as templates see them; secrets are left out.
 *
 * @module
 */

import { formatDuration } from "../../../lib/schedule/duration.ts";
import { withoutSecrets } from "../../../lib/settings/host_fields.ts";
import type { HostSettings, TlsMode } from "../../../lib/settings/host.ts";
import { hostToJson } from "../../../lib/settings/host_json.ts";
import type { RegctlFile } from "../../../lib/settings/regctl_file.ts";
import { type DefinedStruct, defineStruct, type FieldSpec, type GoObject } from "../../../lib/template/struct_type.ts";
import {
  defineNamed,
  type GoType,
  goTypes,
  listOf,
  mapOf,
  type NamedSpec,
  pointerTo,
} from "../../../lib/template/types.ts";
import { annotationsType } from "./descriptor.ts";

/** A host with its name. */
interface NamedHost {
  readonly name: string;
  readonly settings: HostSettings;
}

const { bool, float64, int, int64, string } = goTypes;

const tlsModes: readonly (TlsMode | "")[] = ["", "enabled", "insecure", "disabled"];
const tlsSpec: NamedSpec<number> = {
  name: "config.TLSConf",
  kind: "int",
  json: (mode) => JSON.stringify(tlsModes[mode] ?? ""),
};
const tlsType = defineNamed(tlsSpec);
const durationSpec: NamedSpec<number> = {
  name: "timejson.Duration",
  kind: "int",
  json: (nanos) => JSON.stringify(formatDuration(nanos / 1e6)),
};
const durationType = defineNamed(durationSpec);
const uintType = { ...goTypes.uint64, name: "uint" };

const credentialType = defineStruct<HostSettings>({
  name: "config.Cred",
  fields: [
    { name: "User", type: string, get: ({ user }) => user },
    { name: "Password", type: string, get: ({ pass }) => pass },
    { name: "Token", type: string, get: ({ token }) => token },
  ],
});

/** Makes a field of a host. */
function field(
  name: string,
  type: GoType,
  json: string,
  get: (settings: HostSettings) => unknown,
): FieldSpec<NamedHost> {
  return { name, type, json, isOmittedEmpty: true, get: ({ settings }) => get(settings) };
}

/** A host. */
const hostType: DefinedStruct<NamedHost> = defineStruct<NamedHost>({
  name: "*config.Host",
  fields: [
    { name: "Name", type: string, json: false, get: ({ name }) => name },
    field("TLS", tlsType, "tls", ({ tls }) => Math.max(tlsModes.indexOf(tls ?? ""), 0)),
    field("RegCert", string, "regcert", ({ regcert }) => regcert),
    field("ClientCert", string, "clientCert", ({ clientCert }) => clientCert),
    field("ClientKey", string, "clientKey", ({ clientKey }) => clientKey),
    field("Hostname", string, "hostname", ({ hostname }) => hostname),
    field("User", string, "user", ({ user }) => user),
    field("Pass", string, "pass", ({ pass }) => pass),
    field("Token", string, "token", ({ token }) => token),
    field("CredHelper", string, "credHelper", ({ credHelper }) => credHelper),
    field("CredExpire", durationType, "credExpire", ({ credExpireMs = 0 }) => credExpireMs * 1e6),
    field("CredHost", string, "credHost", ({ credHost }) => credHost),
    field("PathPrefix", string, "pathPrefix", ({ pathPrefix }) => pathPrefix),
    field("Mirrors", listOf(string), "mirrors", ({ mirrors }) => mirrors),
    field("Priority", uintType, "priority", ({ priority }) => priority),
    field("RepoAuth", bool, "repoAuth", ({ repoAuth }) => repoAuth),
    field("API", string, "api", () => ""),
    field("APIOpts", annotationsType, "apiOpts", ({ apiOpts }) => apiOpts),
    field("BlobChunk", int64, "blobChunk", ({ blobChunk }) => blobChunk),
    field("BlobMax", int64, "blobMax", ({ blobMax }) => blobMax),
    field("ReqPerSec", float64, "reqPerSec", ({ reqPerSec }) => reqPerSec),
    field("ReqConcurrent", int64, "reqConcurrent", ({ reqConcurrent }) => reqConcurrent),
    field("Scheme", string, "scheme", () => ""),
  ],
  methods: {
    GetCred: { result: credentialType, call: ({ settings }) => settings },
    IsZero: { result: bool, call: ({ settings }) => Object.keys(hostToJson(settings)).length === 0 },
  },
  json: ({ settings }) => JSON.stringify(hostToJson(settings)),
});

/** A host inside the settings, where its type is named by the pointer to it. */
const hostPointer = pointerTo({ ...hostType, name: "config.Host" });

interface ConfigFacts {
  readonly file: RegctlFile;
  readonly shown: object;
}

const configType = defineStruct<ConfigFacts>({
  name: "*main.Config",
  fields: [
    { name: "Filename", type: string, json: false, get: ({ file }) => file.path },
    { name: "Version", type: int, json: "version", get: ({ file }) => file.version },
    { name: "Hosts", type: mapOf(string, hostPointer), json: "hosts", get: ({ file }) => hostsOf(file) },
    { name: "HostDefault", type: hostPointer, json: "hostDefault", get: ({ file }) => defaultOf(file) },
    { name: "BlobLimit", type: int64, json: "blobLimit", get: ({ file }) => file.blobLimit },
    { name: "IncDockerCert", type: pointerTo(bool), json: "incDockerCert", get: ({ file }) => file.incDockerCert },
    { name: "IncDockerCred", type: pointerTo(bool), json: "incDockerCred", get: ({ file }) => file.incDockerCred },
  ],
  json: ({ shown }) => JSON.stringify(shown),
});

function hostsOf({ hosts }: RegctlFile): ReadonlyMap<string, NamedHost> {
  return new Map([...hosts].map(([name, { settings }]) => [name, { name, settings: withoutSecrets(settings) }]));
}

function defaultOf({ hostDefault: { settings } }: RegctlFile): NamedHost | undefined {
  return Object.keys(hostToJson(settings)).length === 0 ? undefined : { name: "", settings: withoutSecrets(settings) };
}

/**
 * Makes the object of the settings.
 *
 * @param file The settings.
 * @param shown What JSON shows of them, without secrets.
 * @returns The object.
 */
export function configObject(file: RegctlFile, shown: object): GoObject {
  return configType.of({ file, shown });
}

/**
 * Makes the object of a host.
 *
 * @param name Its name in references.
 * @param settings What is set.
 * @returns The object.
 */
export function hostObject(name: string, settings: HostSettings): GoObject {
  return hostType.of({ name, settings: withoutSecrets(settings) });
}
