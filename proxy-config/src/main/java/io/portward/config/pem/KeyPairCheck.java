package io.portward.config.pem;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.AlgorithmParameters;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECKey;
import java.security.interfaces.RSAKey;
import java.security.interfaces.RSAPrivateKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a key is, and whether two keys belong together. */
final class KeyPairCheck {

    private static final byte[] SAMPLE = "belongs together".getBytes(StandardCharsets.US_ASCII);

    /** Orders of the curves that BoringSSL signs with (SEC 2 §2.4 to §2.6). */
    private static final Set<BigInteger> CURVE_ORDERS =
            Set.of(orderOf("secp256r1"), orderOf("secp384r1"), orderOf("secp521r1"));

    private KeyPairCheck() {}

    /** Null when the key is of a kind that is not served: another algorithm, another curve. */
    static @Nullable KeyAlgorithm algorithmOf(PublicKey key) {
        if (key instanceof RSAKey && key.getAlgorithm().equals("RSA")) {
            return KeyAlgorithm.RSA;
        }
        if (key instanceof ECKey ec) {
            return CURVE_ORDERS.contains(ec.getParams().getOrder()) ? KeyAlgorithm.ECDSA : null;
        }
        return null;
    }

    /** The length of the modulus or of the curve's order, in bits. */
    static int bitsOf(PublicKey key) {
        if (key instanceof RSAKey rsa) {
            return rsa.getModulus().bitLength();
        }
        return key instanceof ECKey ec ? ec.getParams().getOrder().bitLength() : 0;
    }

    static boolean belongTogether(PublicKey publicKey, PrivateKey privateKey) {
        if (publicKey instanceof RSAPublicKey rsaPublic && privateKey instanceof RSAPrivateKey rsaPrivate) {
            return rsaPublic.getModulus().equals(rsaPrivate.getModulus());
        }
        if (!(publicKey instanceof ECKey) || !(privateKey instanceof ECKey)) {
            return false;
        }
        try {
            // The JDK does not compute a public point from a private key; a signature proves the same.
            Signature signature = Signature.getInstance("SHA256withECDSA");
            signature.initSign(privateKey);
            signature.update(SAMPLE);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(SAMPLE);
            return signature.verify(signed);
        } catch (GeneralSecurityException differentCurves) {
            return false;
        }
    }

    private static BigInteger orderOf(String curve) {
        try {
            AlgorithmParameters parameters = AlgorithmParameters.getInstance("EC");
            parameters.init(new ECGenParameterSpec(curve));
            return parameters.getParameterSpec(ECParameterSpec.class).getOrder();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("a JDK without the curve " + curve, e);
        }
    }
}
