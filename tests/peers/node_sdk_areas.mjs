// The official Node SDK at work on a sandbox: area by area; see node_sdk_stage.mjs.

import { collect, play, refusal, task } from './node_sdk_stage.mjs';

const OWNED = ['user', 'key', 'quorum'];
const ALL = [...OWNED, 'ownerless'];
const allow = { name: 'yes', method: 'personal_sign', conditions: [], action: 'ALLOW' };
const deny = { name: 'no', method: 'personal_sign', conditions: [], action: 'DENY' };

/** What each kind of owner comes to. */
async function forEach(kinds, action) {
  const answers = {};
  for (const kind of kinds) answers[kind] = await action(kind);
  return answers;
}

/** The owner of a new resource, as the stage's wallets have it. */
function owner({ users, keys, quorum }, kind) {
  return {
    user: { owner: { user_id: users.alice } },
    key: { owner: { public_key: keys[0].publicKey } },
    quorum: { owner_id: quorum.id },
    ownerless: {},
  }[kind];
}

/** Authorize an intent by those who own the resource, one call for each; no SDK has this call. */
async function authorize({ client, signers }, intent, kind) {
  const { method, url, body } = intent.request_details;
  const headers = { 'privy-app-id': task.client.app_id };
  if (intent.custom_expiry) headers['privy-request-expiry'] = String(intent.expires_at);
  const signatures = await client
    .utils()
    .requestSigner()
    .generateAuthorizationSignatures({
      authorizationContext: signers[kind].authorization_context,
      input: { version: 1, method, url, body: { ...body }, headers },
    });
  let answer = intent;
  for (const signature of signatures) answer = await post(intent, signature);
  return answer;
}

async function post(intent, signature) {
  const { app_id, app_secret, base_url } = task.client;
  const answer = await fetch(`${base_url}/v1/intents/${intent.intent_id}/authorize`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${app_id}:${app_secret}`)}`,
      'privy-app-id': app_id,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ signature, timestamp: Date.now() }),
  });
  return answer.json();
}

/** Ask until a transaction is confirmed. */
async function confirmed(client, id) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const transaction = await client.transactions().get(id);
    if (transaction.status === 'confirmed' || transaction.status === 'finalized') return transaction;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('was not confirmed');
}

