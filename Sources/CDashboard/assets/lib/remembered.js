// Choices that the browser remembers, such as the columns of the list of jobs.

/** The stored value; `initial` if there is none, or if the browser forbids storage. */
export function recall(name, initial) {
  try {
    return JSON.parse(localStorage.getItem(`longhaul-${name}`)) ?? initial;
  } catch {
    return initial;
  }
}

/** Stores a value. Without storage, the choice is lost with the page. */
export function remember(name, value) {
  try {
    localStorage.setItem(`longhaul-${name}`, JSON.stringify(value));
  } catch {
    // The browser forbids storage, or it is full.
  }
}
