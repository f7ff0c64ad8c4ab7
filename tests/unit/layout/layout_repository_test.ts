import { openLayout } from "../../../lib/layout/layout_repository.ts";
import { repositoryContract } from "../../contract/repository_contract.ts";

repositoryContract("LayoutRepository", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/images/app`;
  return {
    repository: openLayout(path),
    reopen: () => openLayout(path),
    dispose: () => Deno.remove(directory, { recursive: true }),
  };
});
