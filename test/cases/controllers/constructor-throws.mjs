// The constructor throws.
class Throws {
  constructor() {
    throw new Error("no memory");
  }
}

export const createController = () => new Throws();
