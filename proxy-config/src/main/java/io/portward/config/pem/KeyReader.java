package io.portward.config.pem;

import io.portward.config.pem.PemProblem.Kind;
import io.portward.config.pem.PemProblem.Part;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Collection;
import org.bouncycastle.asn1.ASN1ObjectIdentifier;
import org.bouncycastle.asn1.edec.EdECObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.x9.X9ObjectIdentifiers;
import org.bouncycastle.jce.provider.BouncyCastleProvider;
import org.bouncycastle.openssl.PEMDecryptorProvider;
import org.bouncycastle.openssl.PEMEncryptedKeyPair;
import org.bouncycastle.openssl.PEMKeyPair;
import org.bouncycastle.openssl.PEMParser;
import org.bouncycastle.openssl.jcajce.JceOpenSSLPKCS8DecryptorProviderBuilder;
import org.bouncycastle.openssl.jcajce.JcePEMDecryptorProviderBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.pkcs.PKCS8EncryptedPrivateKeyInfo;
import org.bouncycastle.pkcs.PKCSException;
import org.bouncycastle.util.io.pem.PemObject;
import org.jspecify.annotations.Nullable;

/** Takes the private key out of a PEM file: PKCS#8, encrypted PKCS#8, PKCS#1, SEC1, the last two also in their encrypted forms. */
final class KeyReader {

    private final BouncyCastleProvider decryption = new BouncyCastleProvider();

    /** The key as an object of the JDK, or null after adding to {@code problems}. */
    @Nullable
    PrivateKey read(Path file, @Nullable Path passwordFile, Collection<PemProblem> problems) {
        String text = PemFile.read(file, Part.KEY, problems);
        if (text == null) {
            return null;
        }
        try {
            PrivateKeyInfo info = firstKey(text, file, passwordFile, problems);
            return info == null ? null : toJdkKey(info, file, problems);
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            // Bouncy Castle answers damaged ASN.1 with runtime exceptions of many kinds.
            report(
                    Kind.MALFORMED,
                    Part.KEY,
                    file,
                    "the key in " + file + " cannot be read: " + e.getMessage(),
                    problems);
            return null;
        }
    }

    private @Nullable PrivateKeyInfo firstKey(
            String text, Path file, @Nullable Path passwordFile, Collection<PemProblem> problems) throws IOException {
        try (KeyBlocks parser = new KeyBlocks(text)) {
            for (Object block = parser.readObject(); block != null; block = parser.readObject()) {
                if (block instanceof PrivateKeyInfo info) {
                    return info;
                }
                if (block instanceof PEMKeyPair pair) {
                    return pair.getPrivateKeyInfo();
                }
                if (block instanceof PEMEncryptedKeyPair || block instanceof PKCS8EncryptedPrivateKeyInfo) {
                    return decrypt(block, file, passwordFile, problems);
                }
            }
        }
        report(
                Kind.NO_PEM,
                Part.KEY,
                file,
                file + " holds no private key (expected: PEM, beginning with -----BEGIN PRIVATE KEY-----)",
                problems);
        return null;
    }

    private @Nullable PrivateKeyInfo decrypt(
            Object block, Path file, @Nullable Path passwordFile, Collection<PemProblem> problems) throws IOException {
        if (passwordFile == null) {
            report(
                    Kind.PASSWORD_MISSING,
                    Part.KEY,
                    file,
                    "the key in " + file + " is encrypted; name the file with its password in 'passwordFile'",
                    problems);
            return null;
        }
        String content = PemFile.read(passwordFile, Part.PASSWORD, problems);
        if (content == null) {
            return null;
        }
        char[] password = content.lines().findFirst().orElse("").toCharArray();
        try {
            if (block instanceof PKCS8EncryptedPrivateKeyInfo encrypted) {
                return encrypted.decryptPrivateKeyInfo(new JceOpenSSLPKCS8DecryptorProviderBuilder()
                        .setProvider(decryption)
                        .build(password));
            }
            PEMDecryptorProvider provider =
                    new JcePEMDecryptorProviderBuilder().setProvider(decryption).build(password);
            return ((PEMEncryptedKeyPair) block).decryptKeyPair(provider).getPrivateKeyInfo();
        } catch (PKCSException | OperatorCreationException | IOException e) {
            report(
                    Kind.WRONG_PASSWORD,
                    Part.PASSWORD,
                    passwordFile,
                    "the first line of " + passwordFile + " does not decrypt the key in " + file,
                    problems);
            return null;
        }
    }

    private static @Nullable PrivateKey toJdkKey(PrivateKeyInfo info, Path file, Collection<PemProblem> problems)
            throws IOException, GeneralSecurityException {
        ASN1ObjectIdentifier algorithm = info.getPrivateKeyAlgorithm().getAlgorithm();
        String name;
        if (algorithm.equals(PKCSObjectIdentifiers.rsaEncryption)) {
            name = "RSA";
        } else if (algorithm.equals(X9ObjectIdentifiers.id_ecPublicKey)) {
            name = "EC";
        } else {
            report(
                    Kind.UNSUPPORTED_KEY,
                    Part.KEY,
                    file,
                    "the key in " + file + " is " + describe(algorithm) + ", which browsers and mail clients refuse"
                            + " (expected: ECDSA P-256 or P-384, or RSA)",
                    problems);
            return null;
        }
        return KeyFactory.getInstance(name).generatePrivate(new PKCS8EncodedKeySpec(info.getEncoded()));
    }

    private static String describe(ASN1ObjectIdentifier algorithm) {
        if (algorithm.equals(EdECObjectIdentifiers.id_Ed25519)) {
            return "an Ed25519 key";
        }
        if (algorithm.equals(EdECObjectIdentifiers.id_Ed448)) {
            return "an Ed448 key";
        }
        return algorithm.equals(PKCSObjectIdentifiers.id_RSASSA_PSS)
                ? "an RSA key restricted to PSS"
                : "a key of the algorithm " + algorithm.getId();
    }

    private static void report(Kind kind, Part part, Path file, String message, Collection<PemProblem> problems) {
        problems.add(new PemProblem(kind, part, file, message));
    }

    /** Skips certificates, parameters and whatever else stands in the file; the parser refuses types that it does not know. */
    private static final class KeyBlocks extends PEMParser {

        KeyBlocks(String text) {
            super(new StringReader(text));
        }

        @Override
        public @Nullable PemObject readPemObject() throws IOException {
            PemObject block = super.readPemObject();
            while (block != null && !block.getType().endsWith("PRIVATE KEY")) {
                block = super.readPemObject();
            }
            return block;
        }
    }
}
