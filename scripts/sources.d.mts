export declare const ROOT: string;
export declare const DIGEST_FILE: string;
export declare function digestOfSources(): string;
