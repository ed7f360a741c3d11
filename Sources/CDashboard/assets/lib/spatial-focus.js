// Moves the focus between boxes on a plane with the arrow keys.

const directions = {
  ArrowUp: { along: "y", across: "x", sign: -1 }, ArrowDown: { along: "y", across: "x", sign: 1 },
  ArrowLeft: { along: "x", across: "y", sign: -1 }, ArrowRight: { along: "x", across: "y", sign: 1 },
};
/** How much a distance across the direction counts. */
const acrossWeight = 2;

/**
 * The identifier of the box that a key leads to; undefined if there is none.
 *
 * @param {Map<string, {x: number, y: number, width: number, height: number}>} places the boxes
 * @param {string} from the identifier of the box with the focus
 * @param {string} key the name of an arrow key, Home or End
 */
export function nextBox(places, from, key) {
  if (key === "Home") return [...places.keys()][0];
  if (key === "End") return [...places.keys()].at(-1);
  const direction = directions[key];
  if (!direction || !places.has(from)) return undefined;
  const start = point(places.get(from));
  let best;
  for (const [id, box] of places) {
    const end = point(box);
    const along = (end[direction.along] - start[direction.along]) * direction.sign;
    if (id === from || along < 1) continue;
    const distance = along + Math.abs(end[direction.across] - start[direction.across]) * acrossWeight;
    if (!best || distance < best.distance) best = { id, distance };
  }
  return best?.id;
}

/** The middle of the head of a box, so that a frame is above the boxes inside it. */
function point({ x, y, width, height }) {
  return { x: x + width / 2, y: y + Math.min(height / 2, 22) };
}
