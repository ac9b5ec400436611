import { expect, it } from "vitest";
import { parseSymbol } from "./symbols";

it.each([
  ["\\eta", "η", ""],
  ["\\beta_1", "β", "1"],
  ["c_v", "c", "v"],
  ["t_{\\max}", "t", "max"],
  ["\\|\\nabla\\|_{\\max}", "‖∇‖", "max"],
  ["\\tilde A", "A\u0303", ""],
  ["\\bar\\rho", "ρ\u0304", ""],
  ["\\bar c", "c\u0304", ""],
  ["\\epsilon_{\\mathrm{clip}}", "ϵ", "clip"],
  ["", "", ""],
  ["\\unknown", "unknown", ""],
])("reads the catalogue's symbol %s", (latex, base, subscript) => {
  expect(parseSymbol(latex)).toEqual({ base, subscript });
});
