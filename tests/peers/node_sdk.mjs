// The official Node SDK at work on a sandbox: signing in all ways; see node_sdk_stage.mjs.

import { by, collect, load, makeClient, play, refusal, task } from './node_sdk_stage.mjs';

const scenes = {
  async users({ client }) {
    const service = client.users();
    const user = await service.create({
      linked_accounts: [
        { type: 'custom_auth', custom_user_id: 'dora' },
        { type: 'email', address: 'dora@example.com' },
      ],
      wallets: [{ chain_type: 'ethereum' }, { chain_type: 'solana' }],
    });
    await service.setCustomMetadata(user.id, { custom_metadata: { plan: 'gold', age: 7 } });
    await service.pregenerateWallets(user.id, { wallets: [{ chain_type: 'stellar' }] });
    const found = [
      await service._get(user.id),
      await service.getByCustomAuthID({ custom_user_id: 'dora' }),
      await service.getByEmailAddress({ address: 'dora@example.com' }),
    ];
    await service.delete(user.id);
    return { found, deleted: await refusal(() => service._get(user.id)) };
  },

  async messages(stage) {
    const answers = {};
    for (const [kind, wallet] of Object.entries(stage.owned)) {
      const signed = await stage.sign(wallet, `I am a ${kind} wallet`, stage.signers[kind]);
      answers[kind] = { wallet, ...signed };
    }
    return answers;
  },

  async message_forms(stage) {
    const signature = async (message) =>
      (await stage.sign(stage.owned.user, message, stage.signers.user)).signature;
    return {
      address: stage.owned.user.address,
      text: await signature(task.text),
      hex: await signature('0x00ff'),
      bytes: await signature(Uint8Array.of(0x00, 0xff)),
    };
  },

  async ethereum({ wallets, owned, signers }) {
    const { id, address } = owned.user;
    const service = wallets.ethereum();
    const input = (name) => ({ params: task.ethereum[name], ...signers.user });
    return {
      address,
      typed_data: await service.signTypedData(id, input('typed_data')),
      transaction: await service.signTransaction(id, input('transaction')),
      hash: await service.signSecp256k1(id, input('hash')),
      authorization: await service.sign7702Authorization(id, input('authorization')),
      user_operation: await service.signUserOperation(id, input('user_operation')),
      calls: await service.sendCalls(id, { caip2: 'eip155:8453', ...input('calls') }),
    };
  },

  async sending({ client, wallets, owned, signers }) {
    const send = (value) =>
      wallets.ethereum().sendTransaction(owned.user.id, {
        caip2: 'eip155:8453',
        params: { transaction: { to: task.receiver, value } },
        reference_id: 'order-7',
        idempotency_key: 'pay-order-7',
        ...signers.user,
      });
    const first = await send('0xde0b6b3a7640000');
    return {
      wallet: owned.user,
      first,
      again: await send('0xde0b6b3a7640000'),
      other_body: await refusal(() => send('0x1')),
      transaction: await client.transactions().get(first.transaction_id),
    };
  },

  async creating_twice(stage) {
    const create = (chain_type) => stage.wallet({ chain_type, idempotency_key: 'wallet-1' });
    return {
      first: (await create('ethereum')).id,
      again: (await create('ethereum')).id,
      other_body: await refusal(() => create('solana')),
    };
  },

  async lost_answers(stage) {
    const send = async (externalId, options) => {
      const owner = { user_id: stage.users.alice };
      const wallet = await stage.wallet({ external_id: externalId, owner });
      const sent = await stage.wallets.ethereum().sendTransaction(`ext_wal_${externalId}`, {
        caip2: 'eip155:8453',
        params: { transaction: { to: task.receiver, value: 1 } },
        ...stage.signers.user,
        ...options,
      });
      return { wallet_id: wallet.id, transaction_id: sent.transaction_id };
    };
    return {
      keyed: await send('keyed', { idempotency_key: 'once' }),
      keyless: await send('keyless', {}),
    };
  },

  async solana({ wallets, users, signers }) {
    const { wallet_id: id, caip2, transaction, transaction_to_send } = task.solana;
    const service = wallets.solana();
    const { address } = await wallets.update(id, { owner: { user_id: users.alice } });
    const message = Buffer.from('good morning');
    return {
      address,
      message: await service.signMessage(id, { message, ...signers.user }),
      signed: await service.signTransaction(id, { transaction, ...signers.user }),
      sent: await service.signAndSendTransaction(id, {
        transaction: Buffer.from(transaction_to_send, 'base64'),
        caip2,
        ...signers.user,
      }),
    };
  },

  async tron({ wallets, users, signers }) {
    const { wallet_id: id, raw_data } = task.tron;
    const input = { params: { raw_data }, ...signers.user };
    await wallets.update(id, { owner: { user_id: users.alice } });
    return {
      signed: await wallets.tron().signTransaction(id, input),
      sent: await wallets.tron().sendTransaction(id, { caip2: 'tron:0xcd8690dc', ...input }),
    };
  },

  async raw_signing(stage) {
    const answers = {};
    for (const chain_type of ['cosmos', 'stellar']) {
      const wallet = await stage.wallet({ chain_type, owner: { user_id: stage.users.alice } });
      answers[chain_type] = { public_key: wallet.public_key };
      for (const [name, params] of Object.entries(task.raw_signing)) {
        const signed = await stage.wallets.rawSign(wallet.id, { params, ...stage.signers.user });
        answers[chain_type][name] = signed.signature;
      }
    }
    return answers;
  },

  // From nobody to a user, a key, a quorum and back to nobody.
  async owners(stage) {
    const { keys, quorum, signers, users, wallets } = stage;
    const wallet = await stage.wallet();
    const steps = [
      await wallets.update(wallet.id, { owner: { user_id: users.alice } }),
      await wallets.update(wallet.id, {
        owner: { public_key: keys[0].publicKey },
        ...signers.user,
      }),
      await wallets.update(wallet.id, {
        owner_id: quorum.id,
        display_name: 'ours',
        ...signers.key,
      }),
      await wallets.update(wallet.id, { owner: null, ...signers.quorum }),
    ];
    return {
      alice: users.alice,
      quorum: quorum.id,
      steps,
      address: wallet.address,
      signature: (await stage.sign(wallet, "nobody's")).signature,
    };
  },

  async additional_signer(stage) {
    const { client, keys, signers, users, wallets } = stage;
    const signer = await client.keyQuorums().create({ user_ids: [users.alice] });
    const wallet = await stage.wallet({
      owner: { public_key: keys[0].publicKey },
      additional_signers: [{ signer_id: signer.id }],
    });
    return {
      address: wallet.address,
      signature: (await stage.sign(wallet, 'on behalf of the key', signers.user)).signature,
      update: await refusal(() => wallets.update(wallet.id, { owner: null, ...signers.user })),
    };
  },

  async quorums({ client, keys }) {
    const service = client.keyQuorums();
    const both = keys.slice(0, 2);
    const created = await service.create({ public_keys: both.map((key) => key.publicKey) });
    const signers = by({ keys: both.map((key) => key.privateKey) });
    const updated = await service.update(created.id, {
      public_keys: [keys[2].publicKey],
      authorization_threshold: 1,
      ...signers,
    });
    let contentType = 'none was sent yet';
    const watched = makeClient(task.client, {
      fetch: (url, init) => {
        contentType = init.headers.get('content-type');
        return fetch(url, init);
      },
    });
    return {
      created,
      updated,
      new_key: keys[2].publicKey,
      wrong: await refusal(() => service.delete(created.id, signers)),
      unsigned: await refusal(() => service.delete(created.id, {})),
      deleted: await watched.keyQuorums().delete(created.id, by({ keys: [keys[2].privateKey] })),
      content_type: contentType,
      gone: await refusal(() => service.get(created.id)),
    };
  },

  // Both keys of a quorum sign where one would do, as the SDK's own tests have it.
  async more_than_needed(stage) {
    const both = stage.keys.slice(0, 2);
    const quorum = await stage.client.keyQuorums().create({
      public_keys: both.map((key) => key.publicKey),
      authorization_threshold: 1,
    });
    const wallet = await stage.wallet({ owner_id: quorum.id });
    const signer = by({ keys: both.map((key) => key.privateKey) });
    const { signature } = await stage.sign(wallet, 'by both', signer);
    return { address: wallet.address, signature };
  },

  // Read by ox, with which viem/tempo does the same.
  async tempo({ wallets, owned, signers }) {
    const { TxEnvelopeTempo, SignatureEnvelope } = load('ox/tempo');
    const { id, address } = owned.user;
    const signed = await wallets.ethereum().signTransaction(id, {
      params: { transaction: task.tempo },
      ...signers.user,
    });
    const { signature, ...transaction } = TxEnvelopeTempo.deserialize(signed.signed_transaction);
    const payload = TxEnvelopeTempo.getSignPayload(TxEnvelopeTempo.from(transaction));
    return {
      address,
      encoding: signed.encoding,
      signer: SignatureEnvelope.extractAddress({ payload, signature }),
      calls: transaction.calls.map(({ to, value, data }) => [to, String(value ?? 0), data ?? '0x']),
      chain_id: transaction.chainId,
      fee_token: transaction.feeToken,
    };
  },

  async another_ones_solana({ wallets, signers }) {
    const { wallet_id: id, another_ones: transaction } = task.solana;
    return wallets.solana().signTransaction(id, { transaction, ...signers.user });
  },

  async export(stage) {
    const wallet = await stage.wallet({ owner: { public_key: stage.keys[0].publicKey } });
    const exported = await stage.wallets.exportPrivateKey(wallet.id, stage.signers.key);
    return { address: wallet.address, ...exported };
  },

  async seed_phrase(stage) {
    const { id, address } = stage.owned.user;
    return { address, ...(await stage.wallets.exportSeedPhrase(id, stage.signers.user)) };
  },

  async importing({ wallets, users }) {
    const imported = [];
    for (const wallet of task.imports) {
      imported.push(await wallets.import({ wallet, owner: { user_id: users.alice } }));
    }
    return imported;
  },

  async paging(stage) {
    const { client, users, wallets } = stage;
    const mine = { user_id: users.carol, limit: 2 };
    const created = [];
    for (let count = 0; count < 5; count++) {
      created.push(await stage.wallet({ chain_type: 'sui', owner: { user_id: users.carol } }));
    }
    const ids = (items) => items.map((item) => item.id);
    const firstPage = await wallets.list(mine);
    return {
      created: ids(created),
      listed: ids(await collect(wallets.list(mine))),
      first_page: ids(firstPage.data),
      next_cursor: firstPage.next_cursor,
      sui: ids(await collect(wallets.list({ chain_type: 'sui' }))),
      users: ids(await collect(client.users().list({ limit: 1 }))),
    };
  },

  async archiving(stage) {
    const { id } = await stage.wallet();
    const archived = await stage.wallets.archive(id);
    return {
      archived_at: archived.archived_at,
      gone: await refusal(() => stage.wallets.get(id)),
      still_there: (await stage.wallets.get(id, { include_archived: true })).id === id,
    };
  },

  async refusals(stage) {
    const keys = stage.keys.map((key) => key.privateKey);
    const { jwts, owned, wallets } = stage;
    const sign = (kind, signer) => refusal(() => stage.sign(owned[kind], 'hello', by(signer)));
    const stranger = makeClient({ ...task.client, app_secret: 'wrong' });
    return {
      wrong_key: await sign('key', { keys: [keys[1]] }),
      wrong_key_in_quorum: await sign('quorum', { keys: [keys[2]] }),
      other_user: await sign('user', { jwts: [jwts.bob] }),
      no_signature: await sign('key', {}),
      too_few: await sign('quorum', { keys: [keys[0]] }),
      foreign: await sign('quorum', { keys }),
      expired_request: await sign('key', { keys: [keys[0]], expiry: 1_700_000_000_000 }),
      expired_jwt: await sign('user', { jwts: [jwts.expired] }),
      no_jwt: await sign('user', { jwts: ['not.a.token'] }),
      stranger_jwt: await sign('user', { jwts: [jwts.nobody] }),
      unknown_wallet: await refusal(() => wallets.get('nothing')),
      wrong_chain: await refusal(() => stage.wallet({ chain_type: 'dogecoin' })),
      wrong_secret: await refusal(() => stranger.wallets().get(owned.key.id)),
    };
  },

  // The sandbox was told to answer these calls with the statuses in the task, one by one.
  async statuses({ client }) {
    const answers = [];
    for (const _ of task.statuses) {
      const lookUp = () => client.users().getByDiscordUsername({ username: 'dora' });
      answers.push(await refusal(lookUp));
    }
    return answers;
  },

  // The sandbox was told to answer the first of these calls with 429.
  async rate_limit({ owned, wallets }) {
    const { id, address } = owned.ownerless;
    return (await wallets.getWalletByAddress({ address })).id === id;
  },

  async access_token({ client }) {
    return client.utils().auth().verifyAccessToken(task.access_token);
  },
};

await play(scenes);
