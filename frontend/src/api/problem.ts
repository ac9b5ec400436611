/** Errors of the API (RFC 9457, `application/problem+json`) as one typed exception. */

export interface FieldProblem {
  /** Where: the path of the field in the request's body. */
  readonly loc: readonly (string | number)[];
  readonly message: string;
}

export class ApiProblem extends Error {
  override readonly name = "ApiProblem";
  /** HTTP status; 0 if no answer came at all. */
  readonly status: number;
  /** Stable; may be compared. */
  readonly code: string;
  readonly fields: readonly FieldProblem[];

  constructor(
    message: string,
    details: { status: number; code: string; fields?: readonly FieldProblem[] },
  ) {
    super(message);
    this.status = details.status;
    this.code = details.code;
    this.fields = details.fields ?? [];
  }
}

/** The server could not be reached: nothing is known about what became of the request. */
export function unreachable(): ApiProblem {
  return new ApiProblem("The server does not answer.", { status: 0, code: "unreachable" });
}

/** Reads a refusal's body, whatever it is, without throwing. */
export function readProblem(status: number, body: unknown): ApiProblem {
  if (!isRecord(body)) {
    return new ApiProblem(`The server answered ${status} without saying why.`, {
      status,
      code: "unexplained",
    });
  }
  const words = [body.detail, body.title].find((text) => typeof text === "string" && text !== "");
  return new ApiProblem(typeof words === "string" ? words : `The server answered ${status}.`, {
    status,
    code: typeof body.code === "string" ? body.code : "unexplained",
    fields: Array.isArray(body.errors) ? body.errors.flatMap(readField) : [],
  });
}

/** What to tell a person about any error. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function readField(entry: unknown): FieldProblem[] {
  if (!isRecord(entry) || !Array.isArray(entry.loc) || typeof entry.message !== "string") return [];
  const loc = entry.loc.filter((part) => typeof part === "string" || typeof part === "number");
  return [{ loc, message: entry.message }];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
