// A layered layout of directed graphs from top to bottom: nodes in rows, each below the nodes that lead to it. A node can
// be a frame that encloses graphs of its own, side by side.
//
// The steps are those of Sugiyama: break cycles, assign rows, order the rows so that few lines cross, assign coordinates.
// Lines that pass rows on their way to the same node share a lane, so that a hundred lines to one node are one line.

import { arrange } from "./layered-order.js";
import { linesOf } from "./layered-lines.js";

/** Spaces in pixels: between the nodes of a row, between rows, around the graph, and inside a frame. */
const spaces = { x: 28, y: 46, margin: 26, framePadding: 14, frameHead: 52, lane: 8 };
/** The number of passes that straighten lines. */
const straightenings = 24;
/** How much a line of a kind pulls its ends to one column. Long lines and the main way are straight. */
const pulls = { next: 8, choice: 2, catch: 0.3, lane: 16 };

/**
 * Lays a graph out.
 *
 * @param {{nodes: {id: string, width: number, height: number, parts?: object[]}[],
 *   edges: {from: string, to: string, kind: string}[]}} graph the first node comes first; `parts` are the graphs that a
 *   frame encloses, whose identifiers differ from all others
 * @returns {{width: number, height: number, places: Map<string, object>, lines: object[]}} `places` has the box
 *   `{x, y, width, height, parts}` of each node; `parts` are the boxes of the parts of a frame. A line is `{key, kind, path, tip, edges}`:
 *   an SVG path, the point of its arrow or null, and the edges that it stands for
 */
export function layOut(graph) {
  const result = { places: new Map(), lines: [] };
  const root = layOutLevel(graph);
  flatten(root, 0, 0, result);
  return { ...result, width: root.width, height: root.height };
}

/** One level in coordinates of its own. Frames have the levels that they enclose. */
function layOutLevel({ nodes, edges }) {
  const items = new Map(nodes.map((node) => [node.id, sized(node)]));
  const known = edges.filter(({ from, to }) => items.has(from) && items.has(to));
  const backward = backwardEdges(nodes, known);
  const rows = rowsOf(items, known, backward);
  const lanes = addLanes(rows, items, known, backward);
  arrange(rows);
  assignX(rows);
  const { width, height } = assignBounds(rows);
  return { items, width, height, lines: linesOf({ items, rows, lanes, edges: known, backward }) };
}

/** A node with its size; that of a frame follows from what it encloses. */
function sized(node) {
  const item = { id: node.id, width: node.width, height: node.height, up: [], down: [], levels: [], out: [] };
  if (!node.parts?.length) return item;
  item.levels = node.parts.map(layOutLevel);
  const inner = item.levels.reduce((sum, level) => sum + level.width, 0);
  item.width = Math.max(node.width, inner + 2 * spaces.framePadding);
  item.height = Math.max(...item.levels.map((level) => level.height)) + spaces.frameHead + spaces.framePadding;
  return item;
}

/** The edges that close a cycle, found by a depth-first search from the first node. */
function backwardEdges(nodes, edges) {
  const out = new Map(nodes.map(({ id }) => [id, []]));
  for (const edge of edges) out.get(edge.from).push(edge);
  const states = new Map();
  const backward = new Set();
  for (const { id } of nodes) {
    if (states.has(id)) continue;
    const path = [{ id, next: 0 }];
    states.set(id, "open");
    while (path.length) {
      const top = path.at(-1);
      const edge = out.get(top.id)[top.next++];
      if (!edge) {
        states.set(top.id, "done");
        path.pop();
      } else if (states.get(edge.to) === "open") {
        backward.add(edge);
      } else if (!states.has(edge.to)) {
        states.set(edge.to, "open");
        path.push({ id: edge.to, next: 0 });
      }
    }
  }
  return backward;
}

/** The rows. A node is in the row below the lowest of its predecessors. */
function rowsOf(items, edges, backward) {
  const forward = edges.filter((edge) => !backward.has(edge));
  const waiting = new Map([...items.keys()].map((id) => [id, 0]));
  const out = new Map([...items.keys()].map((id) => [id, []]));
  for (const { from, to } of forward) {
    waiting.set(to, waiting.get(to) + 1);
    out.get(from).push(to);
  }
  const rows = [];
  const ready = [...items.keys()].filter((id) => waiting.get(id) === 0);
  for (const id of ready) items.get(id).row = 0;
  for (const id of ready) {
    const item = items.get(id);
    (rows[item.row] ??= []).push(item);
    for (const to of out.get(id)) {
      const target = items.get(to);
      target.row = Math.max(target.row ?? 0, item.row + 1);
      waiting.set(to, waiting.get(to) - 1);
      if (waiting.get(to) === 0) ready.push(to);
    }
  }
  return rows;
}

/** Adds a lane to the rows that lines to a node pass. Lines of the same kind to the same node share it. */
function addLanes(rows, items, edges, backward) {
  const lanes = new Map();
  for (const edge of edges) {
    const [source, target] = [items.get(edge.from), items.get(edge.to)];
    const isBackward = backward.has(edge);
    if (!isBackward && target.row === source.row + 1) {
      connect(source, target, pullOf(edge.kind));
      source.out.push({ x: () => target.x, edge });
      continue;
    }
    const key = `${edge.to} ${edge.kind} ${isBackward ? "up" : "down"}`;
    if (!lanes.has(key)) lanes.set(key, { key, target, kind: edge.kind, isBackward, edges: [], stops: new Map() });
    lanes.get(key).edges.push(edge);
  }
  for (const lane of lanes.values()) fillLane(lane, rows, items);
  return [...lanes.values()];
}

