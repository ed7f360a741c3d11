// The lines of a layered layout as SVG paths. Lines bend only between rows, so they never cross a node.

/** The space between the lines that leave a node, and how far a line to an earlier row goes beyond a row, in pixels. */
const portSpace = 18;
const turn = 22;

/** The lines of a level: `{key, moved(dx, dy)}`. */
export function linesOf({ items, rows, lanes, edges, backward }) {
  const ports = portsOf(items);
  const lines = [];
  for (const edge of edges) {
    const [source, target] = [items.get(edge.from), items.get(edge.to)];
    if (backward.has(edge) || target.row !== source.row + 1) continue;
    const steps = [...leave(ports.get(edge), source, rows), [target.x, rows[target.row].top], [target.x, target.y]];
    lines.push(line(`${edge.from} ${edge.to} ${edge.kind}`, edge.kind, steps, true, [edge]));
  }
  for (const lane of lanes) lines.push(...laneLines(lane, { items, rows, ports }));
  return lines;
}

/** Where each edge leaves its node: in the order of the places it leads to. The main way leaves in the middle. */
function portsOf(items) {
  const ports = new Map();
  for (const { x, width, out } of items.values()) {
    const sorted = [...out].sort((one, other) => one.x() - other.x());
    const space = Math.min(portSpace, (width - 40) / 2 / Math.max(1, sorted.length));
    const main = sorted.findIndex(({ edge }) => edge.kind === "next");
    const middle = main >= 0 ? main : (sorted.length - 1) / 2;
    sorted.forEach(({ edge }, index) => ports.set(edge, x + (index - middle) * space));
  }
  return ports;
}

/** The points from a node to the lower edge of its row. */
function leave(x, source, rows) {
  return [[x, source.y + source.height], [x, rows[source.row].bottom]];
}

/** The lines of a lane: from each node to the lane, and the pieces of the lane, which stand for all edges above. */
function laneLines(lane, { items, rows, ports }) {
  const { key, kind, edges, stops, target, isBackward } = lane;
  const entryRow = (edge) => items.get(edge.from).row + (isBackward ? 0 : 1);
  const sorted = [...edges].sort((one, other) => (isBackward ? -1 : 1) * (entryRow(one) - entryRow(other)));
  const lines = sorted.map((edge) => {
    const stop = stops.get(entryRow(edge));
    const start = leave(ports.get(edge), items.get(edge.from), rows);
    const end = [stop.x, rows[stop.row][isBackward ? "bottom" : "top"]];
    return line(`${key} from ${edge.from}`, kind, [...start, end], false, [edge], isBackward);
  });
  const entries = [...new Set(sorted.map(entryRow))];
  entries.forEach((from, index) => {
    const isLast = index === entries.length - 1;
    const until = isLast ? null : entries[index + 1];
    const steps = isBackward ? upward(lane, rows, from, until) : downward(lane, rows, from, until);
    const used = sorted.filter((edge) => (isBackward ? entryRow(edge) >= from : entryRow(edge) <= from));
    lines.push(line(`${key} at ${from}`, kind, steps, isLast, used, isBackward && isLast));
  });
  return lines;
}

/** The points of a lane from a row to the row where another line joins, or to its target. */
function downward({ stops, target }, rows, from, until) {
  const steps = [];
  for (let row = from; stops.has(row) && row !== until; row += 1) {
    steps.push([stops.get(row).x, rows[row].top], [stops.get(row).x, rows[row].bottom]);
  }
  if (until !== null) return [...steps, [stops.get(until).x, rows[until].top]];
  return [...steps, [target.x, rows[target.row].top], [target.x, target.y]];
}

/** Like `downward`, for a lane that leads to an earlier row. */
function upward({ stops, target }, rows, from, until) {
  const steps = [];
  for (let row = from; stops.has(row) && row !== until; row -= 1) {
    steps.push([stops.get(row).x, rows[row].bottom], [stops.get(row).x, rows[row].top]);
  }
  if (until !== null) return [...steps, [stops.get(until).x, rows[until].bottom]];
  const x = target.x + Math.min(target.width / 4, 40);
  return [...steps, [x, rows[target.row].top], [x, target.y]];
}

/** A line through points. With `turns`, the step between different columns at the same height is a turn. */
function line(key, kind, steps, hasTip, edges, turns = false) {
  return {
    moved(dx, dy) {
      const points = steps.map(([x, y]) => [Math.round(x + dx), Math.round(y + dy)]);
      return { key, kind, path: path(points, turns), tip: hasTip ? points.at(-1) : null, edges };
    },
  };
}

function path(points, turns) {
  let text = `M${points[0].join(" ")}`;
  for (let index = 1; index < points.length; index += 1) {
    const [[x1, y1], [x2, y2]] = [points[index - 1], points[index]];
    if (x1 === x2) {
      text += y1 === y2 ? "" : `V${y2}`;
    } else if (turns && y1 === y2) {
      // Below the row at the start of the way up, above it at the end.
      const beyond = index < points.length - 1 ? y1 - turn : y1 + turn;
      text += `C${x1} ${beyond} ${x2} ${beyond} ${x2} ${y2}`;
    } else {
      const half = (y1 + y2) / 2;
      text += `C${x1} ${half} ${x2} ${half} ${x2} ${y2}`;
    }
  }
  return text;
}
