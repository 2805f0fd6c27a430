export declare function bundle(made: string): Promise<void>;
