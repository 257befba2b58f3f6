// What the scenes of the official Node SDK share: a task comes in as JSON, the results go out.
//
// The argument is the folder the SDK is installed in (`make peers`). Each scene stands for itself:
// one that fails is reported with its stack, and the others still run.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Load a module from the folder the SDK is installed in. */
export const load = createRequire(`${process.argv[2]}/`);
const { APIError, PrivyClient, generateP256KeyPair } = load('@privy-io/node');
export const task = JSON.parse(readFileSync(0, 'utf8'));

export function makeClient({ app_id: appId, app_secret: appSecret, base_url: apiUrl }, options = {}) {
  return new PrivyClient({ appId, appSecret, apiUrl, ...options });
}

/** Say who signs: private keys and users' tokens. */
export function by({ keys = [], jwts = [], expiry } = {}) {
  const context = { authorization_private_keys: keys, user_jwts: jwts };
  return { authorization_context: context, ...(expiry && { request_expiry: expiry }) };
}

/** The error that calling `action` ends in; an error of its own if it ends in none. */
export async function refusal(action) {
  let answer;
  try {
    answer = await action();
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return { class: error.constructor.name, status: error.status, body: error.error };
  }
  throw new Error(`was not refused: ${JSON.stringify(answer)}`);
}

export async function collect(pages) {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
}

/** What all scenes share: the client, three users, three keys and a wallet of each owner. */
export class Stage {
  client = makeClient(task.client);
  wallets = this.client.wallets();
  jwts = task.jwts;

  async prepare() {
    this.users = {};
    for (const name of ['alice', 'bob', 'carol']) {
      const account = { type: 'custom_auth', custom_user_id: name };
      this.users[name] = (await this.client.users().create({ linked_accounts: [account] })).id;
    }
    this.keys = await Promise.all([1, 2, 3].map(() => generateP256KeyPair()));
    this.quorum = await this.client.keyQuorums().create({
      public_keys: [this.keys[0].publicKey, this.keys[1].publicKey],
      user_ids: [this.users.bob],
      authorization_threshold: 2,
      display_name: 'two of three',
    });
    this.owned = {
      user: await this.wallet({ owner: { user_id: this.users.alice } }),
      key: await this.wallet({ owner: { public_key: this.keys[0].publicKey } }),
      quorum: await this.wallet({ owner_id: this.quorum.id }),
      ownerless: await this.wallet(),
    };
    this.signers = {
      user: by({ jwts: [this.jwts.alice] }),
      key: by({ keys: [this.keys[0].privateKey] }),
      quorum: by({ keys: [this.keys[0].privateKey], jwts: [this.jwts.bob] }),
      ownerless: {},
    };
    return this;
  }

  wallet(fields = {}) {
    return this.wallets.create({ chain_type: 'ethereum', ...fields });
  }

  sign(wallet, message, signer = {}) {
    return this.wallets.ethereum().signMessage(wallet.id, { message, ...signer });
  }
}

async function playScene(scene, stage) {
  try {
    return { result: await scene(stage) };
  } catch (error) {
    return { failure: error.stack };
  }
}

/** Play all scenes, and write what they came to. */
export async function play(scenes) {
  const stage = await new Stage().prepare();
  const results = {};
  for (const [name, scene] of Object.entries(scenes)) {
    results[name] = await playScene(scene, stage);
  }
  process.stdout.write(JSON.stringify(results));
}
