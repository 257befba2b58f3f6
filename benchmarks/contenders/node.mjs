// The official Node SDK, spoken to as protocol.py says.
//
// Arguments: the address of the server, the key, and the folder the SDK is installed in.

import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';

const [apiUrl, key, folder, samplesText] = process.argv.slice(2);
const samples = JSON.parse(samplesText);
const { PrivyClient } = createRequire(`${folder}/`)('@privy-io/node');
const privy = new PrivyClient({ appId: samples.app_id, appSecret: samples.app_secret, apiUrl });
const ethereum = privy.wallets().ethereum();

const sign = () =>
  ethereum.signMessage(samples.wallet_id, {
    message: samples.message,
    idempotency_key: randomUUID(),
    authorization_context: { authorization_private_keys: [key] },
  });

async function carryOut({ at_once: atOnce, seconds }) {
  const start = performance.now();
  const cpuStart = process.cpuUsage();
  let calls = 0;
  const work = async () => {
    while (performance.now() - start < seconds * 1000) {
      await sign();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  const { user, system } = process.cpuUsage(cpuStart);
  const elapsed = (performance.now() - start) / 1000;
  return { calls, seconds: elapsed, cpu: (user + system) / 1e6, samples: {} };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await carryOut(JSON.parse(line))));
}
