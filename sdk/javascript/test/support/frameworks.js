/**
 * Stand-ins for Express and Fastify, which Debian's Node does not bring: as much of them as the examples use, over
 * `node:http`. The sources become packages of the project in which the snippets run.
 */
const routing = `
import { createServer } from "node:http";
export const routes = [];
export const bodyOf = async (request) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks)) : undefined;
};
export const add = (method, pattern, handler) => {
  routes.push({ method, pattern: new RegExp("^" + pattern.replace(/:(\\w+)/g, "(?<$1>[^/]+)") + "$"), handler });
};
export const find = ({ method, url }) => {
  for (const route of routes) {
    const match = route.method === method ? route.pattern.exec(url) : null;
    if (match) return { handler: route.handler, params: match.groups ?? {} };
  }
};
export const listen = (answer) => new Promise((resolve) => {
  const server = createServer(answer).listen(0, "127.0.0.1", () => resolve(server));
});
`;

const express = `${routing}
let onError;
export default function express() {
  return {
    use: (handler) => { if (handler.length === 4) onError = handler; },
    post: (path, handler) => add("POST", path, handler),
    get: (path, handler) => add("GET", path, handler),
    listen: () => listen(async (request, response) => {
      const { handler, params } = find(request);
      request.params = params;
      request.body = await bodyOf(request);
      request.get = (name) => request.headers[name.toLowerCase()];
      response.status = (status) => { response.statusCode = status; return response; };
      response.location = (path) => { response.setHeader("location", path); return response; };
      response.set = (name, value) => { response.setHeader(name, value); return response; };
      response.json = (value) => response.setHeader("content-type", "application/json").end(JSON.stringify(value));
      await handler(request, response, (error) => onError(error, request, response, () => response.status(500).end()));
    }),
  };
}
express.json = () => () => {};
`;

const fastify = `${routing}
export default function Fastify() {
  return {
    post: (path, handler) => add("POST", path, handler),
    get: (path, handler) => add("GET", path, handler),
    addHook: () => {},
    listen: () => listen(async (request, response) => {
      const { handler, params } = find(request);
      request.params = params;
      request.body = await bodyOf(request);
      const reply = { code: (status) => { response.statusCode = status; return reply; }, send: (value) => value };
      response.setHeader("content-type", "application/json").end(JSON.stringify(await handler(request, reply)));
    }),
  };
}
`;

export const stubs = { express, fastify };
