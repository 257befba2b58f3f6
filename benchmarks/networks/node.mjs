// The official Node SDK behind a slow network, spoken to as protocol.py says.
//
// Arguments: the folder that the SDK is installed in, and the samples as JSON.

import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [folder, samplesText] = process.argv.slice(2);
const samples = JSON.parse(samplesText);
const { PrivyClient } = createRequire(`${folder}/`)('@privy-io/node');
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const key = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
const burst = 32;
// Milliseconds after a call in which its connection comes back, as protocol.py has it in s.
const pause = 50;
let users = 0;

const newClient = (apiUrl) =>
  new PrivyClient({ appId: samples.app_id, appSecret: samples.app_secret, apiUrl });

const sign = (privy, context = { authorization_private_keys: [key] }) =>
  privy.wallets().ethereum().signMessage(samples.wallet_id, {
    message: samples.message,
    idempotency_key: randomUUID(),
    authorization_context: context,
  });

const signAsNewUser = (privy) => {
  users += 1;
  const number = String(users).padStart(300, '0');
  return sign(privy, { user_jwts: [`eyJhbGciOiJFUzI1NiJ9.${number}.${'s'.repeat(86)}`] });
};

const now = () => Number(process.hrtime.bigint()) / 1e9;

async function measure(call) {
  const start = now();
  await call();
  return [start, now()];
}

const works = {
  cold: { call: signAsNewUser, warm: false },
  repeat: { call: sign, warm: true },
  connected: { call: signAsNewUser, warm: true },
  burst: { call: (privy) => Promise.all(Array.from({ length: burst }, () => sign(privy))), warm: true },
};

async function ready({ call, warm }, url) {
  const privy = newClient(url);
  if (warm) {
    await sign(privy);
    await sleep(pause);
  }
  return () => measure(() => call(privy));
}

async function silence(gaps) {
  const waiting = [];
  for (const [gap, urls] of gaps) {
    const calls = await Promise.all(urls.map((url) => ready(works.repeat, url)));
    waiting.push({ gap, calls });
  }
  const start = now();
  const spans = [];
  for (const { gap, calls } of waiting) {
    await sleep(Math.max(0, (start + gap - now()) * 1000));
    spans.push([]);
    for (const call of calls) spans.at(-1).push(await call());
  }
  return spans;
}

async function carryOut({ work, urls, gaps }) {
  if (work === 'silence') return silence(gaps);
  const calls = await Promise.all(urls.map((url) => ready(works[work], url)));
  const spans = [];
  for (const call of calls) spans.push(await call());
  return spans;
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await carryOut(JSON.parse(line))));
}
