// The window of lines that a log shows. It moves with the scroll position, so that a log of any length has few elements in the
// document.

/** The number of lines in the document, and by how many the window moves. */
const size = 400;
const step = 150;
/** The distance to the edge of the frame at which the window moves, in pixels. */
const edge = 400;
/** The identifier of the frame, an element with one child for each line. `data-place` is the place of the line in `lines`. */
export const frameID = "log";

/**
 * The window.
 *
 * @param {{lines: () => {number: number}[], isLive: () => boolean, draw: () => void}} log all lines, whether lines are added, and
 *   what draws the frame; after it, the page calls `settle`
 */
export function lineWindow({ lines, isLive, draw }) {
  let first = 0;
  let isFollowing = true;
  // What the next call of `settle` does with the scroll position.
  let next = null;
  let lastTop = 0;

  const clamp = (place) => Math.max(0, Math.min(place, lines().length - size));

  /** The place of the first line, and the lines. */
  function visible() {
    first = clamp(isLive() && isFollowing ? Infinity : first);
    return { first, lines: lines().slice(first, first + size) };
  }

  /** Moves the window by a number of lines. The first visible line stays where it is. */
  function move(frame, by) {
    const start = clamp(first + by);
    if (start === first) return;
    first = start;
    const top = frame.getBoundingClientRect().top;
    const anchor = [...frame.children].find((row) =>
      row.getBoundingClientRect().bottom > top && placeOf(row) >= first && placeOf(row) < first + size);
    if (anchor) next = { place: placeOf(anchor), offset: anchor.getBoundingClientRect().top - top };
    draw();
  }

  function scrolled({ currentTarget: frame }) {
    const isUp = frame.scrollTop < lastTop - 2;
    lastTop = frame.scrollTop;
    const rest = frame.scrollHeight - frame.clientHeight - frame.scrollTop;
    const isEnd = rest < 4 && first + size >= lines().length;
    if (isUp ? isFollowing && !isEnd : !isFollowing && isEnd) setFollowing(isEnd);
    if (frame.scrollTop < edge) move(frame, -step);
    else if (rest < edge) move(frame, step);
  }

  /** Home and End reach the first and the last line of the log, not of the window. */
  function pressed(event) {
    if (event.key !== "Home" && event.key !== "End") return;
    event.preventDefault();
    jump(event.key === "End");
  }

  function jump(isToEnd) {
    isFollowing = isToEnd;
    first = isToEnd ? clamp(Infinity) : 0;
    next = { top: isToEnd ? Infinity : 0 };
    draw();
  }

  function setFollowing(value) {
    isFollowing = value;
    draw();
  }

  /** Changes the scroll position after a drawing. */
  function settle() {
    const frame = document.getElementById(frameID);
    if (!frame) return;
    if (next?.line !== undefined) reveal(frame, next);
    else if (next?.place !== undefined) scrollTo(frame, next.place, next.offset);
    else if (next) frame.scrollTop = Math.min(next.top, frame.scrollHeight);
    else if (isLive() && isFollowing) frame.scrollTop = frame.scrollHeight;
    // A line may still be on its way.
    if (next?.line === undefined) next = null;
    lastTop = frame.scrollTop;
  }

  function reveal(frame, { line, isPage }) {
    const place = lines().findIndex(({ number }) => number === line);
    if (place < 0) return;
    next = { place, offset: frame.clientHeight / 3 };
    first = clamp(place - size / 2);
    draw();
    if (isPage) frame.scrollIntoView({ block: "center" });
  }

  return {
    visible, scrolled, pressed, settle, setFollowing,
    get isFollowing() { return isFollowing; },
    /** Shows the beginning of other lines; the end, if lines are added. */
    restart() { jump(isLive()); },
    /** Shows a line when it is there. With `isPage`, the page scrolls to the log. */
    show(line, isPage = false) {
      isFollowing = false;
      next = { line, isPage };
    },
  };
}

function placeOf(row) {
  return Number(row.dataset.place);
}

function scrollTo(frame, place, offset) {
  const row = frame.querySelector(`[data-place="${place}"]`);
  if (row) frame.scrollTop += row.getBoundingClientRect().top - frame.getBoundingClientRect().top - offset;
}
