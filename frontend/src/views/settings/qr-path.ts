/** The squares of a QR code as one path. */

/** What is dark, by column and row. */
export interface CodeBitmap {
  readonly size: number;
  readonly get: (x: number, y: number) => boolean;
}

/** Modules that stay light around it, as ISO/IEC 18004 asks for. */
const QUIET = 4;

export function codePath(bitmap: CodeBitmap): { readonly path: string; readonly size: number } {
  const rows: string[] = [];
  for (let y = 0; y < bitmap.size; y += 1) {
    for (let x = 0; x < bitmap.size; x += 1) {
      const begin = x;
      while (x < bitmap.size && bitmap.get(x, y)) x += 1;
      const length = x - begin;
      if (length > 0) rows.push(`M${begin + QUIET} ${y + QUIET}h${length}v1h-${length}z`);
    }
  }
  return { path: rows.join(""), size: bitmap.size + 2 * QUIET };
}
