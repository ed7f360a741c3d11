// Uses the generated TypeScript client: `program.js ADDRESS`.

import { Configuration, JobsApi, ResponseError, WorkersApi } from "./client";

declare const process: { argv: string[]; exitCode: number };

function expect(condition: boolean, value: unknown): void {
  if (!condition) throw new Error(`not as expected: ${JSON.stringify(value)}`);
}

async function main(address: string): Promise<void> {
  const configuration = new Configuration({ basePath: address });
  const jobs = new JobsApi(configuration);
  const workers = new WorkersApi(configuration);
  const job = await jobs.submitJob({ newJob: { kind: "mail.send", payload: { to: "a@example.com" } } });
  expect(job.state === "pending" && job.attempt === 0, job);
  expect((await jobs.getJob({ id: job.id })).kind === "mail.send", job);

  await jobs.submitJob({ newJob: { kind: "mail.later", delaySeconds: 3600 } });
  const page = await jobs.listJobs({ state: ["pending", "scheduled"], limit: 10 });
  expect(page.items.length === 2 && page.nextCursor === null, page);
  const later = await jobs.listJobs({ state: ["scheduled"] });
  expect(later.items.length === 1 && later.items[0].kind === "mail.later", later);

  const worker = { id: "generated", heartbeatIntervalSeconds: 5 };
  const { leases } = await workers.leaseJobs({ leaseRequest: { worker, waitSeconds: 10 } });
  expect(leases.length === 1 && leases[0].job.id === job.id && leases[0].heartbeatSeconds === 10, leases);
  const { token } = leases[0];
  const beat = { worker: { id: "generated" }, leases: [{ token, progress: { percent: 50 } }] };
  const { renewed } = await workers.heartbeat({ heartbeat: beat });
  expect(renewed.length === 1 && renewed[0].token === token, renewed);
  await workers.putArtifact({ token, name: "note.txt", body: new Blob(["a note"]) });
  const done = await workers.complete({ token, completionBody: { result: { message_id: "m-1" } } as never });
  expect(done.state === "completed", done);

  try {
    await jobs.submitJob({ newJob: { kind: "" } });
    expect(false, "an invalid job is accepted");
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    const problem = await error.response.json();
    expect(error.response.status === 400 && problem.code === "invalid_request", problem);
    expect(problem.errors[0].pointer === "/kind", problem);
  }
}

main(process.argv[2]).catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
