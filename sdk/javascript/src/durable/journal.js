import { withQuery } from "../client/pages.js";

/** All operations of the journal of a leased job. The lease has the first ones. */
export async function items(client, { lease, token, signal }) {
  const operations = [...lease.journal.operations];
  let cursor = lease.journal.next_cursor;
  while (cursor) {
    const path = withQuery(`/v1/leases/${token}/journal`, { cursor, limit: 500 });
    const page = await client.get(path, { retrySeconds: Infinity, signal });
    operations.push(...page.items);
    cursor = page.next_cursor;
  }
  return operations;
}
