package io.portward.server.demo;

import java.io.IOException;
import java.io.StringWriter;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.X509CertificateHolder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.openssl.jcajce.JcaPKCS8Generator;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * A throw-away certificate authority and two certificates for this machine's own names, one ECDSA and one RSA. The authority's key is
 * never written, so that nothing else can be signed with it.
 */
public final class DemoCertificates {

    /** Long enough for a demonstration that somebody forgot to stop, short enough to be worthless afterwards. */
    private static final Duration LIFE = Duration.ofDays(30);

    /** For clients whose clock is behind ours. */
    private static final Duration BACKDATED = Duration.ofHours(1);

    /** RFC 5280 §4.1.2.2 allows 20 octets; 127 random bits are always positive and never the same twice. */
    private static final int SERIAL_BITS = 127;

    private static final X500Name AUTHORITY = new X500Name("CN=Portward demo CA (throw-away)");
    private static final GeneralNames NAMES = new GeneralNames(new GeneralName[] {
        new GeneralName(GeneralName.dNSName, "localhost"),
        new GeneralName(GeneralName.dNSName, "*.localhost"),
        new GeneralName(GeneralName.iPAddress, "127.0.0.1"),
        new GeneralName(GeneralName.iPAddress, "::1")
    });

    private final SecureRandom random = new SecureRandom();
    private final Path directory;
    private final KeyPair authority;

    private DemoCertificates(Path directory) throws GeneralSecurityException {
        this.directory = directory;
        authority = ecdsaKey();
    }

    /** Writes {@code ca.pem}, {@code ecdsa.pem}, {@code ecdsa.key}, {@code rsa.pem} and {@code rsa.key}. */
    public static void write(Path directory) throws IOException {
        try {
            DemoCertificates certificates = new DemoCertificates(directory);
            certificates.writeAuthority();
            certificates.writeServer("ecdsa", certificates.ecdsaKey());
            certificates.writeServer("rsa", certificates.rsaKey());
        } catch (GeneralSecurityException | OperatorCreationException e) {
            throw new IOException("certificates cannot be made with this Java: " + e.getMessage(), e);
        }
    }

    private void writeAuthority() throws GeneralSecurityException, OperatorCreationException, IOException {
        X509v3CertificateBuilder certificate = builder(AUTHORITY, authority);
        certificate.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
        certificate.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
        writePem("ca.pem", sign(certificate));
    }

    private void writeServer(String name, KeyPair key)
            throws GeneralSecurityException, OperatorCreationException, IOException {
        X509v3CertificateBuilder certificate = builder(new X500Name("CN=localhost"), key);
        certificate.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
        certificate.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
        certificate.addExtension(
                Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
        certificate.addExtension(Extension.subjectAlternativeName, false, NAMES);
        writePem(name + ".pem", sign(certificate));
        writePem(name + ".key", new JcaPKCS8Generator(key.getPrivate(), null));
    }

    private X509v3CertificateBuilder builder(X500Name subject, KeyPair key)
            throws GeneralSecurityException, IOException {
        Instant now = Instant.now();
        X509v3CertificateBuilder builder = new JcaX509v3CertificateBuilder(
                AUTHORITY,
                new BigInteger(SERIAL_BITS, random),
                Date.from(now.minus(BACKDATED)),
                Date.from(now.plus(LIFE)),
                subject,
                key.getPublic());
        JcaX509ExtensionUtils identifiers = new JcaX509ExtensionUtils();
        builder.addExtension(
                Extension.subjectKeyIdentifier, false, identifiers.createSubjectKeyIdentifier(key.getPublic()));
        builder.addExtension(
                Extension.authorityKeyIdentifier,
                false,
                identifiers.createAuthorityKeyIdentifier(authority.getPublic()));
        return builder;
    }

    private X509CertificateHolder sign(X509v3CertificateBuilder certificate) throws OperatorCreationException {
        return certificate.build(new JcaContentSignerBuilder("SHA256withECDSA").build(authority.getPrivate()));
    }

    private KeyPair ecdsaKey() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"), random);
        return generator.generateKeyPair();
    }

    private KeyPair rsaKey() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048, random);
        return generator.generateKeyPair();
    }

    private void writePem(String file, Object content) throws IOException {
        StringWriter text = new StringWriter();
        try (JcaPEMWriter pem = new JcaPEMWriter(text)) {
            pem.writeObject(content);
        }
        Path path = Files.createFile(
                directory.resolve(file),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(path, text.toString());
    }
}