function fillLane(lane, rows, items) {
  const { target, isBackward } = lane;
  const sources = lane.edges.map(({ from }) => items.get(from));
  const [first, last] = isBackward
    ? [target.row, Math.max(...sources.map(({ row }) => row))]
    : [Math.min(...sources.map(({ row }) => row)) + 1, target.row - 1];
  let previous = null;
  for (let row = first; row <= last; row += 1) {
    const stop = { id: `${lane.key} ${row}`, width: spaces.lane, height: 0, row, isLane: true, up: [], down: [], beside: null };
    lane.stops.set(row, stop);
    rows[row].push(stop);
    if (previous) connect(previous, stop, pulls.lane);
    previous = stop;
  }
  if (isBackward) lane.stops.get(first).beside = target;
  else connect(previous, target, pullOf(lane.kind) / 2);
  for (const [index, source] of sources.entries()) {
    const stop = lane.stops.get(isBackward ? source.row : source.row + 1);
    if (isBackward) stop.beside ??= source;
    else connect(source, stop, pullOf(lane.kind) / 4);
    source.out.push({ x: () => stop.x, edge: lane.edges[index] });
  }
}

function pullOf(kind) {
  return pulls[kind] ?? 1;
}

function connect(above, below, pull) {
  above.down.push({ item: below, pull });
  below.up.push({ item: above, pull });
}

/** The horizontal coordinates of the middles: each item near the items above and below it, without overlaps. */
function assignX(rows) {
  for (const row of rows) {
    let x = 0;
    for (const item of row) {
      item.x = x + item.width / 2;
      x += item.width + spaces.x;
    }
    for (const item of row) item.x -= (x - spaces.x) / 2;
  }
  for (let pass = 0; pass < straightenings; pass += 1) {
    const isDown = pass % 2 === 0;
    const isLast = pass >= straightenings - 4;
    for (const row of isDown ? rows : [...rows].reverse()) {
      spread(row, isLast ? (item) => middle([...item.up, ...item.down], item) : (item) => middle(isDown ? item.up : item.down, item));
    }
  }
}

/** Where the neighbours of an item pull it, and how strongly: `[x, weight]`. */
function middle(near, item) {
  const weight = near.reduce((sum, { pull }) => sum + pull, 0);
  if (weight > 0) return [near.reduce((sum, { item: other, pull }) => sum + other.x * pull, 0) / weight, weight];
  const isBeside = item.beside && !item.up.length && !item.down.length;
  return [isBeside ? item.beside.x + (item.beside.width + item.width) / 2 + spaces.x : item.x, 0.1];
}

/**
 * Moves the items of a row as near to their wanted places as their order and their spaces allow. This is the isotonic
 * regression of the wanted places: items that are too close become a block, which takes their weighted mean.
 */
function spread(row, wanted) {
  const blocks = [];
  let offset = 0;
  row.forEach((item, index) => {
    if (index > 0) offset += (row[index - 1].width + item.width) / 2 + spaces.x;
    const [x, weight] = wanted(item);
    let block = { items: [[item, offset]], weight, mean: x - offset };
    while (blocks.length && blocks.at(-1).mean > block.mean) {
      const last = blocks.pop();
      const sum = last.weight + block.weight;
      block = {
        items: last.items.concat(block.items), weight: sum,
        mean: (last.mean * last.weight + block.mean * block.weight) / sum,
      };
    }
    blocks.push(block);
  });
  for (const { items, mean } of blocks) {
    for (const [item, place] of items) item.x = mean + place;
  }
}

/** Moves the graph to its margins, and gives each row and its items their vertical coordinates. */
function assignBounds(rows) {
  const all = rows.flat();
  const left = Math.min(...all.map(({ x, width }) => x - width / 2)) - spaces.margin;
  const right = Math.max(...all.map(({ x, width }) => x + width / 2)) + spaces.margin;
  let y = spaces.margin;
  for (const row of rows) {
    row.top = y;
    row.bottom = y + Math.max(...row.map(({ height }) => height));
    for (const item of row) {
      item.x = Math.round(item.x - left);
      item.y = item.isLane ? y : Math.round(y + (row.bottom - y - item.height) / 2);
    }
    y = row.bottom + spaces.y;
  }
  return { width: Math.ceil(right - left), height: y - spaces.y + spaces.margin };
}

/** Adds a level to the result, moved to its place on the page. */
function flatten(level, dx, dy, result) {
  for (const line of level.lines) result.lines.push(line.moved(dx, dy));
  for (const item of level.items.values()) {
    const box = { x: item.x - item.width / 2 + dx, y: item.y + dy, width: item.width, height: item.height, parts: [] };
    result.places.set(item.id, box);
    const inner = item.levels.reduce((sum, { width }) => sum + width, 0);
    let x = box.x + (item.width - inner) / 2;
    for (const part of item.levels) {
      const y = box.y + spaces.frameHead;
      box.parts.push({ x, y, width: part.width, height: item.height - spaces.frameHead - spaces.framePadding });
      flatten(part, x, y, result);
      x += part.width;
    }
  }
}
