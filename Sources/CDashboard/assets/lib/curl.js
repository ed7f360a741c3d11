// What commands for a shell have in common: quotation, the API key, and the clipboard.

/** The argument of curl with the API key. It has the name of a variable, and never a key. */
export const keyArgument = '-H "Authorization: Bearer $LONGHAUL_API_KEY"';

/** A text as one word of a POSIX shell: in single quotes nothing has a meaning but the quote itself. */
export function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Copies a text; returns whether the browser allows it. Browsers do on secure pages and on this machine. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}
