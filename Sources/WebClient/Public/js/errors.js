/**
 * What went wrong, for the program and for its reader.
 * @module
 */

/** An answer that is not a success, or no answer (`status` 0). */
export class ApiError extends Error {
  /** @param {number} status @param {string} detail What the server said, where it said more than the status. */
  constructor(status, detail) {
    super(detail || `HTTP ${status}`);
    this.status = status;
    this.detail = detail;
  }
}

const reasons = {
  0: "The server can’t be reached. Please check your connection and try again.",
  400: "The server did not understand this.",
  401: "Please log in for this.",
  403: "You are not allowed to do this.",
  404: "There is nothing here.",
  409: "This name is already taken.",
  413: "This is more than the server takes.",
  429: "That was too often. Please wait a moment.",
  500: "The server had a problem. Please try again.",
  502: "The server is not answering at the moment. Please try again.",
  503: "The server is not available at the moment. Please try again.",
  504: "The server did not answer in time. Please try again.",
};

/**
 * An error in words for a reader.
 * @param {unknown} error
 * @param {Record<number, string>} [particular] What a status means here.
 */
export function inWords(error, particular = {}) {
  if (!(error instanceof ApiError)) return "Something went wrong in this page. Please reload it.";
  const words = particular[error.status];
  if (words) return words;
  const general = reasons[/** @type {keyof typeof reasons} */ (error.status)] ?? `The server answered ${error.status}.`;
  return error.detail ? `${general} (${error.detail})` : general;
}

/** Reads what an error answer says, unless it only repeats its status. @param {Response} response */
export async function errorDetail(response) {
  const text = (await response.text().catch(() => "")).trim();
  const type = response.headers.get("Content-Type") ?? "";
  if (type.includes("json")) {
    try {
      const body = JSON.parse(text);
      return String(body.error?.message ?? body.error ?? body.message ?? "").slice(0, 300);
    } catch {
      return "";
    }
  }
  // `Bad Request: what was wrong`; the reason phrase alone says no more than the status.
  return type.startsWith("text/plain") ? text.replace(/^[A-Z][A-Za-z ]*(?:: *|$)/, "").slice(0, 300) : "";
}
