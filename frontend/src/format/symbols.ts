/** The short LaTeX symbols of the catalogue as text with a subscript: `c_v`, `t_{\max}`. */

export interface MathSymbol {
  readonly base: string;
  readonly subscript: string;
}

const COMMANDS: Readonly<Record<string, string>> = {
  alpha: "α",
  beta: "β",
  gamma: "γ",
  epsilon: "ϵ",
  varepsilon: "ε",
  eta: "η",
  lambda: "λ",
  nabla: "∇",
  rho: "ρ",
  tau: "τ",
  theta: "θ",
  max: "max",
  min: "min",
  "|": "‖",
};

/** Combining characters: they come after the letter. */
const ACCENTS: Readonly<Record<string, string>> = { tilde: "\u0303", bar: "\u0304" };

/** Reads a symbol; unknown commands keep their name, so that nothing is lost. */
export function parseSymbol(latex: string): MathSymbol {
  const [base = "", ...rest] = latex.split("_");
  return { base: plain(base), subscript: plain(rest.join("_").replaceAll(/[{}]/g, "")) };
}

function plain(latex: string): string {
  return latex
    .replaceAll(/\\mathrm/g, "")
    .replaceAll(
      /\\(tilde|bar)\s*(\\[a-zA-Z]+|\w)/g,
      (_, accent: string, letter: string) => `${letter} ${ACCENTS[accent] ?? ""}`,
    )
    .replaceAll(/\\([a-zA-Z]+|\|)/g, (_, name: string) => COMMANDS[name] ?? name)
    .replaceAll(/\s+/g, "");
}
