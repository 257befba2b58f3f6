// The official Node SDK's adapters for viem and @solana/kit; see node_sdk_stage.mjs.

import { load, play, task } from './node_sdk_stage.mjs';

const { createViemAccount } = load('@privy-io/node/viem');
const { createSolanaKitSigner } = load('@privy-io/node/solana-kit');
const viem = load('viem');
const chains = load('viem/chains');
const kit = load('@solana/kit');

const transport = viem.http(task.rpc.base);
const reader = viem.createPublicClient({ chain: chains.base, transport, pollingInterval: 50 });
const solana = kit.createSolanaRpc(task.rpc.solana);

/** A viem client whose account is the wallet of that kind of owner. */
function viemClient({ client, owned, signers }, kind) {
  const { id: walletId, address } = owned[kind];
  const authorizationContext = signers[kind].authorization_context;
  const account = createViemAccount(client, { walletId, address, authorizationContext });
  return viem.createWalletClient({ account, chain: chains.base, transport });
}

/** A transfer of a thousandth of a SOL from the signer, not yet signed. */
async function solTransfer(signer) {
  const { value: blockhash } = await solana.getLatestBlockhash().send();
  const data = new Uint8Array(12);
  data[0] = 2; // the System Program's Transfer
  new DataView(data.buffer).setBigUint64(4, 1_000_000n, true);
  const instruction = {
    programAddress: kit.address('11111111111111111111111111111111'),
    accounts: [
      { address: signer.address, role: kit.AccountRole.WRITABLE_SIGNER, signer },
      { address: kit.address(task.solana_receiver), role: kit.AccountRole.WRITABLE },
    ],
    data,
  };
  return kit.pipe(
    kit.createTransactionMessage({ version: 0 }),
    (message) => kit.setTransactionMessageFeePayerSigner(signer, message),
    (message) => kit.setTransactionMessageLifetimeUsingBlockhash(blockhash, message),
    (message) => kit.appendTransactionMessageInstruction(instruction, message),
  );
}

const scenes = {
  async viem(stage) {
    const answers = {};
    for (const kind of ['user', 'key', 'quorum', 'ownerless']) {
      const wallet = viemClient(stage, kind);
      const { address } = wallet.account;
      const { domain, types, primary_type: primaryType, message } = task.ethereum.typed_data.typed_data;
      const data = { domain, types, primaryType, message };
      const before = await reader.getBalance({ address: task.receiver });
      const text = await wallet.signMessage({ message: task.text });
      const raw = await wallet.signMessage({ message: { raw: '0x00ff' } });
      const typed = await wallet.signTypedData(data);
      const hashes = [];
      for (let count = 0; count < 2; count++) {
        const hash = await wallet.sendTransaction({ to: task.receiver, value: 10n ** 15n });
        hashes.push((await reader.waitForTransactionReceipt({ hash })).status);
      }
      answers[kind] = {
        address,
        text,
        raw,
        typed,
        verified: [
          await viem.verifyMessage({ address, message: task.text, signature: text }),
          await viem.verifyMessage({ address, message: { raw: '0x00ff' }, signature: raw }),
          await viem.verifyTypedData({ address, ...data, signature: typed }),
        ],
        statuses: hashes,
        moved: String((await reader.getBalance({ address: task.receiver })) - before),
      };
    }
    return answers;
  },

  async solana_kit(stage) {
    const { client, users, wallets } = stage;
    const owner = { user_id: users.alice };
    const made = await wallets.create({ chain_type: 'solana', owner });
    const signer = createSolanaKitSigner(client, {
      walletId: made.id,
      address: kit.address(made.address),
      caip2: task.solana.caip2,
      authorizationContext: stage.signers.user.authorization_context,
    });
    const receiver = kit.address(task.solana_receiver);
    const balance = async () => (await solana.getBalance(receiver).send()).value;
    const before = await balance();

    const content = new TextEncoder().encode(task.text);
    const [signatures] = await signer.signMessages([kit.createSignableMessage(content)]);
    const verified = await kit.verifySignature(
      await kit.getPublicKeyFromAddress(signer.address),
      signatures[signer.address],
      content,
    );
    // The signer signs, and the transaction goes to the chain by itself.
    const message = await solTransfer({ ...signer, signAndSendTransactions: undefined });
    const signed = await kit.partiallySignTransactionMessageWithSigners(message);
    const wire = kit.getBase64EncodedWireTransaction(signed);
    await solana.sendTransaction(wire, { encoding: 'base64' }).send();
    const between = await balance();
    // The signer signs and sends.
    const sent = await kit.signAndSendTransactionMessageWithSigners(await solTransfer(signer));
    return {
      verified,
      by_itself: String(between - before),
      by_privy: String((await balance()) - between),
      signature: kit.getBase58Decoder().decode(sent),
    };
  },
};

await play(scenes);
