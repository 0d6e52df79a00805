package io.portward.config.testkit;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.security.interfaces.ECKey;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.bouncycastle.asn1.pkcs.PrivateKeyInfo;
import org.bouncycastle.asn1.sec.ECPrivateKey;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/** A certificate authority for tests: makes keys, certificates and PEM files. */
public final class TestAuthority {

    /** A certificate and its key. */
    public record Pair(X509Certificate certificate, KeyPair keys) {}

    private record Subject(String name, KeyPair keys, boolean isAuthority, List<String> names) {}

    private static final AtomicLong SERIALS = new AtomicLong(1);

    private final Pair authority;

    private TestAuthority(Pair authority) {
        this.authority = authority;
    }

    public static TestAuthority root(String name) {
        KeyPair keys = ec("secp256r1");
        return new TestAuthority(new Pair(
                sign(
                        new Subject(name, keys, true, List.of()),
                        name,
                        keys.getPrivate(),
                        Instant.now(),
                        Duration.ofDays(3650)),
                keys));
    }

    public TestAuthority intermediate(String name) {
        KeyPair keys = ec("secp256r1");
        return new TestAuthority(new Pair(
                sign(new Subject(name, keys, true, List.of()), subject(), key(), Instant.now(), Duration.ofDays(1000)),
                keys));
    }

    public X509Certificate certificate() {
        return authority.certificate();
    }

    /** @param names DNS names, or addresses */
    public Pair leaf(KeyPair keys, String... names) {
        return leaf(keys, Instant.now(), Duration.ofDays(90), names);
    }

    public Pair leaf(KeyPair keys, Instant from, Duration lifetime, String... names) {
        String subject = names.length == 0 ? "plain.example" : names[0];
        return new Pair(
                sign(new Subject(subject, keys, false, List.of(names)), subject(), key(), from, lifetime), keys);
    }

    public static Pair selfSigned(KeyPair keys, String... names) {
        return new Pair(
                sign(
                        new Subject(names[0], keys, false, List.of(names)),
                        names[0],
                        keys.getPrivate(),
                        Instant.now(),
                        Duration.ofDays(90)),
                keys);
    }

    public static KeyPair ec(String curve) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public static KeyPair rsa(int bits) {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(bits);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** PEM of a private key in the form that OpenSSL's old commands wrote: PKCS#1 or SEC1 with its curve. */
    public static PemObject traditional(KeyPair keys) {
        PrivateKeyInfo info = PrivateKeyInfo.getInstance(keys.getPrivate().getEncoded());
        try {
            if (keys.getPublic().getAlgorithm().equals("RSA")) {
                return new PemObject(
                        "RSA PRIVATE KEY",
                        info.parsePrivateKey().toASN1Primitive().getEncoded());
            }
            ECPrivateKey inner = ECPrivateKey.getInstance(info.parsePrivateKey());
            int bits = ((ECKey) keys.getPublic()).getParams().getOrder().bitLength();
            ECPrivateKey withCurve = new ECPrivateKey(
                    bits, inner.getKey(), info.getPrivateKeyAlgorithm().getParameters());
            return new PemObject("EC PRIVATE KEY", withCurve.getEncoded());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** PEM of certificates, PEM objects, or PKCS#8 containers from Bouncy Castle. */
    public static String pem(Object... objects) {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter writer = new JcaPEMWriter(text)) {
            for (Object object : objects) {
                writer.writeObject(object);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }

    /** Writes a file that only its owner can read. */
    public static Path write(Path file, String text) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(file, text);
            return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String subject() {
        return authority.certificate().getSubjectX500Principal().getName().substring("CN=".length());
    }

    private PrivateKey key() {
        return authority.keys().getPrivate();
    }

    private static X509Certificate sign(
            Subject subject, String issuer, PrivateKey issuerKey, Instant from, Duration lifetime) {
        try {
            JcaX509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                    new X500Name("CN=" + issuer),
                    BigInteger.valueOf(SERIALS.getAndIncrement()),
                    Date.from(from.minusSeconds(60)),
                    Date.from(from.plus(lifetime)),
                    new X500Name("CN=" + subject.name()),
                    subject.keys().getPublic());
            builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(subject.isAuthority()));
            if (!subject.names().isEmpty()) {
                GeneralName[] general = subject.names().stream()
                        .map(n -> new GeneralName(
                                n.matches("[0-9.]+|.*:.*") ? GeneralName.iPAddress : GeneralName.dNSName, n))
                        .toArray(GeneralName[]::new);
                builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(general));
            }
            String algorithm = issuerKey.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
            return new JcaX509CertificateConverter()
                    .getCertificate(builder.build(new JcaContentSignerBuilder(algorithm).build(issuerKey)));
        } catch (CertIOException | OperatorCreationException | GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }
}
