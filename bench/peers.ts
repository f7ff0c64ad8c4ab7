/**
 * The programs that are compared, and how each is told to copy an image between two plain-http registries.
 */

/** A program under measurement. */
export interface Peer {
  /** Its name in the table. */
  readonly name: string;
  /** The command line that copies one image; names are `host:port/repository:tag` or `ocidir:PATH:tag`. */
  copy(source: string, target: string): readonly string[] | undefined;
  /** The command line that prints its version. */
  readonly version: readonly string[];
}

const root = new URL("../", import.meta.url);

/** Looks a program up in `$REGKIT_PEERS` and the search path. */
export async function findPeer(command: string): Promise<string | undefined> {
  const folders = [Deno.env.get("REGKIT_PEERS"), ...(Deno.env.get("PATH") ?? "").split(":")];
  for (const folder of folders) {
    if (folder === undefined || folder === "") continue;
    try {
      if ((await Deno.stat(`${folder}/${command}`)).isFile) return `${folder}/${command}`;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory)) throw error;
    }
  }
  return undefined;
}

function hostFlags(...references: readonly string[]): string[] {
  const hosts = new Set(references.filter((name) => !name.startsWith("ocidir:")).map((name) => name.split("/", 1)[0]));
  return [...hosts].flatMap((host) => ["--host", `reg=${host},tls=disabled`]);
}

function regctlLike(name: string, command: readonly string[]): Peer {
  const scheme = (reference: string) => reference.replace(/^ocidir:/, "ocidir://");
  return {
    name,
    copy: (
      source,
      target,
    ) => [...command, "image", "copy", ...hostFlags(source, target), scheme(source), scheme(target)],
    version: [...command, "version"],
  };
}

/** The programs found here, the project's own first. */
export async function findPeers(): Promise<readonly Peer[]> {
  const own = [Deno.execPath(), "run", "-A", "--quiet", new URL("cli/regctl.ts", root).pathname];
  const peers: Peer[] = [regctlLike("regkit", own)];
  const regctl = await findPeer("regctl");
  if (regctl !== undefined) peers.push(regctlLike("regctl", [regctl]));
  const crane = await findPeer("crane");
  if (crane !== undefined) {
    peers.push({
      name: "crane",
      copy: (source, target) =>
        [source, target].some((reference) => reference.startsWith("ocidir:"))
          ? undefined
          : [crane, "copy", source, target],
      version: [crane, "version"],
    });
  }
  const skopeo = await findPeer("skopeo");
  if (skopeo !== undefined) {
    const place = (reference: string) =>
      reference.startsWith("ocidir:") ? reference.replace("ocidir:", "oci:") : `docker://${reference}`;
    peers.push({
      name: "skopeo",
      copy: (source, target) => [
        skopeo,
        "copy",
        "--all",
        "--insecure-policy",
        "--src-tls-verify=false",
        "--dest-tls-verify=false",
        place(source),
        place(target),
      ],
      version: [skopeo, "--version"],
    });
  }
  return peers;
}
