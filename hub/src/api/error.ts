/** A problem in a file of a bundle. */
export interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly help?: string | null;
}

/** What a server says of a request that it did not answer (RFC 9457). */
interface Problem {
  readonly type?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly help?: string;
  readonly request?: string;
  readonly [further: string]: unknown;
}

/** Why there is no answer: what the server said, or that it could not be reached. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** Of HTTP; 0 where the server was not reached. */
    readonly status: number,
    /** The end of the problem's `type`, by which programs tell problems apart. */
    readonly code: string,
    readonly title: string,
    readonly detail: string | null,
    /** What to do about it. */
    readonly help: string | null,
    /** The id under which the request is on record. */
    readonly request: string | null,
    /** The whole document, for those who know more of its kind. */
    readonly problem: Readonly<Record<string, unknown>>,
  ) {
    super(detail ?? title);
  }

  /** Nobody is signed in, or the session is over. */
  get unauthenticated(): boolean {
    return this.status === 401;
  }

  /** There is no such thing, or none that the reader may know of. */
  get missing(): boolean {
    return this.status === 404;
  }

  /** The server was not reached. */
  get unreachable(): boolean {
    return this.status === 0;
  }

  /** The error of an answer whose body is a problem document, or is not. */
  static of(response: { readonly status: number; readonly statusText: string }, body: unknown): ApiError {
    const problem: Problem = isRecord(body) ? body : {};
    return new ApiError(
      response.status,
      text(problem.type)?.split(":").pop() ?? "unknown",
      text(problem.title) ?? (response.statusText || `HTTP ${response.status}`),
      text(problem.detail),
      text(problem.help),
      text(problem.request),
      problem,
    );
  }

  /** The server gave no answer at all. */
  static unreached(cause: unknown): ApiError {
    const error = new ApiError(0, "unreachable", "the server cannot be reached", null, null, null, {});
    error.cause = cause;
    return error;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}
