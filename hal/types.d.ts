// The integer types that AssemblyScript has and TypeScript lacks. To tsc they are names; to asc they are widths.
declare type i32 = number;
declare type u16 = number;
declare type u8 = number;
declare type bool = boolean;
