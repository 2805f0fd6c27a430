// The integer types that AssemblyScript has and TypeScript lacks. The TypeScript compiler takes each as a
// name for number, and the AssemblyScript compiler as an integer of that width.
declare type i32 = number;
declare type u16 = number;
declare type u8 = number;
declare type bool = boolean;
/** A double. The world alone has them: lint refuses the name in hal/ and firmware/. */
declare type f64 = number;
