export declare function bundle(made: string): Promise<void>;
export declare function bundleForTests(made: string): Promise<void>;
