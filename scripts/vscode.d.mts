export const VSIX: string;
export function packExtension(made: string, given: { schema: string; launch: object }): Promise<void>;
