package io.portward.testkit;

import io.netty.util.NetUtil;
import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.stream.Stream;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A certificate authority that lives for one test class and writes what it issues into one folder: {@code NAME.pem}, {@code NAME.key},
 * and itself as {@code ca.pem}.
 *
 * <p>Threading: one thread.
 */
public final class TestPki {

    /** A leaf with its key, also lying in files. The chain is the leaf alone, for the authority is a root. */
    public record Issued(String name, X509Certificate certificate, PrivateKey key, Path chainFile, Path keyFile) {}

    private static final X500Name AUTHORITY = new X500Name("CN=Test CA");
    private static final Duration LIFE = Duration.ofDays(90);
    private static final Duration BACKDATED = Duration.ofDays(1);

    private final SecureRandom random = new SecureRandom();
    private final Path directory;
    private final KeyPair authorityKey = ecdsaKey("secp256r1");
    private final X509Certificate authority;

    public TestPki(Path directory) {
        this.directory = directory;
        try {
            Instant now = Instant.now();
            X509v3CertificateBuilder builder = builder(AUTHORITY, authorityKey, now.minus(BACKDATED), now.plus(LIFE));
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
            authority = sign(builder);
            writePem("ca.pem", authority);
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    public Path directory() {
        return directory;
    }

    /** The root, for clients to trust. */
    public X509Certificate authority() {
        return authority;
    }

    public Path authorityFile() {
        return directory.resolve("ca.pem");
    }

    /** With a P-256 key; literal addresses among the names become addresses in the certificate. */
    public Issued ecdsa(String name, String... dnsNames) {
        Instant now = Instant.now();
        return issue(name, ecdsaKey("secp256r1"), now.minus(BACKDATED), now.plus(LIFE), dnsNames);
    }

    /** With a 2048 bit key. */
    public Issued rsa(String name, String... dnsNames) {
        Instant now = Instant.now();
        return issue(name, rsaKey(), now.minus(BACKDATED), now.plus(LIFE), dnsNames);
    }

    /** Ended an hour ago. A {@link DataPlaneExtension} serves it all the same. */
    public Issued expired(String name, String... dnsNames) {
        Instant now = Instant.now();
        return issue(name, ecdsaKey("secp256r1"), now.minus(BACKDATED), now.minus(Duration.ofHours(1)), dnsNames);
    }

    private Issued issue(String name, KeyPair key, Instant notBefore, Instant notAfter, String... names) {
        try {
            X509v3CertificateBuilder builder = builder(new X500Name("CN=" + name), key, notBefore, notAfter);
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
            builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
            GeneralName[] alternatives = Stream.of(names)
                    .map(alternative -> new GeneralName(
                            NetUtil.createByteArrayFromIpAddressString(alternative) == null
                                    ? GeneralName.dNSName
                                    : GeneralName.iPAddress,
                            alternative))
                    .toArray(GeneralName[]::new);
            builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(alternatives));
            X509Certificate certificate = sign(builder);
            Path chainFile = writePem(name + ".pem", certificate);
            Path keyFile = writePem(name + ".key", new JcaPKCS8Generator(key.getPrivate(), null));
            return new Issued(name, certificate, key.getPrivate(), chainFile, keyFile);
        } catch (GeneralSecurityException | OperatorCreationException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private X509v3CertificateBuilder builder(X500Name subject, KeyPair key, Instant notBefore, Instant notAfter) {
        return new JcaX509v3CertificateBuilder(
                AUTHORITY,
                new BigInteger(127, random),
                Date.from(notBefore),
                Date.from(notAfter),
                subject,
                key.getPublic());
    }

    private X509Certificate sign(X509v3CertificateBuilder builder)
            throws OperatorCreationException, GeneralSecurityException {
        return new JcaX509CertificateConverter()
                .getCertificate(
                        builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(authorityKey.getPrivate())));
    }

    private Path writePem(String file, Object content) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
            pem.writeObject(content);
        }
        Path path = directory.resolve(file);
        Files.writeString(path, text.toString());
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        return path;
    }

    private KeyPair ecdsaKey(String curve) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve), random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private KeyPair rsaKey() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048, random);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
