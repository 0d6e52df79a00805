package io.portward.core.tls;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.internal.tcnative.SSL;
import io.netty.internal.tcnative.SSLCredential;
import io.netty.util.AbstractReferenceCounted;
import io.netty.util.ReferenceCounted;
import java.nio.charset.StandardCharsets;
import java.security.PrivateKey;
import java.security.cert.CertificateEncodingException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;

/**
 * A certificate chain with its private key, parsed once into BoringSSL's memory ({@code SSL_CREDENTIAL}).
 *
 * <p>Threading: immutable; any thread. Ownership: reference counted; native sessions that got it hold references of their own.
 */
final class Credential extends AbstractReferenceCounted {

    private static final Base64.Encoder BASE64 = Base64.getMimeEncoder(64, new byte[] {'\n'});

    /**
     * Signature schemes (RFC 8446 §4.2.3) with SHA-256, 384 and 512, most wanted first. BoringSSL's own list ends in SHA-1, which a TLS 1.2
     * client gets by asking for nothing else, or for nothing (RFC 9155 forbids it).
     */
    private static final int[] ECDSA_SCHEMES = {0x0403, 0x0503, 0x0603};

    /** RSASSA-PSS, then PKCS #1 v1.5 for TLS 1.2. */
    private static final int[] RSA_SCHEMES = {0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601};

    private final long pointer;
    private final int[] schemes;

    private Credential(long pointer, int[] schemes) {
        this.pointer = pointer;
        this.schemes = schemes;
    }

    /** @throws IllegalArgumentException when BoringSSL does not take the key or chain */
    static Credential create(List<X509Certificate> chain, PrivateKey key) {
        long credential = 0;
        long nativeKey = 0;
        long nativeChain = 0;
        try {
            nativeKey = parseKey(key);
            nativeChain = parseChain(chain);
            credential = SSLCredential.newX509();
            SSLCredential.setPrivateKey(credential, nativeKey);
            SSLCredential.setCertChain(credential, nativeChain);
            int[] schemes = "RSA".equals(key.getAlgorithm()) ? RSA_SCHEMES : ECDSA_SCHEMES;
            SSLCredential.setSigningAlgorithmPrefs(credential, schemes);
            return new Credential(credential, schemes);
        } catch (Exception e) {
            freeCredential(credential);
            throw new IllegalArgumentException("BoringSSL refused the certificate or key: " + e.getMessage(), e);
        } finally {
            if (nativeKey != 0) {
                SSL.freePrivateKey(nativeKey);
            }
            if (nativeChain != 0) {
                SSL.freeX509Chain(nativeChain);
            }
        }
    }

    boolean signsAnyOf(List<Integer> offered) {
        for (int scheme : schemes) {
            if (offered.contains(scheme)) {
                return true;
            }
        }
        return false;
    }

    long pointer() {
        return pointer;
    }

    private static long parseKey(PrivateKey key) throws Exception {
        byte[] der = key.getEncoded();
        byte[] pem = pem("PRIVATE KEY", der);
        long bio = memoryBio(pem);
        Arrays.fill(der, (byte) 0);
        Arrays.fill(pem, (byte) 0);
        try {
            return SSL.parsePrivateKey(bio, null);
        } finally {
            SSL.freeBIO(bio);
        }
    }

    private static long parseChain(List<X509Certificate> chain) throws Exception {
        StringBuilder pem = new StringBuilder();
        for (X509Certificate certificate : chain) {
            pem.append(new String(pem("CERTIFICATE", encoded(certificate)), StandardCharsets.US_ASCII));
        }
        long bio = memoryBio(pem.toString().getBytes(StandardCharsets.US_ASCII));
        try {
            return SSL.parseX509Chain(bio);
        } finally {
            SSL.freeBIO(bio);
        }
    }

    private static byte[] encoded(X509Certificate certificate) throws CertificateEncodingException {
        return certificate.getEncoded();
    }

    private static byte[] pem(String label, byte[] der) {
        byte[] body = BASE64.encode(der);
        byte[] begin = ("-----BEGIN " + label + "-----\n").getBytes(StandardCharsets.US_ASCII);
        byte[] end = ("\n-----END " + label + "-----\n").getBytes(StandardCharsets.US_ASCII);
        byte[] pem = Arrays.copyOf(begin, begin.length + body.length + end.length);
        System.arraycopy(body, 0, pem, begin.length, body.length);
        System.arraycopy(end, 0, pem, begin.length + body.length, end.length);
        Arrays.fill(body, (byte) 0);
        return pem;
    }

    private static long memoryBio(byte[] content) throws Exception {
        ByteBuf direct = UnpooledByteBufAllocator.DEFAULT.directBuffer(content.length);
        try {
            direct.writeBytes(content);
            long bio = SSL.newMemBIO();
            if (SSL.bioWrite(bio, direct.memoryAddress(), content.length) != content.length) {
                SSL.freeBIO(bio);
                throw new IllegalStateException("memory BIO took less than it was given");
            }
            return bio;
        } finally {
            direct.setZero(0, direct.capacity());
            direct.release();
        }
    }

    private static void freeCredential(long pointer) {
        if (pointer == 0) {
            return;
        }
        try {
            SSLCredential.free(pointer);
        } catch (Exception e) {
            throw new IllegalStateException("BoringSSL could not free a credential", e);
        }
    }

    @Override
    public ReferenceCounted touch(Object hint) {
        return this;
    }

    @Override
    protected void deallocate() {
        freeCredential(pointer);
    }
}
