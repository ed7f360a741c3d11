// Computes the positions of the boxes and lines of a graph of jobs, in columns from left to right in the order of the work.

/** The size of a box, of the space between boxes, and of the margin, in pixels. */
export const box = { width: 200, height: 48 };
const gap = { x: 60, y: 16 };
const margin = 6;
/** The number of passes that improve the order within columns. */
const sweeps = 6;

/**
 * Lays a graph out: `{places, lines, width, height}`. `places` has the upper left corner of each node's box; a line is
 * `{from, to, kind, points}`, where `points` are the pairs of coordinates that it goes through.
 *
 * Columns follow from the edges that form no cycle: first those of kind "needs", then the others. A parent that waits
 * for its children is to the right of them, so the edge from the parent to such a child is redundant and left
 * out. Any other edge from right to left is drawn below the boxes, and moves none of them.
 */
export function layOut(nodes, edges) {
  const { forward, backward } = split(nodes, edges);
  const column = columns(nodes, forward);
  const layers = layersOf(nodes, forward, column);
  arrange(layers);
  const { places, height } = place(layers);
  const left = (index) => margin + index * (box.width + gap.x);
  for (const [id, index] of column) Object.assign(places.get(id), { x: left(index) });
  const lines = [
    ...forward.map((edge) => ({ ...edge, points: pointsOf(edge, column, places, left) })),
    ...backward.map((edge) => ({ ...edge, isBackward: true, points: pointsBelow(edge, places) })),
  ];
  const low = backward.length > 0 ? 34 : 0;
  return { places, lines, width: left(layers.length) - gap.x + margin, height: height + low };
}

/** The edges that form no cycle, and the edges that would close one. */
function split(nodes, edges) {
  const next = new Map(nodes.map(({ id }) => [id, []]));
  const forward = [];
  const backward = [];
  for (const edge of [...edges].sort((one, other) => (one.kind === "made") - (other.kind === "made"))) {
    if (!reaches(edge.to, edge.from, next)) {
      next.get(edge.from).push(edge.to);
      forward.push(edge);
    } else if (!next.get(edge.to).includes(edge.from)) {
      backward.push(edge);
    }
  }
  return { forward, backward };
}

function reaches(from, to, next) {
  const seen = new Set([from]);
  for (const id of seen) {
    if (id === to) return true;
    for (const other of next.get(id)) seen.add(other);
  }
  return false;
}

/** The column of each node: one more than the highest column of its predecessors. A node without predecessors moves right,
 * next to its successors. */
function columns(nodes, edges) {
  const before = new Map(nodes.map(({ id }) => [id, []]));
  const after = new Map(nodes.map(({ id }) => [id, []]));
  for (const { from, to } of edges) {
    before.get(to).push(from);
    after.get(from).push(to);
  }
  const column = new Map();
  const columnOf = (id) => {
    if (!column.has(id)) column.set(id, Math.max(-1, ...before.get(id).map(columnOf)) + 1);
    return column.get(id);
  };
  nodes.forEach(({ id }) => columnOf(id));
  for (const { id } of nodes) {
    if (before.get(id).length === 0 && after.get(id).length > 0) {
      column.set(id, Math.min(...after.get(id).map((other) => column.get(other))) - 1);
    }
  }
  return column;
}

/** The columns with their nodes, and a bend where an edge passes a column. */
function layersOf(nodes, edges, column) {
  const layers = Array.from({ length: Math.max(...column.values()) + 1 }, () => []);
  const all = new Map();
  const add = (id, index, height) => {
    const item = { id, height, before: [], after: [] };
    all.set(id, item);
    layers[index].push(item);
    return item;
  };
  const isLast = ({ more }) => (more ? 1 : 0);
  for (const node of [...nodes].sort((one, other) => isLast(one) - isLast(other) || one.id.localeCompare(other.id))) {
    add(node.id, column.get(node.id), box.height);
  }
  for (const edge of edges) {
    let previous = all.get(edge.from);
    for (let index = column.get(edge.from) + 1; index <= column.get(edge.to); index += 1) {
      const item = index === column.get(edge.to) ? all.get(edge.to) : add(bend(edge, index), index, 4);
      previous.after.push(item);
      item.before.push(previous);
      previous = item;
    }
  }
  return layers;
}

function bend({ from, to }, index) {
  return `${from} ${to} ${index}`;
}

/** Orders each column by the mean position of the neighbours of its nodes, so that few lines cross. */
function arrange(layers) {
  const number = (layer) => layer.forEach((item, index) => { item.order = index - (layer.length - 1) / 2; });
  layers.forEach(number);
  for (let sweep = 0; sweep < sweeps; sweep += 1) {
    const isForward = sweep % 2 === 0;
    for (const layer of isForward ? layers : [...layers].reverse()) {
      for (const item of layer) {
        const others = isForward ? item.before : item.after;
        item.middle = others.length ? others.reduce((sum, { order }) => sum + order, 0) / others.length : item.order;
      }
      layer.sort((one, other) => one.middle - other.middle);
      number(layer);
    }
  }
}

/** Gives each item of each column its height on the page; columns are centred. */
function place(layers) {
  const total = (layer) => layer.reduce((sum, { height }) => sum + height, 0) + (layer.length - 1) * gap.y;
  const tallest = Math.max(...layers.map(total));
  const places = new Map();
  for (const layer of layers) {
    let y = margin + Math.round((tallest - total(layer)) / 2);
    for (const { id, height } of layer) {
      places.set(id, { y, height });
      y += height + gap.y;
    }
  }
  return { places, height: tallest + 2 * margin };
}

function pointsOf(edge, column, places, left) {
  const middle = (id) => places.get(id).y + places.get(id).height / 2;
  const points = [[left(column.get(edge.from)) + box.width, middle(edge.from)]];
  for (let index = column.get(edge.from) + 1; index < column.get(edge.to); index += 1) {
    const y = middle(bend(edge, index));
    points.push([left(index), y], [left(index) + box.width, y]);
  }
  points.push([left(column.get(edge.to)), middle(edge.to)]);
  return points;
}

function pointsBelow({ from, to }, places) {
  const bottom = (id) => [places.get(id).x + box.width / 2, places.get(id).y + box.height];
  return [bottom(from), bottom(to)];
}
