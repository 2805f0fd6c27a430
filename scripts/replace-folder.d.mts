export function replaceFolder(made: string, target: string): void;