const scenes = {
  policies(stage) {
    const service = stage.client.policies();
    return forEach(ALL, async (kind) => {
      const signer = stage.signers[kind];
      const created = await service.create({
        version: '1.0',
        name: 'first',
        chain_type: 'ethereum',
        rules: [],
        ...owner(stage, kind),
      });
      const rule = await service.createRule(created.id, { ...allow, ...signer });
      const wallet = await stage.wallet({ policy_ids: [created.id], ...owner(stage, kind) });
      const allowed = await stage.sign(wallet, 'hello', signer);
      const inPolicy = { policy_id: created.id, ...signer };
      await service.updateRule(rule.id, { ...deny, ...inPolicy });
      const denied = await refusal(() => stage.sign(wallet, 'hello', signer));
      const changed = await service.getRule(rule.id, { policy_id: created.id });
      await service.deleteRule(rule.id, inPolicy);
      const updated = await service.update(created.id, { name: 'second', ...signer });
      const unsigned = await (kind === 'ownerless'
        ? null
        : refusal(() => service.update(created.id, { name: 'third' })));
      await stage.wallets.update(wallet.id, { policy_ids: [], ...signer });
      const deleted = await service.delete(created.id, signer);
      const gone = await refusal(() => service.get(created.id));
      return { allowed, denied, changed, updated, unsigned, deleted, gone, wallet };
    });
  },

  intents(stage) {
    const { client, wallets } = stage;
    const service = client.intents();
    const hello = { message: 'by intent', encoding: 'utf-8' };
    return forEach(OWNED, async (kind) => {
      const wallet = await stage.wallet(owner(stage, kind));
      const proposed = await service.rpc(wallet.id, { method: 'personal_sign', params: hello });
      const rejected = await service.updateWallet(wallet.id, { display_name: 'never' });
      await service.reject(rejected.intent_id);
      const rpc = await authorize(stage, proposed, kind);
      const change = await service.updateWallet(wallet.id, { display_name: 'ours' });
      await authorize(stage, change, kind);
      const listed = await collect(service.list({ resource_id: wallet.id, limit: 2 }));
      return {
        proposed,
        rpc,
        wallet: await wallets.get(wallet.id),
        statuses: listed.map((intent) => intent.status),
        fetched: await service.get(change.intent_id),
        late: await post(rejected, 'MEUC'),
      };
    });
  },

  async policy_intents(stage) {
    const service = stage.client.intents();
    const done = async (proposal) => authorize(stage, await proposal, 'key');
    const policy = await stage.client.policies().create({
      version: '1.0',
      name: 'first',
      chain_type: 'ethereum',
      rules: [],
      ...owner(stage, 'key'),
    });
    const { keys, client } = stage;
    const quorum = await client.keyQuorums().create({ public_keys: [keys[0].publicKey] });
    const created = await done(service.createPolicyRule(policy.id, allow));
    const ruleId = created.action_result.response_body.id;
    return {
      created,
      updated: await done(service.updatePolicyRule(ruleId, { policy_id: policy.id, ...deny })),
      deleted: await done(service.deletePolicyRule(ruleId, { policy_id: policy.id })),
      renamed: await done(service.updatePolicy(policy.id, { name: 'second' })),
      quorum: await done(service.updateKeyQuorum(quorum.id, { display_name: 'board' })),
    };
  },

  async batches(stage) {
    const { client, users, wallets } = stage;
    const made = await wallets.createBatch({
      wallets: [
        { chain_type: 'ethereum', external_id: 'in-a-batch', ...owner(stage, 'user') },
        { chain_type: 'ethereum', external_id: 'in-a-batch' },
        { chain_type: 'solana', owner_id: 'nothing' },
        { chain_type: 'stellar', ...owner(stage, 'quorum') },
      ],
    });
    const first = made.results[0].wallet;
    const entity = { id: users.carol, type: 'user' };
    const organization = await client.organizations().create({
      display_name: 'Acme',
      default_key_quorum_id: stage.quorum.id,
    });
    const theirs = await stage.wallet({ entity: { id: organization.id, type: 'organization' } });
    const recovered = await wallets.createWalletsWithRecovery({
      primary_signer: { subject_id: 'alice' },
      recovery_user: { linked_accounts: [{ type: 'email', address: 'back@example.com' }] },
      wallets: [{ chain_type: 'ethereum' }],
    });
    const ids = async (query) => (await collect(wallets.list(query))).map((wallet) => wallet.id);
    return {
      results: made.results,
      assigned: await wallets.assignEntity(first.id, entity),
      again: await refusal(() => wallets.assignEntity(first.id, entity)),
      of_entity: await ids({ entity_id: users.carol }),
      by_external_id: await ids({ external_id: 'in-a-batch' }),
      theirs,
      quorum: stage.quorum.id,
      recovered,
      organizations: await collect(client.organizations().list()),
      renamed: await client.organizations().update(organization.id, { display_name: 'Bits' }),
    };
  },

  money({ client, owned, signers, wallets }) {
    return forEach(ALL, async (kind) => {
      const { id, address } = owned[kind];
      const sent = await wallets.ethereum().sendTransaction(id, {
        caip2: 'eip155:84532',
        params: { transaction: { to: task.receiver, value: '0xde0b6b3a7640000' } },
        ...signers[kind],
      });
      const transaction = await confirmed(client, sent.transaction_id);
      const chain = 'base_sepolia';
      const { balances } = await wallets.balance.get(id, { chain, asset: 'eth' });
      const { transactions } = await wallets.transactions.get(id, { chain, asset: 'eth' });
      return { address, sent, transaction, balances, transactions };
    });
  },

  transfers({ owned, signers, wallets }) {
    return forEach(ALL, async (kind) => {
      const { id } = owned[kind];
      const made = await wallets.transfer(id, {
        source: { chain: 'base', asset: 'usdc' },
        amount: '2.5',
        destination: { address: task.receiver },
        ...signers[kind],
      });
      const { balances } = await wallets.balance.get(id, { chain: 'base', asset: 'usdc' });
      const action = await wallets.actions.get(made.id, { wallet_id: id, include: 'steps' });
      return { made, balances, action };
    });
  },

  async apps({ client, owned }) {
    const service = client.apps();
    const entry = { type: 'email', value: 'invited@example.com' };
    const invited = await service.inviteToAllowlist(entry);
    const token = await service.getTestAccessToken();
    return {
      settings: await service.getSettings(),
      invited,
      allowlist: await service.getAllowlist(),
      removed: await service.removeFromAllowlist(entry),
      emptied: await service.getAllowlist(),
      test_accounts: (await service.getTestCredentials(task.client.app_id)).data,
      claims: await client.utils().auth().verifyAccessToken(token.access_token),
      gas: await service.getGasSpend({
        wallet_ids: [owned.user.id, owned.key.id],
        start_timestamp: 0,
        end_timestamp: 1000,
      }),
    };
  },

  async not_imitated({ owned, wallets }) {
    const quote = { chain: 'base', input_token: 'eth', output_token: 'usdc', amount: '1' };
    return refusal(() => wallets.swaps().quote(owned.ownerless.id, quote));
  },
};

await play(scenes);
