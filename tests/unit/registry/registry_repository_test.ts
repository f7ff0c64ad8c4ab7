import { repositoryContract } from "../../contract/repository_contract.ts";
import { createRegistryRig } from "../../support/registry_rig.ts";

repositoryContract("RegistryRepository", () => {
  const rig = createRegistryRig();
  return Promise.resolve({
    repository: rig.open("contract/app"),
    reopen: () => rig.open("contract/app"),
    dispose: async () => await rig[Symbol.asyncDispose](),
  });
});
