// The AWS SDK for JavaScript v3 as a peer: node main.cjs ENDPOINT WINDOW. Orders and reports as in peers/orders.py.
const readline = require("node:readline");
const { ApiGatewayManagementApiClient, PostToConnectionCommand } = require("@aws-sdk/client-apigatewaymanagementapi");
const sdk = require("@aws-sdk/client-apigatewaymanagementapi/package.json");

const [endpoint, connections] = process.argv.slice(2);
const PAYLOAD = new Uint8Array(290).fill(120);
const service = new ApiGatewayManagementApiClient({
  endpoint,
  requestHandler: { httpsAgent: { keepAlive: true, maxSockets: Number(connections) } },
});
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (report) => console.log(JSON.stringify(report));

// As many workers as connections, each with one post at a time.
async function carryOut({ first, count, rate, stamped }) {
  const tookUs = [];
  let next = 0;
  let posted = 0;
  globalThis.gc?.();
  const cpu = process.resourceUsage();
  const began = performance.now();
  const work = async () => {
    while (next < count) {
      const number = next++;
      let due = 0;
      if (stamped) {
        due = rate ? began + (number / rate) * 1000 : performance.now();
        if (due > performance.now()) await sleep(due - performance.now());
      }
      const ConnectionId = `FYnv${String(first + number).padStart(8, "0")}jMCKlg=`;
      await service.send(new PostToConnectionCommand({ ConnectionId, Data: PAYLOAD }));
      posted++;
      if (stamped) tookUs.push(Math.round((performance.now() - due) * 1000));
    }
  };
  await Promise.all(Array.from({ length: Number(connections) }, work));
  const wallS = (performance.now() - began) / 1000;
  const spent = process.resourceUsage();
  const cpuUs = spent.userCPUTime - cpu.userCPUTime + spent.systemCPUTime - cpu.systemCPUTime;
  say({ posted, cpu_s: cpuUs / 1e6, wall_s: wallS, took_us: tookUs, peak_mb: spent.maxRSS / 1024 });
}

async function main() {
  say({ versions: { node: process.versions.node, "aws-sdk-js": sdk.version } });
  for await (const line of readline.createInterface({ input: process.stdin })) await carryOut(JSON.parse(line));
}

main();
