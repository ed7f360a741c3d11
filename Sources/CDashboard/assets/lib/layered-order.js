// Orders the rows of a layered layout so that few lines cross.

/** The number of passes. */
const sweeps = 12;

/** Orders each row by the mean place of the neighbours of its items, and keeps the best order that it finds. */
export function arrange(rows) {
  rows.forEach(number);
  let best = rows.map((row) => [...row]);
  let fewest = crossings(rows);
  for (let sweep = 0; sweep < sweeps && fewest > 0; sweep += 1) {
    const isDown = sweep % 2 === 0;
    for (const row of isDown ? rows : [...rows].reverse()) sort(row, isDown);
    const found = crossings(rows);
    if (found < fewest) {
      fewest = found;
      best = rows.map((row) => [...row]);
    }
  }
  best.forEach((row, index) => {
    rows[index].splice(0, row.length, ...row);
    number(rows[index]);
  });
}

function number(row) {
  row.forEach((item, index) => { item.order = index; });
}

function sort(row, isDown) {
  for (const item of row) item.rank = wantedOrder(item, isDown);
  row.sort((one, other) => one.rank - other.rank || one.order - other.order);
  number(row);
}

function wantedOrder(item, isDown) {
  const near = isDown ? item.up : item.down;
  if (near.length) return near.reduce((sum, { item: { order } }) => sum + order, 0) / near.length;
  return item.beside ? item.beside.order + 0.5 : item.order;
}

/** The number of lines between adjacent rows that cross. */
function crossings(rows) {
  let sum = 0;
  for (const row of rows) {
    const ends = row.flatMap((item) => item.down.map(({ item: { order } }) => order).sort((one, other) => one - other));
    sum += inversions(ends);
  }
  return sum;
}

/** The number of pairs in the wrong order, with a binary indexed tree. */
function inversions(numbers) {
  const size = Math.max(0, ...numbers) + 2;
  const tree = new Array(size + 1).fill(0);
  let sum = 0;
  numbers.forEach((number, index) => {
    let notGreater = 0;
    for (let place = number + 1; place > 0; place -= place & -place) notGreater += tree[place];
    sum += index - notGreater;
    for (let place = number + 1; place <= size; place += place & -place) tree[place] += 1;
  });
  return sum;
}
