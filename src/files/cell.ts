/** A value in a row of a columnar file: integers of 64 bits too are numbers, where they are exact; structs by name. */
export type Cell =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Cell[]
  | { readonly [name: string]: Cell };
