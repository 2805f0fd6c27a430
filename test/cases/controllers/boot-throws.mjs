// `boot` throws.
class Throws {
  boot() {
    throw new Error("boot!");
  }

  tick() {}
}

export const createController = () => new Throws();
