// Serves the npm packages to tests/age: each line of the standard input is [command, arguments, file as base64],
// each line of the standard output {result: base64} or {error: text}.
import { webcrypto } from "node:crypto";
import { createInterface } from "node:readline";

globalThis.crypto ??= webcrypto; // node 18 hides it from modules
const age = await import("age-encryption");

const commands = {
    // All vectors of CCTV, as JSON of base64 by name.
    async vectors() {
        const vectors = Object.entries(await import("cctv-age"));
        return JSON.stringify(Object.fromEntries(vectors.map(([name, data]) => [name, base64(data)])));
    },
    // A new identity and its recipient of each kind, as JSON.
    async keys() {
        const identities = [await age.generateHybridIdentity(), await age.generateX25519Identity()];
        return JSON.stringify(await Promise.all(identities.map(async (i) => [i, await age.identityToRecipient(i)])));
    },
    encrypt(recipients, file) {
        const encrypter = new age.Encrypter();
        recipients.forEach((recipient) => encrypter.addRecipient(recipient));
        return encrypter.encrypt(file);
    },
    encryptPassphrase([workFactor, passphrase], file) {
        const encrypter = new age.Encrypter();
        encrypter.setScryptWorkFactor(Number(workFactor));
        encrypter.setPassphrase(passphrase);
        return encrypter.encrypt(file);
    },
    decrypt(identities, file) {
        const decrypter = new age.Decrypter();
        identities.forEach((identity) => decrypter.addIdentity(identity));
        return decrypter.decrypt(file);
    },
    decryptPassphrase([passphrase], file) {
        const decrypter = new age.Decrypter();
        decrypter.addPassphrase(passphrase);
        return decrypter.decrypt(file);
    },
    armor: (_, file) => age.armor.encode(file),
    dearmor: (_, file) => age.armor.decode(new TextDecoder().decode(file)),
};

function base64(data) {
    return Buffer.from(data).toString("base64");
}

async function answer(line) {
    const [command, args, file] = JSON.parse(line);
    try {
        return { result: base64(await commands[command](args, new Uint8Array(Buffer.from(file, "base64")))) };
    } catch (error) {
        return { error: String(error) };
    }
}

for await (const line of createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(line)) + "\n");
}
