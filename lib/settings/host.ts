/**
 * What is set for one registry host, and what it comes to once defaults are filled in.
 *
 * @module
 */

/** How a host is spoken to: https verified, https unverified, or plain http. */
export type TlsMode = "enabled" | "insecure" | "disabled";

/**
 * The settings of one host as far as somebody set them: an absent key is unset, which is not the same as its default.
 * The keys are those of regctl's settings file.
 */
export interface HostSettings {
  /** How the host is spoken to. */
  readonly tls?: TlsMode;
  /** More certificate authorities for this host, PEM text. */
  readonly regcert?: string;
  /** Client certificate, PEM text. */
  readonly clientCert?: string;
  /** Key of the client certificate, PEM text. Secret. */
  readonly clientKey?: string;
  /** `host[:port]` that is contacted; the name by default. */
  readonly hostname?: string;
  /** User name. */
  readonly user?: string;
  /** Password. Secret. */
  readonly pass?: string;
  /** Identity token. Secret. */
  readonly token?: string;
  /** Full program name of a credential helper. */
  readonly credHelper?: string;
  /** How long a helper's answer is kept, in milliseconds. */
  readonly credExpireMs?: number;
  /** What the helper is asked for, instead of the hostname. */
  readonly credHost?: string;
  /** Put before every repository in URLs, without outer slashes. */
  readonly pathPrefix?: string;
  /** Names of hosts to try first. */
  readonly mirrors?: readonly string[];
  /** Order among a host and its mirrors, highest first. */
  readonly priority?: number;
  /** Whether every repository is authenticated by itself. */
  readonly repoAuth?: boolean;
  /** Options of the registry's API, such as `disableHead`. */
  readonly apiOpts?: Readonly<Record<string, string>>;
  /** Bytes per chunk of a chunked upload. */
  readonly blobChunk?: number;
  /** Blobs above so many bytes are uploaded in chunks; -1 never. */
  readonly blobMax?: number;
  /** Request starts per second; 0 without limit. */
  readonly reqPerSec?: number;
  /** Requests at a time; when unset it adapts. */
  readonly reqConcurrent?: number;
  /** How long a transfer may stand still before it is taken for dead, in milliseconds. */
  readonly stallTimeoutMs?: number;
}

/** The settings of a host with every default filled in. */
export interface Host extends HostSettings {
  /** The name used in references. */
  readonly name: string;
  /** How the host is spoken to. */
  readonly tls: TlsMode;
  /** `host[:port]` that is contacted. */
  readonly hostname: string;
  /** Without outer slashes; empty for none. */
  readonly pathPrefix: string;
  /** Names of hosts to try first. */
  readonly mirrors: readonly string[];
  /** Order among a host and its mirrors, highest first. */
  readonly priority: number;
  /** Whether every repository is authenticated by itself. */
  readonly repoAuth: boolean;
  /** Options of the registry's API. */
  readonly apiOpts: Readonly<Record<string, string>>;
  /** How long a transfer may stand still, in milliseconds. */
  readonly stallTimeoutMs: number;
}

/** A user name and password, or an identity token, for one host. */
export interface Credential {
  /** User name; empty for none. */
  readonly user: string;
  /** Password; empty for none. Secret. */
  readonly pass: string;
  /** Identity token; empty for none. Secret. */
  readonly token: string;
}

/** Where the HTTP client learns about hosts: which settings a name has, and which credential. */
export interface HostDirectory {
  /**
   * Reads what has to be known of a host before the first request to it, such as that Docker's settings name it with `http://`. Without
   * it nothing fails, but such marks are not seen. Absent where there is nothing to read.
   *
   * @param name The name used in references.
   */
  prepare?(name: string): Promise<void>;
  /**
   * Gives the settings of a host, defaults included. Unknown names get the defaults.
   *
   * @param name The name used in references.
   */
  host(name: string): Host;
  /**
   * Gives the credential of a host, asking its credential helper when that is needed. Called only once a registry asks for one.
   *
   * @param host The host.
   * @param options `signal` ends the wait for a helper.
   * @returns The credential, or `undefined` for an anonymous host.
   */
  credential(host: Host, options?: { readonly signal?: AbortSignal | undefined }): Promise<Credential | undefined>;
  /**
   * Gives the PEM texts of certificate authorities and the client certificate for a host, from settings and certificate
   * directories. Called only for https.
   *
   * @param host The host.
   */
  certificates(host: Host): Promise<HostCertificates>;
}

/** Certificates for one host, as PEM texts. */
export interface HostCertificates {
  /** Certificate authorities trusted beside the runtime's and the system's. */
  readonly authorities: readonly string[];
  /** Client certificate and key. */
  readonly client?: { readonly cert: string; readonly key: string } | undefined;
}
