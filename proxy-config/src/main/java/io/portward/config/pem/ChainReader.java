package io.portward.config.pem;

import io.portward.config.pem.PemProblem.Kind;
import io.portward.config.pem.PemProblem.Part;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.bouncycastle.util.io.pem.PemObject;
import org.bouncycastle.util.io.pem.PemReader;

/** Takes the certificates out of a PEM file, in its order. */
final class ChainReader {

    private ChainReader() {}

    /** The certificates; empty after adding to {@code problems}. Blocks of other types, such as a key, are skipped. */
    static List<X509Certificate> read(Path file, Collection<PemProblem> problems) {
        String text = PemFile.read(file, Part.CHAIN, problems);
        if (text == null) {
            return List.of();
        }
        List<X509Certificate> chain = new ArrayList<>();
        try (PemReader reader = new PemReader(new StringReader(text))) {
            CertificateFactory factory = CertificateFactory.getInstance("X.509");
            for (PemObject block = reader.readPemObject(); block != null; block = reader.readPemObject()) {
                if (block.getType().equals("CERTIFICATE") || block.getType().equals("X509 CERTIFICATE")) {
                    chain.add((X509Certificate)
                            factory.generateCertificate(new ByteArrayInputStream(block.getContent())));
                }
            }
        } catch (IOException | CertificateException | IllegalArgumentException e) {
            problems.add(new PemProblem(
                    Kind.MALFORMED,
                    Part.CHAIN,
                    file,
                    "certificate " + (chain.size() + 1) + " in " + file + " cannot be read: " + e.getMessage()));
            return List.of();
        }
        if (chain.isEmpty()) {
            problems.add(new PemProblem(
                    Kind.NO_PEM,
                    Part.CHAIN,
                    file,
                    file + " holds no certificate (expected: PEM, beginning with -----BEGIN CERTIFICATE-----)"));
        }
        return chain;
    }
}
