import { readFileSync } from "node:fs";

/**
 * The settings of a client: the options, or the environment variables of the `longhaul` command.
 *
 * @returns {{url: string, readKey: () => (string|undefined), ca?: Buffer, cert?: Buffer, key?: Buffer}}
 */
export function settings(options, environment = process.env) {
  const url = options.url ?? environment.LONGHAUL_SERVER ?? "http://127.0.0.1:8080";
  const apiKey = options.apiKey ?? (options.keyFile ? undefined : environment.LONGHAUL_API_KEY);
  const keyFile = apiKey ? undefined : (options.keyFile ?? environment.LONGHAUL_KEY_FILE);
  const file = (option, name) => {
    const path = options[option] ?? environment[name];
    return path ? readFileSync(path) : undefined;
  };
  return {
    url,
    readKey: () => (keyFile ? readFileSync(keyFile, "utf8").trim() : apiKey),
    ca: file("caFile", "LONGHAUL_CA_FILE"),
    cert: file("clientCert", "LONGHAUL_CLIENT_CERT"),
    key: file("clientKey", "LONGHAUL_CLIENT_KEY"),
  };
}
